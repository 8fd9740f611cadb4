"""The few SVG elements that the charts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hauberk.prove.markup import Markup, classed, element, joined

__all__ = ["bar", "circle", "line", "picture", "polyline", "text", "whisker"]


def picture(width: float, height: float, *, title: str, summary: str, body: Iterable[str]) -> Markup:
    """A whole picture with its title and, for those who cannot see it, what it says in words."""
    attributes = {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "xmlns": "http://www.w3.org/2000/svg"}
    return element("svg", element("title", title), element("desc", summary), joined(body), attributes=attributes)


def bar(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A rectangle of class `kind`; a negative size draws nothing."""
    size = {"width": f"{max(width, 0):.1f}", "height": f"{max(height, 0):.1f}"}
    return element("rect", attributes={"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"} | size)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line of class `kind`."""
    start = {"class": kind, "x1": f"{x1:.1f}", "y1": f"{y1:.1f}"}
    return element("line", attributes=start | {"x2": f"{x2:.1f}", "y2": f"{y2:.1f}"})


def polyline(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """Straight lines from point to point."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", attributes={"class": kind, "points": path})


def circle(x: float, y: float, radius: float, kind: str) -> Markup:
    """A disc of class `kind`."""
    return element("circle", attributes={"class": kind, "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:g}"})


def text(x: float, y: float, words: str, *, kind: str, anchor: str = "start") -> Markup:
    """Words at a place; `anchor` is start, middle or end."""
    place = {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    return element("text", words, attributes=place)


def whisker(low: float, high: float, y: float) -> Markup:
    """A horizontal interval with a cap at each end, on a halo that sets it off from the bar below it."""
    strokes = [(low, y, high, y), *((x, y - 3.5, x, y + 3.5) for x in (low, high))]
    return classed("g", "interval", *[line(*stroke, kind) for kind in ("halo", "whisker") for stroke in strokes])
