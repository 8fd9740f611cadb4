"""Small worlds made by chance: an ensemble, rows, and what can be made of them, few enough to try every one."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from hauberk.models import Link, apply_link, margins
from hauberk.testing.ensembles import random_ensemble
from hauberk.testing.reaches import every_row, random_reach, random_rows, random_within

__all__ = ["World"]


class _Columns(TypedDict):
    categorical: tuple[int, ...]
    integer: tuple[int, ...]
    group: tuple[int, ...]


_FORMS = ((Link.LOGISTIC, 1, False), (Link.SOFTMAX, 3, False), (Link.SIMPLEX, 2, True))


class World:
    """A world drawn from one seed.

    Attributes:
        ensemble: Of four trees over five features.
        rows: (3, 5) float64.
        labels: (3,) what the ensemble answers.
        reach: Of the rows.
        goal: The class that the adversary wants, or None.
        exact: Whether the ensemble compares in float64.
        related: Whether linear relations limit what can be made.
    """

    def __init__(self, seed: int, *, relations: bool = True, budget: bool = True, norm: bool = True) -> None:
        rng = np.random.default_rng(seed)
        link, outputs, average = _FORMS[rng.integers(len(_FORMS))]
        precision = (np.float32, np.float64)[rng.integers(2)]
        columns: _Columns = {
            "categorical": (1,) if rng.random() < 0.6 else (),
            "integer": (2,) if rng.random() < 0.6 else (),
            "group": (3, 4) if rng.random() < 0.3 else (),
        }
        self.ensemble = random_ensemble(
            rng, trees=4, depth=3, width=5, categorical=columns["categorical"],
            outputs=outputs, link=link, average=average, precision=precision,
        )  # fmt: skip
        self.rows = random_rows(rng, 3, width=5, **columns)
        count = int(rng.integers(3)) if relations and rng.random() < 0.4 else 0
        self.reach = random_reach(rng, self.rows, budget=budget and rng.random() < 0.4, relations=count, **columns)
        more = np.random.default_rng([seed, 1])
        if norm and more.random() < 0.4:
            self.reach = replace(self.reach, within=random_within(more, self.rows))
        self.goal = None if rng.random() < 0.6 else int(rng.integers(max(outputs, 2)))
        self.labels = self.classes(self.rows)
        self.exact = precision == np.float64
        self.related = bool(count)

    def classes(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """(n,) what the ensemble answers."""
        return np.asarray(apply_link(self.ensemble.link, margins(self.ensemble, rows)).argmax(axis=1), dtype=np.int64)

    def wrong(self, rows: NDArray[np.float64], label: int) -> NDArray[np.bool_]:
        """(n,) whether the adversary has what they want of rows of this label."""
        found = self.classes(rows)
        if self.goal is None:
            return np.asarray(found != label)
        return np.asarray((found == self.goal) & (label != self.goal))

    def every(self, row: int) -> NDArray[np.float64] | None:
        """(m, 5) all rows that can be made of one, or None where there are too many."""
        try:
            return every_row(self.ensemble, self.reach, self.rows, row, limit=40_000)
        except ValueError:
            return None

    def beatable(self, row: int) -> bool | None:
        """Whether any of them beats the ensemble; None where there are too many to say."""
        made = self.every(row)
        return None if made is None else bool(self.wrong(made, int(self.labels[row])).any())
