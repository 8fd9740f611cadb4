"""Gradients that are not the slope of the answers: quantised inputs, cut branches, made-up derivatives, shattering.

Two scales are looked at. At a thousandth of the range the derivative along an input must be what finite differences
say; otherwise it is not a derivative at all. At a quarter of the radius the gradient must still foretell the change of
the loss roughly; otherwise it holds only in a neighbourhood that is much smaller than the attack.

Source: Athalye et al. 2018, "Obfuscated gradients give a false sense of security" (shattered gradients); Tramer et al.
2020, "On adaptive attacks to adversarial example defenses" (gradients that mislead).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hauberk.attack.doubts.moves import draw_changed, largest_ball, span
from hauberk.attack.doubts.subject import Matrix, Subject
from hauberk.attack.evasion.ball import Norm
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_finite_difference"]

_NEAR, _OFFSET = 1e-3, 0.02
"""Of the range: the small scale, and how far off a row it is looked at."""
_RADIUS, _MOST = 0.25, 0.05
"""Of the radius: the large scale, and of the largest radius there is: the largest scale."""
_WRONG, _OFF = 0.2, 0.5
"""Relative error of a difference that is taken for another function's, at the two scales."""
_NEAR_SHARE, _FAR_SHARE = 0.3, 0.45
"""Of the differences, at the two scales: kinks lie between some pairs of points of any network. Measured on honest
networks: at most 0.06 and 0.30; on masks of the small scale 0.99 and more, of the large one 0.7 and more."""
_DIRECTIONS = 4


def doubt_finite_difference(subject: Subject) -> tuple[Finding, ...]:
    """Compares differences of the margin with its gradient, along single inputs and along random directions."""
    if not len(subject.probe):
        return ()
    points = _points(subject)
    steepest = np.stack([_error(subject, points, step) for step in _steepest(subject, points)])
    near = np.stack([_error(subject, points, step) for step in _anywhere(subject, points)])
    far = np.stack([_error(subject, points, step) for step in _far(subject, points)])
    wrong = max(steepest, near, key=lambda error: _share(error, _WRONG))
    return (
        *_finding(
            wrong, _WRONG, _NEAR_SHARE, "attack.doubt.wrong_gradient", "Gradients should be the slope of the answers"
        ),
        *_finding(
            far, _OFF, _FAR_SHARE, "attack.doubt.shattered", "Gradients should foretell the answers within the radius"
        ),
    )


def _points(subject: Subject) -> Matrix:
    """(m, d) the probed rows, a little off.

    In flat parts of a row, such as a black border, values tie, and where they tie the slope of a maximum is not defined
    for any network.
    """
    rows = subject.rows[subject.probe]
    return np.asarray(
        rows + _OFFSET * span(subject.ball, subject.rows) * subject.generator(8).uniform(-1, 1, rows.shape)
    )


def _steepest(subject: Subject, points: Matrix) -> list[Matrix]:
    """Half differences (m, d) along the inputs on which the gradient says that most depends."""
    wide = _NEAR * span(subject.ball, subject.rows)
    slope = subject.slope(points, subject.labels[subject.probe]).margin_gradient
    steps = []
    for column in np.argsort(-np.abs(slope * wide), axis=1)[:, :_DIRECTIONS].T:
        step = np.zeros_like(points)
        step[np.arange(len(points)), column] = wide[column]
        steps.append(step)
    return steps


def _anywhere(subject: Subject, points: Matrix) -> list[Matrix]:
    """Half differences (m, d) along random directions over all inputs, of those too that the gradient leaves out."""
    wide, rng = _NEAR * span(subject.ball, subject.rows), subject.generator(9)
    return [rng.choice([-1.0, 1.0], size=points.shape) * wide for _ in range(_DIRECTIONS)]


def _far(subject: Subject, points: Matrix) -> list[Matrix]:
    """Half differences (m, d) at the scale of the attack; none in L0, whose changes are as large as the range."""
    ball, rng = subject.ball, subject.generator(10)
    if ball.norm is Norm.L0:
        return [np.zeros_like(points)]
    radius = min(_RADIUS * ball.eps, _MOST * largest_ball(ball, subject.rows).eps)
    free = replace(ball, eps=radius, low=np.full_like(ball.low, -np.inf), high=np.full_like(ball.low, np.inf))
    return [draw_changed(free, points, rng, edge=True) - points for _ in range(_DIRECTIONS)]


def _error(subject: Subject, points: Matrix, step: Matrix) -> Matrix:
    """(m,) how far the seen difference is from the foretold one, relative to the larger; NaN where rounding decides.

    The points may lie a little outside of the valid range: a network is defined there too, and a difference that is
    cut off at the range would not be central.
    """
    labels = subject.labels[subject.probe]
    up, down = ((points + sign * step).astype(np.float32).astype(np.float64) for sign in (1, -1))
    middle, above, below = (subject.slope(one, labels) for one in (points, up, down))
    foretold = (middle.margin_gradient * (up - down)).sum(axis=1)
    seen = above.margin - below.margin
    size = np.maximum(np.abs(foretold), np.abs(seen))
    noise = 1e-5 * (1 + np.abs(middle.logits).max(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(size > 20 * noise, np.abs(foretold - seen) / size, np.nan))


def _share(error: Matrix, limit: float) -> float:
    told = np.isfinite(error)
    return float((told & (error > limit)).sum() / max(int(told.sum()), 1))


def _finding(error: Matrix, limit: float, most: float, code: str, expected: str) -> tuple[Finding, ...]:
    if _share(error, limit) <= most:
        return ()
    told = np.isfinite(error)
    wrong = told & (error > limit)
    return (
        Finding(
            code=code,
            severity=Severity.ERROR,
            message=f"{expected}; {int(wrong.sum())} of {int(told.sum())} finite differences contradict them.",
            count=int(wrong.sum()),
        ),
    )
