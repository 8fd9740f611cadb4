"""A new model against the one in use: paired changes, and which of them are losses."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.harden.challenge import Contestant, compare_contestants, find_losses
from hauberk.stats import estimate_difference
from hauberk.stats.errors import BadSample

ROWS = 400


def contestant(right, stands=None, certified=None):
    return Contestant(right=right, stands=right if stands is None else stands, certified=certified)


def pair(seed=0, *, worse=0.0):
    """Two models that are right on nearly the same rows."""
    random = np.random.default_rng(seed)
    old = random.random(ROWS) < 0.8
    return old & (random.random(ROWS) >= worse), old


def test_changes_are_paired():
    new, old = pair(worse=0.02)
    changes = {one.name: one.estimate for one in compare_contestants(contestant(new), contestant(old))}
    assert set(changes) == {"change.accuracy", "change.robust_accuracy"}
    found, unpaired = changes["change.accuracy"], estimate_difference(new, old)
    assert found.value == pytest.approx(new.mean() - old.mean())
    # Taken for different rows, the same shares say three times less.
    assert 3 * (found.high - found.low) < unpaired.high - unpaired.low
    assert found.high < 0 < unpaired.high


def test_proofs_are_compared_where_both_have_them():
    new, old = pair()
    both = compare_contestants(contestant(new, certified=new), contestant(old, certified=old))
    assert "change.certified_accuracy" in {one.name for one in both}
    one = compare_contestants(contestant(new, certified=new), contestant(old))
    assert "change.certified_accuracy" not in {claim.name for claim in one}


def test_other_rows_are_refused():
    new, old = pair()
    with pytest.raises(BadSample):
        list(compare_contestants(contestant(new[1:]), contestant(old)))


def change(name, value, low, high):
    estimate = Estimate(value=value, low=low, high=high, n=100, method="given")
    return Claim(name=name, estimate=estimate, rung=Rung.MEASURED)


@pytest.mark.parametrize(
    ("claim", "lost"),
    [
        (change("change.accuracy", -0.02, -0.05, 0.01), True),
        (change("change.accuracy", -0.009, -0.03, 0.01), False),
        (change("change.accuracy", 0.2, 0.1, 0.3), False),
        (change("change.certified_accuracy", -0.3, -0.4, -0.2), True),
        (change("change.demographic_parity_difference.sex", 0.05, 0.01, 0.09), True),
        (change("change.demographic_parity_difference.sex", 0.05, -0.01, 0.09), False),
        (change("change.membership_advantage", -0.3, -0.4, -0.2), False),
        (change("change.membership_advantage", 0.1, 0.05, 0.2), True),
        (change("accuracy", -0.5, -0.6, -0.4), False),
    ],
)
def test_what_is_a_loss(claim, lost):
    assert bool(find_losses([claim], 0.01)) is lost
