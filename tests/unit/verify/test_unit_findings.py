"""Units and stand-ins for missing numbers: with the fault planted, and without it."""

import numpy as np
import pyarrow as pa
import pytest

from hauberk.core.finding import Severity
from hauberk.data import Dataset, infer_schema, make_dataset
from hauberk.verify import check_sentinels, check_unit_shift, check_units

N = 1000
RANDOM = np.random.default_rng(5)
HEIGHT = RANDOM.normal(172, 9, N)
CELSIUS = RANDOM.normal(37, 0.6, N)


def dataset(values: np.ndarray) -> Dataset:
    table = pa.table({"x": pa.array(values, from_pandas=True), "y": ["a", "b"] * (len(values) // 2)})
    return make_dataset(table, infer_schema(table, target="y"))


HONEST = [
    HEIGHT,
    RANDOM.normal(size=N),
    RANDOM.lognormal(3, 1.5, N),
    RANDOM.standard_cauchy(N),
    RANDOM.integers(0, 2, N),
    RANDOM.choice([1.0, 10.0, 100.0], N),
    np.where(RANDOM.random(N) < 0.9, 0.0, RANDOM.lognormal(7, 1, N)),
    np.concatenate([RANDOM.normal(10, 1, N // 2), RANDOM.normal(100, 1, N // 2)]),
    RANDOM.poisson(2, N),
    np.full(N, np.nan),
    np.ones(N),
    RANDOM.integers(-1, 9, N),
]


@pytest.mark.parametrize("values", HONEST, ids=range(len(HONEST)))
def test_honest_numbers_have_no_findings(values: np.ndarray) -> None:
    values = values.astype(float)
    assert check_units(dataset(values)) == ()
    assert [one for one in check_sentinels(dataset(values)) if values.min() >= 0] == []
    assert check_unit_shift(dataset(values[::2]), dataset(values[1::2])) == ()


@pytest.mark.parametrize(
    ("values", "factor", "offset", "name"),
    [
        (HEIGHT, 1 / 2.54, 0, "2.54"),
        (HEIGHT, 0.01, 0, "100"),
        (HEIGHT, 10, 0, "10 "),
        (HEIGHT, 1000, 0, "1,000"),
        (HEIGHT, 60, 0, "60 "),
        (HEIGHT, 3600, 0, "3600"),
        (HEIGHT, 1.609344, 0, "1.609"),
        (HEIGHT, 0.45359237, 0, "2.2046"),
        (HEIGHT, 3.785411784, 0, "3.785"),
        (CELSIUS, 1.8, 32, "Fahrenheit"),
    ],
)
def test_two_units(values: np.ndarray, factor: float, offset: float, name: str) -> None:
    mixed = values.copy()
    rows = np.arange(0, N, 25)
    mixed[rows] = factor * mixed[rows] + offset
    (one,) = check_units(dataset(mixed))
    assert (one.code, one.rows, one.count) == ("verify.units.mixed", tuple(rows[:20]), rows.size)
    assert name in f"{one.message} "
    (one,) = check_unit_shift(dataset(values[:600]), dataset(factor * values[600:] + offset))
    assert (one.code, one.count) == ("verify.units.shift", 400)
    assert name in f"{one.message} "


def test_numbers_near_the_end_of_float64() -> None:
    huge = np.concatenate([np.linspace(-1.7e308, -1e308, N // 2), np.linspace(1e308, 1.7e308, N // 2)])
    assert check_units(dataset(huge)) == check_unit_shift(dataset(huge), dataset(huge / 1e300)) == ()


def test_another_level_is_no_other_unit() -> None:
    assert check_unit_shift(dataset(HEIGHT), dataset(HEIGHT + 60)) == ()


@pytest.mark.parametrize("value", [-1.0, 999.0, -999.0, 9999.0, 1e30, 2147483647.0])
def test_stand_ins(value: float) -> None:
    values = np.round(HEIGHT)
    values[5:500:5] = value
    (one,) = check_sentinels(dataset(values))
    assert (one.code, one.count, one.severity) == ("verify.units.sentinel", 99, Severity.WARNING)


def test_two_stand_ins_and_zero() -> None:
    values = np.round(HEIGHT)
    values[::9], values[1::9], values[2::9] = 9999, 999, 0
    assert [one.severity for one in check_sentinels(dataset(values))] == ["info", "warning", "warning"]


def test_few_or_near_ones_are_no_stand_ins() -> None:
    values = np.round(RANDOM.uniform(20, 98, N))
    values[:4] = 999
    assert check_sentinels(dataset(values)) == ()
    values[:4], values[4:100] = 50, 99
    assert check_sentinels(dataset(values)) == ()
