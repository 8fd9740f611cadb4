"""Rows as an earlier model takes them: its columns in its order, its codes of categories."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from hauberk.data import Dataset, Feature, Kind, Schema
from hauberk.flows.errors import NotComparable

__all__ = ["as_taken_by"]


def as_taken_by(earlier: Schema, dataset: Dataset) -> Dataset:
    """The dataset under an earlier schema's inputs; what the adversary may do stays as it is now.

    A category that the earlier schema does not know is missing.

    Raises:
        NotComparable: Other inputs, kinds of inputs, or classes.
    """
    now = {feature.name: feature for feature in dataset.schema.inputs}
    known = {feature.name: feature for feature in earlier.inputs}
    other = sorted(set(now) ^ set(known)) or [name for name in known if known[name].kind is not now[name].kind]
    if other:
        expected, got = "the inputs of the model in use", f"`{other[0]}`, which is not among both or has another kind"
        raise NotComparable(where="data", expected=expected, got=got)
    classes = [one.target.categories if one.target else () for one in (earlier, dataset.schema)]
    if classes[0] != classes[1]:
        expected, got = f"the classes {', '.join(classes[0])}", ", ".join(classes[1])
        raise NotComparable(where="data.target", expected=expected, got=got)
    if list(now) == list(known) and all(now[name].categories == known[name].categories for name in known):
        return dataset
    table = dataset.table
    inputs = []
    for name, feature in known.items():
        inputs.append(_known(now[name], feature))
        if feature.kind is Kind.CATEGORY:
            column = table.column(name)
            inside = pc.is_in(column, value_set=pa.array(feature.categories, column.type))
            table = table.set_column(
                table.column_names.index(name), name, pc.if_else(inside, column, pa.scalar(None, column.type))
            )
    others = [feature for feature in dataset.schema.features if feature.name not in known]
    schema = replace(dataset.schema, features=(*inputs, *others))
    return Dataset(table=table.select([feature.name for feature in schema.features]), schema=schema)


def _known(now: Feature, earlier: Feature) -> Feature:
    """The feature of now with the categories of then."""
    if now.kind is not Kind.CATEGORY:
        return now
    choices = tuple(one for one in now.adversary.choices if one in earlier.categories)
    # Where none of the choices was known, the adversary could only make the value missing, which nobody may.
    mutable = now.adversary.mutable and bool(choices or not now.adversary.choices)
    adversary = replace(now.adversary, choices=choices, mutable=mutable)
    return replace(now, categories=earlier.categories, nullable=True, adversary=adversary)
