"""What is certified of each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.harden.partition.radius import plurality_radius, run_off_radius
from hauberk.models import Matrix, PartitionModel, Tally

__all__ = ["Certificate", "certify_rows"]

Rule = Callable[[Tally], tuple[NDArray[np.intp], NDArray[np.int64]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Certificate:
    """Predictions of one rule of election, each with its radius.

    A radius of r says: the class is the same for every model that the same training makes of training rows that differ
    in at most r rows, put in, taken out or relabelled; a row whose inputs are changed counts twice.

    Attributes:
        predicted: (n,) class codes.
        radius: (n,) training rows, at least 0.
    """

    predicted: NDArray[np.intp]
    radius: NDArray[np.int64]

    def withstands(self, labels: NDArray[np.int64], rows: int) -> NDArray[np.bool_]:
        """(n,) whether the row is decided as labelled whatever `rows` training rows are."""
        return np.asarray((self.predicted == labels) & (self.radius >= rows))


def certify_rows(model: PartitionModel, rows: Matrix) -> tuple[Certificate, Certificate]:
    """The certificates of rows (n, d): by run-off, which is how `model` predicts, and by plurality, for comparison.

    With two classes both are the same.

    Raises:
        WrongRows: Not a float matrix of the model's width, or an infinity in it.
    """
    found: tuple[list[tuple[NDArray[np.intp], NDArray[np.int64]]], ...] = ([], [])
    rules: tuple[Rule, Rule] = (run_off_radius, plurality_radius)
    for tally in model.tallies(rows):
        for results, rule in zip(found, rules, strict=True):
            results.append(rule(tally))
    return _joined(found[0]), _joined(found[1])


def _joined(blocks: list[tuple[NDArray[np.intp], NDArray[np.int64]]]) -> Certificate:
    return Certificate(
        predicted=np.concatenate([np.empty(0, np.intp), *(winner for winner, _ in blocks)]),
        radius=np.concatenate([np.empty(0, np.int64), *(radius for _, radius in blocks)]),
    )
