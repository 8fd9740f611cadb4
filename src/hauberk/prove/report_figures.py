"""The figures of the report, each drawn only where its numbers are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.prove.charts import (
    BarPair,
    Point,
    render_bars,
    render_frontier,
    render_histogram,
    render_shares,
)

__all__ = ["figures"]

_MEASURES = (
    ("accuracy", "accuracy"),
    ("robust_accuracy", "attacked accuracy"),
    ("certified_accuracy", "certified accuracy"),
)


def figures(details: Mapping[str, Mapping[str, Json]], claims: Mapping[str, Claim]) -> Iterator[str]:
    """All figures, in the order of the story: before and after, the price, the attacker's means, the labels."""
    yield from _before_after(claims)
    yield from _frontier(details.get("harden", {}))
    yield from _features(details.get("attack", {}))
    yield from _margins(details.get("verify", {}))


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def _before_after(claims: Mapping[str, Claim]) -> Iterator[str]:
    pairs = [
        BarPair(label=label, before=claims.get(f"before.{name}"), after=claims.get(name)) for name, label in _MEASURES
    ]
    if any(pair.after for pair in pairs):
        yield "<h2>What an attacker can do, before and after</h2>"
        key = '<span class="key before"></span>before <span class="key after"></span>after hardening.'
        caption = f"{key} Test rows, 95 % intervals. The truth lies between certified and attacked."
        yield _figure(render_bars(pairs, title="Accuracy before and after hardening"), caption)


def _frontier(details: Mapping[str, Json]) -> Iterator[str]:
    found = details.get("frontier")
    points = [point for entry in found if (point := _point(entry))] if isinstance(found, list) else []
    if len(points) > 1:
        yield "<h2>What robustness costs</h2>"
        caption = "Candidates on validation rows, with 95 % intervals. Green: chosen. Grey: costs more than allowed."
        yield _figure(render_frontier(points, title="Clean and attacked accuracy of the candidates"), caption)


def _point(entry: Json) -> Point | None:
    match entry:
        case {
            "name": str(name),
            "clean": {"value": float() | int() as clean, "low": float() | int() as c0, "high": float() | int() as c1},
            "attacked": {"value": float() | int() as hit, "low": float() | int() as a0, "high": float() | int() as a1},
            "chosen": bool(chosen),
            "allowed": bool(allowed),
        }:
            return Point(name=name, clean=(c0, clean, c1), attacked=(a0, hit, a1), chosen=chosen, allowed=allowed)
    return None


def _features(details: Mapping[str, Json]) -> Iterator[str]:
    found = details.get("features")
    shares = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {"name": str(name), "share": float() | int() as share}:
                shares.append((name, float(share)))
    if shares:
        yield "<h2>What the attacks change</h2>"
        caption = "Share of the successful attacks on the sealed model that change the column."
        yield _figure(render_shares(shares, title="Columns that successful attacks change"), caption)


def _margins(details: Mapping[str, Json]) -> Iterator[str]:
    match details.get("margins"):
        case {"edges": list(edges), "counts": list(counts)} if counts and len(edges) == len(counts) + 1:
            numbers = [float(edge) for edge in edges if isinstance(edge, int | float)]
            whole = [int(count) for count in counts if isinstance(count, int)]
            if len(numbers) == len(edges) and len(whole) == len(counts):
                yield "<h2>How well the labels hold</h2>"
                title = "Margin against the given label, out of fold"
                caption = "Rows by the log odds of the likeliest other label; red: the models decide otherwise."
                svg = render_histogram(numbers, whole, title=title, axis="log odds against the given label")
                yield _figure(svg, caption + " Heights are logarithmic.")
