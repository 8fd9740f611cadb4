"""A small lending case in which lying pays, and an attack of its own so that these tests trust no other room."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from hauberk.data import Adversary, Direction, Feature, Kind, Schema, resolve_reach
from hauberk.harden import Task
from hauberk.models import TrainingSet, fit_booster
from hauberk.models.grow import grow_booster

SCHEMA = Schema(
    features=(
        Feature(name="age", kind=Kind.INTEGER),
        Feature(name="income", kind=Kind.NUMBER),
        Feature(name="hours", kind=Kind.INTEGER, low=1, high=99, adversary=Adversary(mutable=True, within=10)),
        Feature(
            name="gain",
            kind=Kind.INTEGER,
            low=0,
            adversary=Adversary(mutable=True, direction=Direction.UP, high=50),
        ),
        Feature(name="job", kind=Kind.CATEGORY, categories=("a", "b", "c", "d"), adversary=Adversary(mutable=True)),
    )
)


def search(model, rows, labels, reach, seed, *, sweeps=2, grid=24):
    """Coordinate descent on the label's score, over codes and over values that others have."""
    best = rows.copy()
    score = model.predict(best)[np.arange(len(best)), labels]
    for column in np.tile(np.flatnonzero(reach.mutable), sweeps):
        choices = reach.choices[column]
        low, high = reach.low[:, column], reach.high[:, column]
        for value in np.flatnonzero(choices) if choices is not None else _values(rows[:, column], grid):
            moved = best.copy()
            moved[:, column] = value if choices is not None else np.clip(value, low, high)
            moved[np.isnan(rows)] = np.nan
            new = model.predict(moved)[np.arange(len(best)), labels]
            best[new < score], score = moved[new < score], np.minimum(score, new)
    return best


def _values(column, grid):
    known = np.unique(column[~np.isnan(column)])
    return [-1e9, *known[np.linspace(0, len(known) - 1, min(grid, len(known))).astype(int)], 1e9]


def lending(n=1500, seed=0, nulls=0.0):
    """Labels follow income and age; gain, hours and job help a little, and anybody can claim them."""
    random = np.random.default_rng(seed)
    age, income = random.integers(18, 80, n), random.normal(0, 1, n)
    wealth = 1.6 * income + (age - 49) / 25
    gain = np.where(random.random(n) < 0.15, random.integers(1, 120, n), 0)
    hours = np.clip(np.round(40 + 6 * random.normal(size=n) + 3 * wealth), 1, 99)
    job = np.clip(np.round(1.5 + 0.5 * wealth + random.normal(0, 1, n)), 0, 3)
    margin = wealth + (gain > 40) * 2.5 + 0.5 * (job - 1.5) + random.logistic(0, 0.35, n)
    rows = np.column_stack([age, income, hours, gain, job]).astype(float)
    rows[random.random(rows.shape) < nulls] = np.nan
    return rows, (margin > 0.4).astype(np.int64)


def training_set(rows, labels, *, classes=("refused", "approved"), categorical=(4,), names=None, seed=5):
    width = rows.shape[1]
    mask = np.isin(np.arange(width), categorical)
    return TrainingSet(
        rows=rows,
        labels=labels,
        weight=np.ones(len(rows)),
        names=names or tuple(f"f{column}" for column in range(width)),
        categorical=mask,
        category_counts=tuple(4 if is_category else 0 for is_category in mask),
        monotone=np.zeros(width, np.int8),
        classes=classes,
        seed=seed,
    )


@dataclass(frozen=True)
class Case:
    """What the tests of one data set share."""

    training: TrainingSet
    resolve: object
    fit: object
    grow: object
    search: object
    test_rows: np.ndarray
    test_labels: np.ndarray

    def task(self, **changes):
        given = {"training": self.training, "fit": self.fit, "grow": self.grow, "attack": self.search} | changes
        return Task(reach=self.resolve(given["training"].rows), resolve=self.resolve, **given)

    def withstood(self, model):
        right = model.predict(self.test_rows).argmax(axis=1) == self.test_labels
        found = self.search(model, self.test_rows, self.test_labels, self.resolve(self.test_rows), 0)
        return right.mean(), (right & (model.predict(found).argmax(axis=1) == self.test_labels)).mean()


@pytest.fixture(scope="session")
def case():
    rows, labels = lending()
    test_rows, test_labels = lending(seed=1)
    names = tuple(feature.name for feature in SCHEMA.features)
    return Case(
        training=training_set(rows, labels, names=names),
        resolve=partial(resolve_reach, SCHEMA),
        fit=partial(fit_booster, trees=40, depth=4),
        grow=grow_booster,
        search=search,
        test_rows=test_rows,
        test_labels=test_labels,
    )


@pytest.fixture(scope="session")
def make_case(case):
    def make(training, resolve, *, test=None, fit=None):
        test_rows, test_labels = test if test is not None else (training.rows, training.labels)
        return Case(
            training=training,
            resolve=resolve,
            fit=fit or case.fit,
            grow=case.grow,
            search=search,
            test_rows=test_rows,
            test_labels=test_labels,
        )

    return make


@pytest.fixture(scope="session")
def make_training():
    return training_set
