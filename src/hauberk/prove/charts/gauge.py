"""A gate at a glance: the interval of the claim and the threshold that it is held against."""

from __future__ import annotations

from hauberk.prove.charts.interval import Interval
from hauberk.prove.charts.scale import fitted_scale
from hauberk.prove.charts.svg import bar, circle, line, picture, whisker
from hauberk.prove.markup import Markup

__all__ = ["render_gauge"]

_WIDTH, _HEIGHT = 150, 24


def render_gauge(number: Interval, *, threshold: float, upwards: bool, passed: bool) -> Markup:
    """A line with the claim's interval; the admitted side is shaded.

    Args:
        number: The claim.
        threshold: Where the admitted side begins.
        upwards: Whether larger values are admitted.
        passed: Whether the claim is.
    """
    scale = fitted_scale([number.low, number.high, threshold], start=2, end=_WIDTH - 2, room=0.18)
    middle, edge = _HEIGHT / 2, scale(threshold)
    start, stop = (edge, _WIDTH) if upwards else (0, edge)
    kind = "dot passed" if passed else "dot failed"
    body = [
        bar(start, 3, stop - start, _HEIGHT - 6, "admitted"),
        line(0, middle, _WIDTH, middle, "grid"),
        whisker(scale(number.low), scale(number.high), middle),
        line(edge, 1, edge, _HEIGHT - 1, "threshold"),
        circle(scale(number.value), middle, 3.6, kind),
    ]
    side = "admitted" if passed else "refused"
    summary = f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f}) against {threshold:g}: {side}"
    return picture(_WIDTH, _HEIGHT, title="Claim and threshold", summary=summary, body=body)
