"""The projection onto what box, budget and relations leave, against a solver that was not written for it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from hauberk.attack.evasion.polytope import Limit, project_box

ROWS, WIDTH = 5, 4


def world(seed):
    rng = np.random.default_rng(seed)
    start = rng.normal(size=(ROWS, WIDTH)) * rng.choice([0.5, 1.0, 3.0])
    low, high = -rng.random((ROWS, WIDTH)), rng.random((ROWS, WIDTH))
    limits = [Limit(slope=np.tile(rng.random(WIDTH), (ROWS, 1)), room=rng.random(ROWS), size=True)]
    half_spaces = [(rng.normal(size=WIDTH), rng.random(ROWS) / 2) for _ in range(seed % 3)]
    limits += [Limit(slope=np.tile(slope, (ROWS, 1)), room=room) for slope, room in half_spaces]
    return start, low, high, limits


def solved(start, low, high, limits, row):
    """The smallest squared distance, with the change split into its two signs so that everything is linear."""

    def split(z):
        return z[:WIDTH] - z[WIDTH:], z[:WIDTH] + z[WIDTH:]

    def slack(limit):
        return lambda z: limit.room[row] - limit.slope[row] @ split(z)[int(limit.size)]

    ends = [*((0, end) for end in high[row]), *((0, -end) for end in low[row])]
    rules = [{"type": "ineq", "fun": slack(limit)} for limit in limits]
    found = minimize(
        lambda z: ((split(z)[0] - start[row]) ** 2).sum(), np.zeros(2 * WIDTH), bounds=ends, constraints=rules,
        method="SLSQP", options={"ftol": 1e-12, "maxiter": 300},
    )  # fmt: skip
    return found.fun if found.success else np.inf


@pytest.mark.parametrize("seed", range(9))
def test_the_point_is_within_and_none_is_nearer(seed):
    start, low, high, limits = world(seed)
    u = project_box(start, low, high, limits)
    assert ((u >= low) & (u <= high)).all()
    for limit in limits:
        assert (limit.spent(u) <= limit.room + 1e-12).all()
    for row in range(ROWS):
        distance = ((u[row] - start[row]) ** 2).sum()
        assert distance <= solved(start, low, high, limits, row) * (1 + 1e-5) + 1e-8


def test_what_is_within_stays_to_the_last_bit():
    start, low, high, limits = world(2)
    inside = project_box(start, low, high, limits)
    assert np.allclose(project_box(inside, low, high, limits), inside, rtol=0, atol=1e-12)
    assert np.array_equal(project_box(np.zeros_like(start), low, high, limits), np.zeros_like(start))


def test_no_room_at_all_leaves_only_what_is_free():
    slope, nothing = np.array([[1.0, 0.0], [1.0, 0.0]]), np.zeros(2)
    far = np.array([[5.0, 5.0], [-5.0, 5.0]])
    box = np.full((2, 2), -1.0), np.full((2, 2), 1.0)
    assert np.allclose(project_box(far, *box, [Limit(slope=slope, room=nothing, size=True)]), [[0, 1], [0, 1]])
    assert np.allclose(project_box(far, *box, [Limit(slope=slope, room=nothing)]), [[0, 1], [-1, 1]])
