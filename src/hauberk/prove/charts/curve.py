"""How a share grows with what the adversary may spend."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.prove.charts.scale import Scale, fitted_scale
from hauberk.prove.charts.svg import circle, line, picture, polyline, text
from hauberk.prove.markup import Markup

__all__ = ["render_curve"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 470, 26, 206
_WIDTH, _HEIGHT = 480, 248


def render_curve(
    points: Sequence[tuple[float, float]],
    *,
    title: str,
    across: str,
    upwards: str,
    before: Sequence[tuple[float, float]] = (),
    dots: bool = True,
) -> Markup:
    """A line through (cost, share), the share from 0 to 1, over the one of `before`; `dots` mark its points."""
    ordered, earlier = sorted(points), sorted(before)
    x_scale = fitted_scale([cost for cost, _ in ordered + earlier], start=_LEFT, end=_RIGHT, room=0.02)
    y_scale = Scale(low=0, high=1, start=_BOTTOM, end=_TOP)
    body: list[str] = []
    for value, label in y_scale.ticks():
        y = y_scale(value)
        body += [line(_LEFT, y, _RIGHT, y, "grid"), text(_LEFT - 6, y + 4, label, kind="tick", anchor="end")]
    for value, label in x_scale.ticks():
        body.append(text(x_scale(value), _BOTTOM + 16, label, kind="tick", anchor="middle"))
    places = [(x_scale(cost), y_scale(share)) for cost, share in ordered]
    if earlier:
        body.append(polyline([(x_scale(cost), y_scale(share)) for cost, share in earlier], "curve before"))
    body.append(polyline(places, "curve"))
    body += [circle(x, y, 3, "dot open") for x, y in places if dots]
    body.append(text((_LEFT + _RIGHT) / 2, _BOTTOM + 36, across, kind="axis", anchor="middle"))
    body.append(text(0, 12, upwards, kind="axis"))
    summary = "; ".join(f"{cost:g}: {share:.3f}" for cost, share in ordered)
    if earlier:
        summary += "; before: " + "; ".join(f"{cost:g}: {share:.3f}" for cost, share in earlier)
    return picture(_WIDTH, _HEIGHT, title=title, summary=summary, body=body)
