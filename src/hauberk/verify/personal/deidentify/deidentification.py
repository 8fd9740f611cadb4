"""A plan that takes persons out of a dataset, and its application."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pyarrow as pa

from hauberk.core.encoding import Json
from hauberk.crypto import PseudonymKey
from hauberk.data import Dataset, Feature, Kind, Role, Schema, verify_schema
from hauberk.verify.errors import BadStep
from hauberk.verify.personal.deidentify.steps import Bin, DateToYear, Pseudonym, RollUp, Step, ZipToThree
from hauberk.verify.personal.deidentify.transform import transform

__all__ = ["Deidentification", "deidentify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentification:
    """Steps, at most one a column. What they do to a value depends on that value only, never on other rows.

    Raises:
        BadStep: Two steps for one column.
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        repeated = [column for column, count in Counter(step.column for step in self.steps).items() if count > 1]
        if repeated:
            raise BadStep(where=f"column `{repeated[0]}`", expected="one step", got="more")

    def document(self) -> tuple[dict[str, Json], ...]:
        """The plan as it stands in a predicate: parameters, no category and no key."""
        return tuple({"step": type(step).__name__, "column": step.column} | _parameters(step) for step in self.steps)


def deidentify(dataset: Dataset, plan: Deidentification, *, key: PseudonymKey | None = None) -> Dataset:
    """A new dataset with the plan applied; the given one is not changed.

    Roles, flags and columns without a step stay. A changed column loses the adversary's reach, and relations and
    one-hot groups that it was part of are gone, since they spoke of the old values. Row order stays and can itself
    tell who is who to somebody with the original order.

    Args:
        dataset: What to take persons out of.
        plan: The steps.
        key: For `Pseudonym` steps.

    Raises:
        BadStep: A step names no column, does not fit its kind, would turn the target into something else than classes,
            or nothing would be left.
        KeyNeeded: A `Pseudonym` step without a key.
    """
    steps = {step.column: step for step in plan.steps}
    names = [feature.name for feature in dataset.schema.features]
    unknown = next((column for column in steps if column not in names), None)
    if unknown is not None:
        raise BadStep(where=f"column `{unknown}`", expected="a column of the dataset", got="no such column")
    changed: list[tuple[Feature, pa.ChunkedArray]] = []
    for feature in dataset.schema.features:
        values = dataset.table.column(feature.name)
        step = steps.get(feature.name)
        column = (feature, values) if step is None else transform(step, feature, values, key)
        if column is not None:
            _refuse_other_target(*column)
            changed.append(column)
    if not changed:
        raise BadStep(expected="a column left", got="none")
    schema = verify_schema(_schema(dataset.schema, tuple(feature for feature, _ in changed), frozenset(steps)))
    table = pa.table({feature.name: values for feature, values in changed})
    return Dataset(table=table, schema=schema)


def _refuse_other_target(feature: Feature, values: pa.ChunkedArray) -> None:
    if feature.role is Role.TARGET and feature.kind is not Kind.CATEGORY:
        raise BadStep(where=f"column `{feature.name}`", expected="classes in the target", got=f"{values.type}")


def _schema(schema: Schema, features: tuple[Feature, ...], touched: frozenset[str]) -> Schema:
    broken = {feature.one_hot for feature in schema.features if feature.name in touched} - {""}
    whole = tuple(replace(feature, one_hot="") if feature.one_hot in broken else feature for feature in features)
    inputs = {feature.name for feature in whole if feature.role is Role.INPUT} - touched
    relations = tuple(
        relation for relation in schema.relations if all(name in inputs for name, _ in relation.coefficients)
    )
    return Schema(features=whole, relations=relations, budget=schema.budget)


def _parameters(step: Step) -> dict[str, Json]:
    match step:
        case Bin():
            return {"edges": step.edges}
        case DateToYear():
            return {"earliest": step.earliest}
        case ZipToThree():
            return {"restricted": tuple(sorted(step.restricted)), "areas": step.areas}
        case RollUp():
            return {"kept": len(step.keep)}
        case Pseudonym():
            return {"domain": step.domain or step.column}
        case _:
            return {}
