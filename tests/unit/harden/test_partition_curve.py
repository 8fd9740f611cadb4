"""The curve of certified accuracy: its points, its end, its intervals."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.harden import Certificate, certified_curve, claimed_budgets, radius_quantiles
from hauberk.stats.errors import BadSample


def certificate(predicted, radius):
    return Certificate(predicted=np.array(predicted, np.intp), radius=np.array(radius, np.int64))


def test_each_point_is_the_share_of_rows_that_are_right_and_stand_it():
    curve = certified_curve(certificate([0, 1, 1, 0], [0, 2, 3, 9]), np.array([0, 1, 1, 1]))
    assert [(point.rows, point.estimate.value) for point in curve] == [(0, 0.75), (1, 0.5), (2, 0.5), (3, 0.25), (4, 0)]
    assert all(point.estimate.method == "clopper-pearson" and point.estimate.n == 4 for point in curve)
    assert all(point.estimate.low <= point.estimate.value <= point.estimate.high for point in curve)


@pytest.mark.parametrize(("largest", "points"), [(5, 160), (159, 160), (160, 160), (2000, 160), (7, 3)])
def test_a_long_curve_is_thinned_and_ends_at_nothing(largest, points):
    radius = np.arange(largest + 1)
    curve = certified_curve(certificate(np.zeros(largest + 1), radius), np.zeros(largest + 1, np.int64), points=points)
    rows = [point.rows for point in curve]
    assert rows[0] == 0
    assert len(set(np.diff(rows))) == 1
    assert len(rows) <= points + 1
    assert curve[-1].estimate.value == 0
    shares = [point.estimate.value for point in curve]
    assert shares == sorted(shares, reverse=True)


def test_nothing_right_and_no_rows():
    curve = certified_curve(certificate([1, 1], [4, 4]), np.array([0, 0]))
    assert [(point.rows, point.estimate.value) for point in curve] == [(0, 0.0)]
    with pytest.raises(BadSample):
        certified_curve(certificate([], []), np.array([], np.int64))


def test_quantiles_count_wrong_rows_as_less_than_nothing():
    assert radius_quantiles(certificate([0, 0, 1, 1, 1], [5, 7, 1, 2, 3]), np.array([1, 0, 1, 1, 1])) == (
        -1,
        1,
        2,
        3,
        7,
    )


@pytest.mark.parametrize(("partitions", "budgets"), [(2, (1,)), (9, (1, 2)), (250, (1, 2, 5, 10, 20, 50, 100))])
def test_claims_depend_on_the_number_of_partitions_only(partitions, budgets):
    assert claimed_budgets(partitions) == budgets
