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

from hauberk.attack.doubts.moves import draw_changed, span
from hauberk.attack.doubts.subject import Matrix, Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_finite_difference"]

_NEAR = 1e-3
"""Of the range: the small scale."""
_RADIUS = 0.25
"""Of the radius: the large scale."""
_WRONG, _OFF = 0.2, 0.75
"""Relative error of a difference that is taken for another function's, at the two scales."""
_SHARE = 0.5
"""Of the differences: kinks lie between some pairs of points of any network."""
_DIRECTIONS = 6


def doubt_finite_difference(subject: Subject) -> tuple[Finding, ...]:
    """Compares differences of the margin with its gradient, along single inputs and along random directions."""
    at = subject.probe
    if not len(at):
        return ()
    near = np.stack([_error(subject, one) for one in _near_steps(subject)])
    far = np.stack([_error(subject, one) for one in _far_steps(subject)])
    return (
        *_finding(near, _WRONG, "attack.doubt.wrong_gradient", "Gradients should be the slope of the answers"),
        *_finding(far, _OFF, "attack.doubt.shattered", "Gradients should foretell the answers within the radius"),
    )


def _near_steps(subject: Subject) -> list[Matrix]:
    """Half differences (m, d): along the steepest inputs, and along random directions over all inputs."""
    rows, labels = subject.rows[subject.probe], subject.labels[subject.probe]
    wide, rng = _NEAR * span(subject.ball, subject.rows), subject.generator(8)
    steepest = np.argsort(-np.abs(subject.slope(rows, labels).margin_gradient * wide), axis=1)[:, : _DIRECTIONS // 2]
    steps = [rng.choice([-1.0, 1.0], size=rows.shape) * wide for _ in range(_DIRECTIONS // 2)]
    for column in steepest.T:
        step = np.zeros_like(rows)
        step[np.arange(len(rows)), column] = wide[column]
        steps.append(step)
    return steps


def _far_steps(subject: Subject) -> list[Matrix]:
    ball, rows, rng = subject.ball, subject.rows[subject.probe], subject.generator(9)
    free = replace(
        ball, eps=_RADIUS * ball.eps, low=np.full_like(ball.low, -np.inf), high=np.full_like(ball.low, np.inf)
    )
    return [draw_changed(free, rows, rng, edge=True) - rows for _ in range(_DIRECTIONS)]


def _error(subject: Subject, step: Matrix) -> Matrix:
    """(m,) how far the seen difference is from the foretold one, relative to the larger; NaN where rounding decides.

    The points may lie a little outside of the valid range: a network is defined there too, and a difference that is
    cut off at the range would not be central.
    """
    rows, labels = subject.rows[subject.probe], subject.labels[subject.probe]
    up, down = rows + step, rows - step
    up, down = up.astype(np.float32).astype(np.float64), down.astype(np.float32).astype(np.float64)
    middle, above, below = (subject.slope(one, labels) for one in (rows, up, down))
    foretold = (middle.margin_gradient * (up - down)).sum(axis=1)
    seen = above.margin - below.margin
    size = np.maximum(np.abs(foretold), np.abs(seen))
    noise = 1e-5 * (1 + np.abs(middle.logits).max(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(size > 20 * noise, np.abs(foretold - seen) / size, np.nan))


def _finding(error: Matrix, limit: float, code: str, expected: str) -> tuple[Finding, ...]:
    told = np.isfinite(error)
    wrong = told & (error > limit)
    if wrong.sum() <= _SHARE * max(int(told.sum()), 1):
        return ()
    return (
        Finding(
            code=code,
            severity=Severity.ERROR,
            message=f"{expected}; {int(wrong.sum())} of {int(told.sum())} finite differences contradict them.",
            count=int(wrong.sum()),
        ),
    )
