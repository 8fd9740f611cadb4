"""Sketches: parts that are put together give what the whole gives, and what they tell is as exact as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.stats import (
    DistinctSketch,
    Moments,
    QuantileSketch,
    hash_numbers,
    measure_moments,
    sketch_distinct,
    sketch_quantiles,
)

NUMBERS = st.lists(st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False), max_size=60).map(
    lambda values: np.array(values, np.float64)
)


@given(NUMBERS, NUMBERS)
def test_parts_give_the_whole(one, other):
    both = np.concatenate([one, other])
    assert sketch_quantiles(one) + sketch_quantiles(other) == sketch_quantiles(both)
    distinct = sketch_distinct(hash_numbers(one)) + sketch_distinct(hash_numbers(other))
    assert distinct.least.tolist() == sketch_distinct(hash_numbers(both)).least.tolist()
    merged, whole = measure_moments(one) + measure_moments(other), measure_moments(both)
    assert merged.count == whole.count
    scale = np.abs(both).max(initial=1.0)
    assert merged.mean == pytest.approx(whole.mean, abs=1e-9 * scale)
    assert merged.deviation == pytest.approx(whole.deviation, abs=1e-6 * scale)


@given(NUMBERS.filter(len), st.floats(min_value=0, max_value=1))
def test_a_quantile_is_within_one_in_a_hundred(values, share):
    exact = np.sort(values)[int(share * (values.size - 1))]
    assert sketch_quantiles(values).quantile(share) == pytest.approx(exact, rel=0.0101, abs=1e-300)


@given(NUMBERS)
def test_few_different_values_are_counted_exactly(values):
    found = sketch_distinct(hash_numbers(values))
    assert found.exact
    assert found.count == np.unique(values + 0.0).size


def test_nothing_is_the_neutral_part():
    values = np.arange(5.0)
    assert Moments() + measure_moments(values) == measure_moments(values)
    assert QuantileSketch() + sketch_quantiles(values) == sketch_quantiles(values)
    assert (DistinctSketch() + sketch_distinct(hash_numbers(values))).count == 5


def test_many_different_values_are_estimated():
    parts = [sketch_distinct(hash_numbers(np.arange(start, start + 50_000.0))) for start in range(0, 400_000, 25_000)]
    assert sum(parts, DistinctSketch()).count == pytest.approx(425_000, rel=0.03)
