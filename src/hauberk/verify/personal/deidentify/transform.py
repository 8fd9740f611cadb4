"""One step on one column: the new values, and what the schema then says of them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hauberk.crypto import PseudonymKey
from hauberk.data import Adversary, Feature, Kind, Role
from hauberk.data.columns import column_values
from hauberk.verify.errors import BadStep, KeyNeeded
from hauberk.verify.personal.cells import normalised
from hauberk.verify.personal.deidentify.steps import (
    AgeToNinety,
    Bin,
    DateToYear,
    Drop,
    Pseudonym,
    RollUp,
    Step,
    ZipToThree,
)
from hauberk.verify.personal.deidentify.years import years_of
from hauberk.verify.personal.deidentify.zip_three import AREA, SHORT, zip_area

__all__ = ["Column", "transform"]

Column = tuple[Feature, pa.ChunkedArray]
_NUMERIC = (Kind.NUMBER, Kind.INTEGER)
_TEXTUAL = (Kind.TEXT, Kind.CATEGORY)
_NINETY = 90
_OVER = 89


def transform(step: Step, feature: Feature, values: pa.ChunkedArray, key: PseudonymKey | None) -> Column | None:
    """The column after the step, None where it is dropped. The adversary's reach is gone: it spoke of other values.

    Raises:
        BadStep: The step cannot be done to such a column.
        KeyNeeded: Pseudonyms without a key.
    """
    plain = replace(feature, adversary=Adversary(), one_hot="")
    match step:
        case Drop():
            return None
        case Bin():
            return _binned(step, plain, values)
        case DateToYear():
            years = years_of(values, plain, earliest=step.earliest)
            low = None if step.earliest is None else float(step.earliest)
            return _whole(plain, years, unit="year", low=low)
        case ZipToThree():
            return _areas(step, plain, values)
        case AgeToNinety():
            return _capped(plain, values)
        case RollUp():
            return _rolled(step, plain, values)
        case Pseudonym():
            return _named(step, plain, values, key)
        case _:
            assert_never(step)


def _require_kind(feature: Feature, kinds: tuple[Kind, ...], step: Step) -> None:
    if feature.kind not in kinds:
        expected = f"{' or '.join(kinds)} for {type(step).__name__}"
        raise BadStep(where=f"column `{feature.name}`", expected=expected, got=f"a {feature.kind}")


def _binned(step: Bin, feature: Feature, values: pa.ChunkedArray) -> Column:
    _require_kind(feature, _NUMERIC, step)
    edges = step.edges
    ascending = all(low < high for low, high in pairwise(edges))
    if not edges or not ascending or not all(math.isfinite(edge) for edge in edges):
        raise BadStep(where=f"column `{feature.name}`", expected="finite ascending edges", got=f"{len(edges)} edges")
    names = [f"{edge:.17g}" if edge % 1 else f"{edge:.0f}" for edge in edges]
    inner = (f"{low} to < {high}" for low, high in pairwise(names))
    labels = (f"< {names[0]}", *inner, f">= {names[-1]}")
    numbers = column_values(values)
    places = pa.array(np.searchsorted(edges, numbers, side="right"), mask=np.isnan(numbers))
    return _texts(feature, pa.array(labels, pa.string()).take(places), Kind.CATEGORY, labels)


def _areas(step: ZipToThree, feature: Feature, values: pa.ChunkedArray) -> Column:
    _require_kind(feature, (Kind.INTEGER, *_TEXTUAL), step)
    digits = 0 if feature.kind is not Kind.INTEGER else AREA if step.areas else SHORT
    found = [
        None if value is None else zip_area(normalised(str(value)), digits=digits, restricted=step.restricted)
        for value in values.to_pylist()
    ]
    categories = tuple(sorted({area for area in found if area is not None})) or ("000",)
    areas = replace(feature, personal=False)
    return _texts(areas, pa.array(found, pa.string()), Kind.CATEGORY, categories)


def _capped(feature: Feature, values: pa.ChunkedArray) -> Column:
    _require_kind(feature, _NUMERIC, AgeToNinety(column=feature.name))
    capped = pc.if_else(pc.greater(values, _OVER), pa.scalar(_NINETY, values.type), values)
    low, high = (bound if bound is None or bound <= _OVER else float(_NINETY) for bound in (feature.low, feature.high))
    return replace(feature, low=low, high=high, personal=False), capped


def _rolled(step: RollUp, feature: Feature, values: pa.ChunkedArray) -> Column:
    _require_kind(feature, _TEXTUAL, step)
    kept = pc.is_in(values, value_set=pa.array(step.keep, pa.string()))
    rolled = pc.if_else(pc.or_(kept, pc.is_null(values)), values, step.other)
    categories = tuple(dict.fromkeys((*step.keep, step.other)))
    return _texts(feature, rolled, Kind.CATEGORY, categories)


def _named(step: Pseudonym, feature: Feature, values: pa.ChunkedArray, key: PseudonymKey | None) -> Column:
    if key is None:
        raise KeyNeeded(where=f"column `{feature.name}`", expected="a key", got="none")
    domain = step.domain or feature.name
    names = {value: key.pseudonym(domain, _spelt(value)) for value in set(values.to_pylist()) if value is not None}
    found = pa.array([None if value is None else names[value] for value in values.to_pylist()], pa.string())
    if feature.kind is Kind.CATEGORY:
        known = {key.pseudonym(domain, category.encode()) for category in feature.categories}
        # In the order of the pseudonyms: the order of the values would tell something of them.
        return _texts(feature, found, Kind.CATEGORY, tuple(sorted(known)))
    role = feature.role if feature.role in (Role.ID, Role.GROUP) else Role.IGNORED
    return _texts(replace(feature, role=role), found, Kind.TEXT, ())


def _spelt(value: object) -> bytes:
    """A value as bytes, the same for 7 and 7.0, so that two files that store one key differently still link."""
    if isinstance(value, float):
        return str(int(value) if value.is_integer() else value).encode()
    return str(value).encode()


def _texts(feature: Feature, values: pa.Array, kind: Kind, categories: tuple[str, ...]) -> Column:
    nullable = feature.nullable or values.null_count > 0
    changed = replace(feature, kind=kind, categories=categories, low=None, high=None, unit="", nullable=nullable)
    return changed, _chunked(values)


def _whole(feature: Feature, values: pa.Array, *, unit: str, low: float | None) -> Column:
    nullable = feature.nullable or values.null_count > 0
    changed = replace(feature, kind=Kind.INTEGER, categories=(), low=low, high=None, unit=unit, nullable=nullable)
    return replace(changed, personal=False), _chunked(values)


def _chunked(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
