"""Rows that are almost there twice: with copies planted, and without them."""

import numpy as np
import pyarrow as pa

from hauberk.core.finding import Severity
from hauberk.data import Dataset, infer_schema, make_dataset
from hauberk.verify import check_near_duplicates, check_near_overlap

N = 2000


def table(rows: int = N, *, seed: int = 1, wide: int = 6) -> pa.Table:
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(rows, 2))
    numbers = hidden @ np.random.default_rng(0).normal(size=(2, wide)) + 0.3 * random.normal(size=(rows, wide))
    columns = {f"x{place}": numbers[:, place] for place in range(wide)}
    columns |= {f"c{place}": random.choice(list("abcd"), rows) for place in range(4)}
    return pa.table(columns | {"k": random.integers(0, 5, rows), "y": random.choice(["no", "yes"], rows)})


SCHEMA = infer_schema(table(), target="y")


def dataset(whole: pa.Table) -> Dataset:
    return make_dataset(whole, SCHEMA)


def nudged(whole: pa.Table, rows: np.ndarray, *, size: float = 5e-4, category: bool = True) -> pa.Table:
    """Copies of rows whose numbers moved by a share of their range and one category of which is another."""
    copies = whole.take(pa.array(rows))
    random = np.random.default_rng(2)
    for name in [name for name in copies.column_names if name.startswith("x")]:
        values = copies.column(name).to_numpy()
        place = copies.column_names.index(name)
        copies = copies.set_column(place, name, pa.array(values + size * random.uniform(-1, 1, rows.size) * 4))
    if category:
        place = copies.column_names.index("c1")
        copies = copies.set_column(
            place, "c1", pa.array(["a" if text != "a" else "b" for text in copies["c1"].to_pylist()])
        )
    return copies


def test_honest_rows_have_no_findings() -> None:
    assert check_near_duplicates(dataset(table())) == ()
    assert check_near_overlap(dataset(table()), dataset(table(500, seed=9))) == ()


def test_numbers_near_the_end_of_float64() -> None:
    random = np.random.default_rng(3)
    huge = pa.table({"x": random.choice([-1, 1], 300) * random.uniform(1e308, 1.7e308, 300), "y": ["a", "b"] * 150})
    assert check_near_duplicates(make_dataset(huge, infer_schema(huge, target="y"))) == ()


def test_exact_duplicates_do_not_count() -> None:
    twice = pa.concat_tables([table(), table()])
    assert check_near_duplicates(dataset(twice)) == ()
    assert check_near_overlap(dataset(table()), dataset(table())) == ()


def test_nudged_copies() -> None:
    for category in (False, True):
        copies = nudged(table(), np.arange(0, 200, 2), category=category)
        (one,) = check_near_duplicates(dataset(pa.concat_tables([table(), copies])))
        assert (one.code, one.severity) == ("verify.near.duplicate", Severity.WARNING)
        assert one.count >= 90
        assert set(one.rows) <= set(range(N, N + 100))


def test_rounded_copies_in_the_test_set() -> None:
    copies = table().slice(0, 60)
    for name in ("x0", "x1", "x2", "x3", "x4", "x5"):
        rounded = [float(f"{value:.4g}") for value in copies.column(name).to_pylist()]
        copies = copies.set_column(copies.column_names.index(name), name, pa.array(rounded))
    test = dataset(pa.concat_tables([table(500, seed=9), copies]))
    (one,) = check_near_overlap(dataset(table()), test, named=60)
    assert (one.code, one.severity) == ("verify.near.overlap", Severity.WARNING)
    assert one.count >= 54
    assert set(one.rows) <= set(range(500, 560))


def test_two_changed_categories_or_larger_steps_are_other_rows() -> None:
    copies = nudged(table(), np.arange(100))
    swapped = copies.set_column(copies.column_names.index("c2"), "c2", pa.array(["z"] * 100))
    assert check_near_duplicates(dataset(pa.concat_tables([table(), swapped]))) == ()
    far = nudged(table(), np.arange(100), size=2e-2)
    assert check_near_duplicates(dataset(pa.concat_tables([table(), far]))) == ()


def test_a_few_are_information() -> None:
    copies = nudged(table(), np.arange(8))
    (one,) = check_near_duplicates(dataset(pa.concat_tables([table(), copies])))
    assert (one.severity, one.count) == (Severity.INFO, 8)


def test_columns_that_hang_together_do_not_alarm() -> None:
    line = np.random.default_rng(3).uniform(size=N)
    whole = pa.table({"a": line, "b": 2 * line, "c": line + 1, "y": ["a", "b"] * (N // 2)})
    found = check_near_duplicates(make_dataset(whole, infer_schema(whole, target="y")))
    assert [one.severity for one in found] == [Severity.INFO]


def test_missing_values_are_values() -> None:
    whole = table()
    gaps = pa.array([None if row % 3 else value for row, value in enumerate(whole["x0"].to_pylist())])
    whole = whole.set_column(0, "x0", gaps)
    copies = nudged(whole, np.arange(100))
    (one,) = check_near_duplicates(dataset(pa.concat_tables([whole, copies])))
    assert one.count >= 60


def test_small_data() -> None:
    assert check_near_duplicates(dataset(table().slice(0, 1))) == ()
    assert check_near_duplicates(dataset(table().slice(0, 0))) == ()
    assert check_near_overlap(dataset(table()), dataset(table().slice(0, 0))) == ()
