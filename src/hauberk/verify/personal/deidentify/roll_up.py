"""Which categories are too rare to stand alone."""

from __future__ import annotations

from hauberk.data import Dataset, Kind
from hauberk.verify.errors import BadStep
from hauberk.verify.personal.deidentify.steps import RollUp

__all__ = ["roll_up_rare"]


def roll_up_rare(dataset: Dataset, column: str, *, least: int, other: str = "other") -> RollUp:
    """The step that puts categories of fewer than `least` rows together.

    If these together have fewer rows still, the rarest kept ones join them until they are `least` or nothing is left,
    for a single rare value under the name `other` would be as rare as before.

    Raises:
        BadStep: No such column, or one of numbers; `least` below 2.
    """
    feature = next((feature for feature in dataset.schema.features if feature.name == column), None)
    if feature is None or feature.kind not in (Kind.CATEGORY, Kind.TEXT):
        got = f"a {feature.kind}" if feature else "no such column"
        raise BadStep(where=f"column `{column}`", expected="categories or text", got=got)
    if least < 2:
        raise BadStep(where=f"column `{column}`", expected="at least 2 rows a category", got=f"{least}")
    counts = {entry["values"]: entry["counts"] for entry in dataset.table.column(column).value_counts().to_pylist()}
    counts.pop(None, None)
    by_size = sorted(counts, key=lambda value: (counts[value], value))
    rolled = sum(counts[value] < least for value in by_size)
    together = sum(counts[value] for value in by_size[:rolled])
    if counts.get(other, 0) >= least:
        together = max(together, least) if rolled else 0
    while 0 < together < least and rolled < len(by_size):
        together += counts[by_size[rolled]]
        rolled += 1
    kept = set(by_size[rolled:])
    order = feature.categories or tuple(sorted(kept))
    return RollUp(column=column, keep=tuple(value for value in order if value in kept), other=other)
