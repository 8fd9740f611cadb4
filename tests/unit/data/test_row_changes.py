"""Rows that changed, came or went are named, and nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.data import compare_rows, parse_row_digests
from hauberk.data.errors import BadRows

ROWS = st.lists(st.integers(0, 6), max_size=12)


def digests(rows):
    data = b"".join(hashlib.sha256(bytes([row])).digest() for row in rows)
    return np.frombuffer(data, np.uint8).reshape(-1, 32)


def test_a_changed_row_is_not_one_that_went_and_one_that_came():
    found = compare_rows(digests([1, 2, 3, 4]), digests([1, 9, 3, 4, 5]))
    assert found.changed.tolist() == [[1, 1]]
    assert found.went.tolist() == []
    assert found.came.tolist() == [4]
    assert not found.moved


def test_rows_behind_one_that_went_are_the_same():
    found = compare_rows(digests([1, 2, 3, 4]), digests([1, 3, 4]))
    assert (found.changed.tolist(), found.went.tolist(), found.came.tolist()) == ([], [1], [])


def test_one_copy_less_is_one_row_less():
    found = compare_rows(digests([1, 1, 1]), digests([1, 1]))
    assert (found.went.tolist(), found.came.tolist(), found.changed.tolist()) == ([2], [], [])


def test_another_order_is_said():
    found = compare_rows(digests([1, 2]), digests([2, 1]))
    assert found.moved
    assert not found.none


@given(ROWS)
def test_the_same_rows_are_the_same(rows):
    assert compare_rows(digests(rows), digests(rows)).none


@given(ROWS, ROWS)
def test_what_is_not_named_is_in_both(before, after):
    found = compare_rows(digests(before), digests(after))
    kept = np.delete(before, [*found.went, *found.changed[:, 0]]).tolist()
    stayed = np.delete(after, [*found.came, *found.changed[:, 1]]).tolist()
    assert sorted(kept) == sorted(stayed)
    assert found.moved or kept == stayed
    assert not found.none or before == after


def test_half_a_digest_is_refused():
    with pytest.raises(BadRows):
        parse_row_digests(b"x" * 33)
