"""Moves within a norm ball, in numpy: projection, random draws, steps uphill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Ball, Norm

__all__ = ["draw_changed", "largest_ball", "project", "rounded", "span", "uphill"]

Matrix = NDArray[np.float64]

_TINY = 1e-30


def span(ball: Ball, rows: Matrix) -> Matrix:
    """(d,) the width of the valid range; where it has no end, twice what the rows (n, d) cover, and at least 1."""
    wide = ball.high - ball.low
    seen = np.maximum(2 * np.ptp(rows, axis=0), 1.0) if len(rows) else np.ones(len(wide))
    return np.where(np.isfinite(wide), wide, seen)


def largest_ball(ball: Ball, rows: Matrix) -> Ball:
    """The ball that reaches every row of the valid range."""
    wide = span(ball, rows)
    radius = {
        Norm.LINF: wide.max(initial=0.0),
        Norm.L2: np.sqrt((wide**2).sum()),
        Norm.L1: wide.sum(),
        Norm.L0: float(len(wide)),
    }
    return replace(ball, eps=float(radius[ball.norm]))


def project(ball: Ball, rows: Matrix, changed: Matrix) -> Matrix:
    """(n, d) `changed`, brought back into the ball around `rows` and into the valid range.

    Clipping to the range brings each number nearer to a row that is within it, so the radius holds afterwards. For
    L1 the change is shrunk evenly after Duchi et al. 2008 (the Euclidean projection on the L1 ball); for L0 the
    largest changes are kept.
    """
    step = np.clip(changed, ball.low, ball.high) - rows
    if ball.norm is Norm.LINF:
        step = np.clip(step, -ball.eps, ball.eps)
    elif ball.norm is Norm.L2:
        step = step * np.minimum(1.0, ball.eps / np.maximum(np.sqrt((step**2).sum(axis=1, keepdims=True)), _TINY))
    elif ball.norm is Norm.L1:
        step = _shrink(step, ball.eps)
    else:
        order = (-np.abs(step)).argsort(axis=1).argsort(axis=1)
        step = np.where(order < int(ball.eps), step, 0.0)
    return np.asarray(np.clip(rows + step, ball.low, ball.high))


def rounded(ball: Ball, rows: Matrix, changed: Matrix) -> Matrix:
    """(n, d) `changed` as the model will read it, in float32; what was not changed stays exactly as it was."""
    single = np.clip(changed.astype(np.float32).astype(np.float64), ball.low, ball.high)
    return np.asarray(np.where(changed == rows, rows, single))


def draw_changed(ball: Ball, rows: Matrix, rng: np.random.Generator, *, edge: bool) -> Matrix:
    """(n, d) rows drawn at random within the ball.

    Args:
        ball: Where.
        rows: (n, d) its centres.
        rng: Decides.
        edge: At the full radius (for Linf: in a corner) instead of anywhere within.
    """
    if ball.norm is Norm.LINF:
        step = rng.choice([-1.0, 1.0], size=rows.shape) if edge else rng.uniform(-1, 1, size=rows.shape)
        return project(ball, rows, rows + ball.eps * step)
    if ball.norm is Norm.L0:
        keys = rng.random(rows.shape).argsort(axis=1)
        drawn = rows + span(ball, rows) * rng.choice([-1.0, 1.0], size=rows.shape)
        drawn = drawn if edge else rows + span(ball, rows) * rng.uniform(-1, 1, size=rows.shape)
        return project(ball, rows, np.where(keys < int(ball.eps), drawn, rows))
    step = rng.normal(size=rows.shape) if ball.norm is Norm.L2 else rng.laplace(size=rows.shape)
    size = np.sqrt((step**2).sum(axis=1)) if ball.norm is Norm.L2 else np.abs(step).sum(axis=1)
    radius = ball.eps if edge else ball.eps * rng.random(len(rows)) ** (1 / rows.shape[1])
    return project(ball, rows, rows + step * (radius / np.maximum(size, _TINY))[:, None])


def uphill(ball: Ball, gradient: Matrix, *, share: float) -> Matrix:
    """(n, d) the step of `share` of the radius that raises a linear loss most; 0 where there is no gradient."""
    slope = np.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
    if ball.norm is Norm.LINF:
        return np.asarray(share * ball.eps * np.sign(slope))
    size = np.abs(slope).max(axis=1, keepdims=True, initial=0.0)
    slope = slope / np.maximum(size, _TINY)
    if ball.norm is Norm.L2:
        return np.asarray(share * ball.eps * slope / np.maximum(np.sqrt((slope**2).sum(axis=1, keepdims=True)), _TINY))
    steepest = np.where(np.abs(slope) >= np.quantile(np.abs(slope), 0.9, axis=1, keepdims=True), np.sign(slope), 0.0)
    if ball.norm is Norm.L1:
        return np.asarray(share * ball.eps * steepest / np.maximum(np.abs(steepest).sum(axis=1, keepdims=True), 1.0))
    return np.asarray(share * steepest * (ball.high - ball.low) if np.isfinite(ball.high - ball.low).all() else slope)


def _shrink(step: Matrix, radius: float) -> Matrix:
    size = np.abs(step)
    ordered = -np.sort(-size, axis=1)
    excess = (ordered.cumsum(axis=1) - radius) / np.arange(1, step.shape[1] + 1)
    kept = (ordered > excess).sum(axis=1)
    theta = np.take_along_axis(excess, np.maximum(kept - 1, 0)[:, None], axis=1)
    inside = size.sum(axis=1, keepdims=True) <= radius
    return np.asarray(np.where(inside, step, np.sign(step) * np.maximum(size - np.maximum(theta, 0.0), 0.0)))
