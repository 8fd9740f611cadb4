"""How large the crowds are in which people hide, and how much a crowd gives away of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Dataset, Feature, row_bytes
from hauberk.verify.errors import BadQuasiIdentifiers

__all__ = ["Anonymity", "Diversity", "measure_anonymity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """How much the sensitive column varies in the class where it varies least; classes without a value are left out.

    Attributes:
        sensitive: Name of the column.
        distinct: Different values there; 1 means that belonging to the class tells the value, 0 that there is none.
        entropy: exp of the entropy there, 1 to `distinct`: how many evenly frequent values would vary as much.
    """

    sensitive: str
    distinct: int
    entropy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymity:
    """The equivalence classes: rows that are equal in all quasi-identifiers.

    Attributes:
        quasi: The quasi-identifiers.
        k: What was asked for.
        rows: All rows.
        classes: How many classes there are.
        smallest: Rows of the smallest class; the data are `smallest`-anonymous.
        rows_below: Rows in classes of fewer than `k`.
        diversity: Of the sensitive column, None where none was named.
    """

    quasi: tuple[str, ...]
    k: int
    rows: int
    classes: int
    smallest: int
    rows_below: int
    diversity: Diversity | None

    @property
    def share_below(self) -> float:
        """Share of the rows that stand in classes of fewer than `k`. Exact: all rows were looked at."""
        return self.rows_below / self.rows


def measure_anonymity(dataset: Dataset, *, quasi: Sequence[str], k: int, sensitive: str | None = None) -> Anonymity:
    """k-anonymity over the quasi-identifiers, and l-diversity of one sensitive column, distinct and by entropy.

    A missing quasi-identifier equals another missing one, as a reader of the table sees it. A missing sensitive value
    is no value: a class of one illness and gaps gives the illness away. Both are properties of this table
    only: they say nothing of what a second release, or knowledge from elsewhere, gives away.

    Args:
        dataset: Usually the result of `deidentify`.
        quasi: Columns that somebody may know of a person from elsewhere.
        k: Size of a class from which its rows count as hidden, at least 2.
        sensitive: What must not be learnt.

    Raises:
        BadQuasiIdentifiers: No rows, no or unknown columns, `k` below 2, or a sensitive quasi-identifier.

    Source: Sweeney 2002, "k-anonymity" (IJUFKS 10(5)), definition 3; Machanavajjhala, Kifer, Gehrke,
    Venkitasubramaniam 2007, "l-Diversity" (TKDD 1(1)), definitions 4.1 and §4.
    """
    by_name = {feature.name: feature for feature in dataset.schema.features}
    _verify(dataset, by_name, quasi, k, sensitive)
    group = _numbers(dataset, [by_name[name] for name in dict.fromkeys(quasi)])
    sizes = np.bincount(group)
    return Anonymity(
        quasi=tuple(dict.fromkeys(quasi)),
        k=k,
        rows=dataset.rows,
        classes=sizes.size,
        smallest=int(sizes.min()),
        rows_below=int(sizes[sizes < k].sum()),
        diversity=None if sensitive is None else _diversity(dataset, by_name[sensitive], group),
    )


def _verify(dataset: Dataset, by_name: dict[str, Feature], quasi: Sequence[str], k: int, sensitive: str | None) -> None:
    if not dataset.rows or not quasi:
        got = f"{dataset.rows} rows, {len(quasi)} quasi-identifiers"
        raise BadQuasiIdentifiers(expected="rows and quasi-identifiers", got=got)
    if k < 2:
        raise BadQuasiIdentifiers(where="k", expected="at least 2", got=f"{k}")
    for name in (*quasi, *([] if sensitive is None else [sensitive])):
        if name not in by_name:
            raise BadQuasiIdentifiers(expected="columns of the dataset", got=f"`{name}`")
    if sensitive in quasi:
        raise BadQuasiIdentifiers(where=f"column `{sensitive}`", expected="quasi or sensitive", got="both")


def _numbers(dataset: Dataset, features: list[Feature]) -> NDArray[np.int64]:
    """(n,) numbers from 0 without gaps, the same for rows that are equal in the features and only for them."""
    encoded = row_bytes(dataset.table, features).dictionary_encode()
    numbers: NDArray[np.int64] = np.asarray(encoded.indices, np.int64)
    return numbers


def _diversity(dataset: Dataset, feature: Feature, group: NDArray[np.int64]) -> Diversity:
    known = dataset.table.column(feature.name).is_valid().to_numpy().astype(bool)
    group, value = group[known], _numbers(dataset, [feature])[known]
    if not group.size:
        return Diversity(sensitive=feature.name, distinct=0, entropy=0.0)
    # One number a pair: comparing pairs as rows takes many times as long.
    width = int(value.max()) + 1
    pairs, counts = np.unique(group * width + value, return_counts=True)
    place = pairs // width
    sizes = np.bincount(group)
    within = counts / sizes[place]
    entropy = np.bincount(place, weights=-within * np.log(within))
    return Diversity(
        sensitive=feature.name,
        distinct=int(np.bincount(place)[sizes > 0].min()),
        entropy=float(np.exp(entropy[sizes > 0].min())),
    )
