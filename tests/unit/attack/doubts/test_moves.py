"""Moves within norm balls: always inside, and as far as they say."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.doubts.moves import draw_changed, largest_ball, project, rounded, span, uphill
from hauberk.attack.evasion.ball import Ball, Norm

RADIUS = {Norm.LINF: 0.1, Norm.L2: 0.7, Norm.L1: 2.5, Norm.L0: 5.0}


@pytest.fixture(params=list(Norm))
def ball(request):
    return Ball(norm=request.param, eps=RADIUS[request.param], low=np.zeros(30), high=np.full(30, 0.9))


@pytest.fixture
def rows():
    return np.random.default_rng(0).uniform(0, 0.9, size=(50, 30))


def test_projections_are_within_the_ball_and_leave_what_is_within(ball, rows):
    far = rows + np.random.default_rng(1).normal(size=rows.shape)
    near = project(ball, rows, far)
    assert ball.holds(rows, near).all()
    assert np.allclose(project(ball, rows, near), near, atol=1e-12)
    assert ball.distance(rows, near).max() == pytest.approx(ball.eps, rel=0.05)


def test_no_point_of_the_ball_is_nearer_than_the_projection_in_l1_and_l2(rows):
    """Where the range does not bind, the projection is the Euclidean one."""
    rng = np.random.default_rng(2)
    for norm in (Norm.L1, Norm.L2):
        ball = Ball(norm=norm, eps=1.0, low=np.full(30, -9.0), high=np.full(30, 9.0))
        far = rows + rng.normal(size=rows.shape)
        best = ((project(ball, rows, far) - far) ** 2).sum(axis=1)
        for _ in range(50):
            other = project(ball, rows, project(ball, rows, far) + rng.normal(0, 0.05, size=rows.shape))
            assert (((other - far) ** 2).sum(axis=1) >= best - 1e-9).all()


@pytest.mark.parametrize("edge", [True, False])
def test_draws_are_within_the_ball_and_differ(ball, rows, edge):
    rng = np.random.default_rng(3)
    first, second = draw_changed(ball, rows, rng, edge=edge), draw_changed(ball, rows, rng, edge=edge)
    assert ball.holds(rows, first).all()
    assert (first != second).any(axis=1).all()
    assert (first != rows).any(axis=1).all()


def test_rounded_rows_keep_what_was_not_changed(ball, rows):
    drawn = rounded(ball, rows, draw_changed(ball, rows, np.random.default_rng(4), edge=True))
    assert ball.holds(rows, drawn).all()
    changed = drawn != rows
    single = drawn.astype(np.float32).astype(float)
    assert ((drawn == single) | ~changed | (drawn == ball.high)).all()


def test_a_step_uphill_raises_a_linear_loss(ball, rows):
    slope = np.random.default_rng(5).normal(size=rows.shape)
    step = uphill(ball, slope, share=0.5)
    assert ((step * slope).sum(axis=1) > 0).all()
    blind = slope.copy()
    blind[0], blind[1, 0] = 0, np.nan
    assert np.isfinite(uphill(ball, blind, share=0.5)).all()
    assert not uphill(ball, blind, share=0.5)[0].any()


def test_the_largest_ball_reaches_every_row_of_the_range(ball, rows):
    corners = np.where(rows > 0.45, 0.0, 0.9)
    assert largest_ball(ball, rows).holds(rows, corners).all()


def test_a_range_without_end_is_as_wide_as_twice_the_rows():
    rows = np.array([[0.0, 5.0], [10.0, 5.0]])
    ball = Ball(norm=Norm.LINF, eps=1.0, low=np.array([-np.inf, 0.0]), high=np.array([np.inf, np.inf]))
    assert span(ball, rows).tolist() == [20.0, 1.0]
    assert largest_ball(ball, rows).eps == 20.0
