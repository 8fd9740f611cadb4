"""A search that only asks the model beats rows that the attack does not.

Source: Andriushchenko et al. 2020, "Square attack"; used as a sign by Athalye et al. 2018 and by Croce,
Hein 2020, "Reliable evaluation of adversarial robustness".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.moves import draw_changed, project, rounded, span
from hauberk.attack.doubts.rival import compare_rival
from hauberk.attack.doubts.subject import Subject
from hauberk.attack.evasion.ball import Norm
from hauberk.core.finding import Finding
from hauberk.models import HasGradients

__all__ = ["doubt_black_box"]

Matrix = NDArray[np.float64]

_QUERIES = 200
"""A row."""
_SHARE = 0.3
"""Of the numbers that the first proposals change."""


def doubt_black_box(subject: Subject) -> tuple[Finding, ...]:
    """Changes random squares of an image, or random sets of features, and keeps what brings the answer nearer."""
    rng, rows, labels = subject.generator(2), subject.rows[subject.standing], subject.labels[subject.standing]
    if not len(rows):
        return ()
    shape = subject.model.shape if isinstance(subject.model, HasGradients) else ()
    best, lead = rows.copy(), np.full(len(rows), np.inf)
    success = np.zeros(len(rows), dtype=np.bool_)
    for number in range(_QUERIES):
        at = np.flatnonzero(~success)
        if not len(at):
            break
        share = _SHARE * 0.5 ** (number * 6 // _QUERIES)
        tried = _propose(subject, rows[at], best[at], shape, share, rng, first=number == 0)
        tried = rounded(subject.ball, rows[at], tried)
        now = subject.lead(tried, labels[at])
        fell = subject.beaten(tried, labels[at]) & subject.ball.holds(rows[at], tried)
        kept = fell | (now <= lead[at])
        best[at[kept]], lead[at[kept]], success[at[fell]] = tried[kept], now[kept], True
    return compare_rival("attack.doubt.black_box", "A search that only asks the model", subject, best, success)


def _propose(
    subject: Subject,
    rows: Matrix,
    best: Matrix,
    shape: tuple[int, ...],
    share: float,
    rng: np.random.Generator,
    *,
    first: bool,
) -> Matrix:
    if first:
        return draw_changed(subject.ball, rows, rng, edge=True)
    chosen = _squares(len(rows), shape, share, rng) if len(shape) == 3 else _sets(rows.shape, share, rng)
    signs = rng.choice([-1.0, 1.0], size=rows.shape)
    if len(shape) == 3:  # one sign a channel, as a square has one colour
        by_channel = rng.choice([-1.0, 1.0], size=(len(rows), shape[0]))
        signs = np.repeat(by_channel, math.prod(shape[1:]), axis=1)
    if subject.ball.norm is Norm.LINF:
        return project(subject.ball, rows, np.where(chosen, rows + subject.ball.eps * signs, best))
    size = np.minimum(span(subject.ball, rows), subject.ball.eps) * rng.uniform(0, 1, size=(len(rows), 1))
    return project(subject.ball, rows, np.where(chosen, best + size * signs, best))


def _sets(shape: tuple[int, int], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n, d) which features each row changes: at least one."""
    keys = rng.random(shape)
    return np.asarray(keys <= np.maximum(share, keys.min(axis=1, keepdims=True)))


def _squares(count: int, shape: tuple[int, ...], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n, d) one window for each row, the same in all channels."""
    channels, height, width = shape
    side = max(1, min(height, width, round(math.sqrt(share * height * width))))
    top = rng.integers(0, height - side + 1, size=(count, 1, 1))
    left = rng.integers(0, width - side + 1, size=(count, 1, 1))
    down, across = np.arange(height)[None, :, None], np.arange(width)[None, None, :]
    inside = (down >= top) & (down < top + side) & (across >= left) & (across < left + side)
    return np.broadcast_to(inside[:, None], (count, channels, height, width)).reshape(count, -1)
