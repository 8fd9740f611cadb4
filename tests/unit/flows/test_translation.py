"""Rows as an earlier model takes them: by name, whatever the codes are now."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import encode_rows, infer_schema, make_dataset, resolve_reach
from hauberk.flows.errors import NotComparable
from hauberk.flows.translation import as_taken_by


def dataset(sites, sizes, labels=None):
    labels = labels or ["yes" if at % 2 else "no" for at in range(len(sites))]
    table = pa.table({"site": sites, "size": [float(one) for one in sizes], "label": labels})
    return make_dataset(table, infer_schema(table, target="label"))


def test_codes_are_those_of_then():
    then, now = dataset(["bb", "cc"] * 3, range(6)), dataset(["a", "bb", "cc"] * 2, range(6))
    taken = as_taken_by(then.schema, now)
    column = [one.name for one in taken.schema.inputs].index("site")
    assert encode_rows(now)[:3, column].tolist() == [0, 1, 2]
    assert np.isnan(encode_rows(taken)[0, column])
    assert encode_rows(taken)[1:3, column].tolist() == [0, 1]
    resolve_reach(taken.schema, encode_rows(taken))


def test_columns_stand_in_the_order_of_then():
    then, now = dataset(["bb", "cc"] * 3, range(6)), dataset(["bb", "cc"] * 3, range(6))
    turned = now.table.select(["size", "site", "label"])
    other = make_dataset(turned, infer_schema(turned, target="label"))
    assert np.array_equal(encode_rows(as_taken_by(then.schema, other)), encode_rows(then))


def test_the_same_schema_changes_nothing():
    now = dataset(["bb", "cc"] * 3, range(6))
    assert as_taken_by(now.schema, now) is now


def test_other_columns_or_classes_cannot_be_compared():
    now = dataset(["bb", "cc"] * 3, range(6))
    fewer = now.table.drop_columns(["size"])
    with pytest.raises(NotComparable, match="size"):
        as_taken_by(infer_schema(fewer, target="label"), now)
    with pytest.raises(NotComparable, match="maybe"):
        as_taken_by(dataset(["bb", "cc"] * 3, range(6), ["maybe", "no"] * 3).schema, now)
