"""k-anonymity and l-diversity of tables whose classes can be counted by hand."""

import math

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import Dataset, infer_schema, make_dataset
from hauberk.verify.errors import BadQuasiIdentifiers
from hauberk.verify.personal import measure_anonymity


def dataset() -> Dataset:
    table = pa.table(
        {
            "zip": ["476", "476", "476", "902", "902", None, None],
            "age": [20, 20, 20, 40, 40, 40, 40],
            "ill": ["flu", "flu", "cold", "flu", "flu", "cold", "flu"],
        }
    )
    return make_dataset(table, infer_schema(table, target="ill"))


def test_classes() -> None:
    found = measure_anonymity(dataset(), quasi=("zip", "age"), k=3)
    assert (found.classes, found.smallest, found.rows_below, found.rows) == (3, 2, 4, 7)
    assert found.share_below == pytest.approx(4 / 7)
    assert found.diversity is None


def test_diversity_of_the_worst_class() -> None:
    found = measure_anonymity(dataset(), quasi=("zip", "age"), k=2, sensitive="ill").diversity
    assert (found.distinct, found.entropy) == (1, 1.0)
    whole = measure_anonymity(dataset(), quasi=("age",), k=2, sensitive="ill").diversity
    assert whole.distinct == 2
    assert whole.entropy == pytest.approx(math.exp(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75))))


def test_gaps_in_the_sensitive_column_hide_nothing() -> None:
    table = pa.table(
        {"zip": ["a", "a", "a", "b", "b", "b", "c", "c"], "ill": ["flu", None, "flu", "flu", "cold", None, None, None]}
    )
    ills = make_dataset(table, infer_schema(table, target=None))
    found = measure_anonymity(ills, quasi=("zip",), k=2, sensitive="ill").diversity
    assert (found.distinct, found.entropy) == (1, 1.0)
    rest = measure_anonymity(ills.take(np.arange(3, 8)), quasi=("zip",), k=2, sensitive="ill").diversity
    assert (rest.distinct, rest.entropy) == (2, pytest.approx(2.0))
    none = measure_anonymity(ills.take(np.array([6, 7])), quasi=("zip",), k=2, sensitive="ill").diversity
    assert (none.distinct, none.entropy) == (0, 0.0)


def test_dropping_a_quasi_identifier_makes_crowds_no_smaller() -> None:
    both = measure_anonymity(dataset(), quasi=("zip", "age"), k=3)
    assert measure_anonymity(dataset(), quasi=("age",), k=3).smallest >= both.smallest


@pytest.mark.parametrize(
    "wrong",
    [
        {"quasi": (), "k": 2},
        {"quasi": ("nowhere",), "k": 2},
        {"quasi": ("age",), "k": 1},
        {"quasi": ("age",), "k": 2, "sensitive": "age"},
        {"quasi": ("age",), "k": 2, "sensitive": "nowhere"},
    ],
)
def test_wrong_questions(wrong) -> None:
    with pytest.raises(BadQuasiIdentifiers):
        measure_anonymity(dataset(), **wrong)


def test_no_rows_hide_nobody() -> None:
    with pytest.raises(BadQuasiIdentifiers):
        measure_anonymity(dataset().take(np.array([], np.int64)), quasi=("age",), k=2)
