"""One column in two units: some rows, or one of two files, are off by a well-known factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_unit_shift", "check_units"]

_LEAST = 10
_SHARE = 0.002
_WIDE = 2.0
"""Times the widest gap within the larger cluster."""
_CENTRE = (0.5, 99.5)
_DIFFERENT = 5
_LEVEL = 0.01
_LOOKED_AT = 20_000
_SHIFT_ROWS = 30
_MOVED = 0.5
"""Kolmogorov-Smirnov distance above which two files are of other ranges altogether."""
_ALIKE = 0.15
_NOISE = 1.63
"""Of the Kolmogorov-Smirnov distance at level .01, times the root of 1/m + 1/n."""
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What one unit becomes in another: `factor * value + offset`."""

    name: str
    factor: float
    offset: float = 0.0


_UNITS = (
    *(_Unit(name=f"a factor of {10**power:,}", factor=10.0**power) for power in (1, 2, 3, 6)),
    _Unit(name="a factor of 60 (minutes and seconds)", factor=60.0),
    _Unit(name="a factor of 3600 (hours and seconds)", factor=3600.0),
    _Unit(name="a factor of 1024 (kibibytes)", factor=1024.0),
    _Unit(name="a factor of 2.54 (inches and centimetres)", factor=2.54),
    _Unit(name="a factor of 2.2046 (kilograms and pounds)", factor=1 / 0.45359237),
    _Unit(name="a factor of 1.609 (miles and kilometres)", factor=1.609344),
    _Unit(name="a factor of 3.785 (gallons and litres)", factor=3.785411784),
    _Unit(name="degrees Celsius and Fahrenheit", factor=1.8, offset=32.0),
)
"""NIST SP 811, appendix B. A factor is told by its fit, so that neighbours such as 1000 and 1024 may be exchanged."""


def check_units(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """Inputs whose values fall into two clusters of one shape, a known unit apart: `verify.units.mixed`.

    Rows are those of the smaller cluster. Between the clusters lies a gap twice as wide as any within the larger
    one, the smaller has ten rows and a five-hundredth of all at least, and after conversion the Kolmogorov-Smirnov
    test does not tell them apart. Units whose values overlap (weights in kilograms and pounds) are not found.
    """
    found: list[Finding] = []
    for feature in _numeric(dataset):
        values = _values(dataset, feature)
        parted = _parted(values)
        if parted:
            border, unit = parted
            low = np.less(values, border)
            high = np.greater_equal(values, border)
            rare = low if np.count_nonzero(low) <= np.count_nonzero(high) else high
            message = f"{{count}} values of `{_safe(feature.name)}` seem to be in another unit: {unit}"
            found += row_findings("verify.units.mixed", message, rare, feature=feature.name, named=named)
    return tuple(found)


def check_unit_shift(train: Dataset, test: Dataset) -> tuple[Finding, ...]:
    """Inputs of the test set that are those of the training set in another unit: `verify.units.shift`.

    The two files hardly overlap, and do once the test values are converted.
    """
    found: list[Finding] = []
    for feature in _numeric(train):
        seen, asked = _filled(train, feature), _filled(test, feature)
        if min(seen.size, asked.size) < _SHIFT_ROWS or _distance(seen, asked) < _MOVED:
            continue
        fits = [(min(_distance(_converted(asked, one), seen), _distance(_converted(seen, one), asked)), one.name)
                for one in _UNITS]  # fmt: skip
        distance, unit = min(fits)
        if distance <= _ALIKE + _NOISE * np.sqrt(1 / seen.size + 1 / asked.size):
            message = f"the test values of `{feature.name}` seem to be in another unit than the training ones: {unit}"
            found.append(
                Finding(
                    code="verify.units.shift",
                    severity=Severity.WARNING,
                    message=message,
                    feature=feature.name,
                    count=asked.size,
                )
            )
    return tuple(found)


def _numeric(dataset: Dataset) -> Iterator[Feature]:
    for feature in dataset.schema.features:
        if feature.role is Role.INPUT and feature.kind in (Kind.NUMBER, Kind.INTEGER):
            yield feature


def _values(dataset: Dataset, feature: Feature) -> Vector:
    values: Vector = dataset.table.column(feature.name).cast("float64", safe=False).to_numpy()
    return values


def _filled(dataset: Dataset, feature: Feature) -> Vector:
    values = _values(dataset, feature)
    return _sample(values[~np.isnan(values)])


def _parted(values: Vector) -> tuple[float, str] | None:
    """The value between two clusters of one shape, and the unit between them; None where there are none."""
    known = np.sort(_sample(values[~np.isnan(values)]))
    if known.size < 2 * _LEAST or known[0] == known[-1]:
        return None
    found: list[tuple[float, float, str]] = []
    for scale in [known, np.log(known)] if known[0] > 0 else [known]:
        place = _gap(scale)
        if place is not None:
            low, high = known[:place], known[place:]
            border = float((low[-1] + high[0]) / 2)
            units = [one for one in _UNITS if scale is not known or one.offset]
            found += [(_likeness(_converted(low, one), high), border, one.name) for one in units]
    likeness, border, unit = max(found, default=(0.0, 0.0, ""))
    return (border, unit) if likeness >= _LEVEL else None


def _gap(scaled: Vector) -> int | None:
    """Where the widest gap of (n,) sorted values parts two clusters, None where it does not."""
    with np.errstate(over="ignore"):  # numbers near the end of float64 are as far apart as infinity
        gaps = np.diff(scaled)
    place = int(gaps.argmax()) + 1
    least = max(_LEAST, int(_SHARE * scaled.size))
    if not least <= place <= scaled.size - least:
        return None
    sides = sorted((scaled[:place], scaled[place:]), key=len)
    if any(np.unique(side).size < _DIFFERENT for side in sides):
        return None
    ends = np.percentile(sides[1], _CENTRE)
    centre = sides[1][(sides[1] >= ends[0]) & (sides[1] <= ends[1])]
    return place if gaps[place - 1] >= _WIDE * np.diff(centre).max(initial=0.0) else None


def _likeness(one: Vector, other: Vector) -> float:
    """p-value of the hypothesis that both come from one distribution."""
    return float(ks_2samp(one, other, method="asymp").pvalue)


def _distance(one: Vector, other: Vector) -> float:
    """Kolmogorov-Smirnov distance."""
    places = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(side), places, side="right") / side.size for side in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _converted(values: Vector, unit: _Unit) -> Vector:
    with np.errstate(over="ignore"):
        return np.asarray(unit.factor * values + unit.offset)


def _sample(values: Vector) -> Vector:
    """At most 20,000 values, evenly spread over the rows."""
    return values[:: max(1, -(-values.size // _LOOKED_AT))]


def _safe(text: str) -> str:
    """A name that stands for itself in a message with fields."""
    return text.replace("{", "{{").replace("}", "}}")
