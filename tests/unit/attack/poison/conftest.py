"""A small table of all kinds of columns, with a schema that says something, and a booster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from hauberk.attack.poison import Labelled, Scene
from hauberk.data import (
    Dataset,
    FeatureOverride,
    Kind,
    LinearRelation,
    encode_labels,
    encode_rows,
    infer_schema,
    make_dataset,
)
from hauberk.models import TrainingSet, fit_booster, open_model


@dataclass(frozen=True, kw_only=True)
class Shop:
    train: Labelled
    test: Labelled
    dataset: Dataset
    fit: object

    @property
    def schema(self):
        return self.dataset.schema

    @property
    def scene(self):
        return Scene(train=self.train, test=self.test, schema=self.schema, fit=self.fit, seed=3)


def table(rows, seed):
    random = np.random.default_rng(seed)
    kind = random.integers(0, 4, rows)
    price = random.gamma(3, 10, rows).round(2)
    items = 1 + random.poisson(2, rows)
    paid = price * random.uniform(0.2, 1.0, rows)
    age = random.integers(18, 80, rows)
    hour = random.integers(0, 24, rows)
    logit = 1.5 * (kind == 2) + 0.08 * (price - 30) - 0.05 * (age - 45)
    back = random.random(rows) < 1 / (1 + np.exp(-3 * logit))
    size = random.integers(0, 3, rows)
    columns = {
        "kind": pa.array(np.array(["books", "garden", "shoes", "toys"])[kind]),
        "price": pa.array(price, mask=random.random(rows) < 0.03),
        "paid": paid,
        "items": items,
        "age": age,
        "hour": hour,
        "small": (size == 0).astype(int),
        "large": (size == 1).astype(int),
        "medium": (size == 2).astype(int),
    }
    return pa.table(columns | {"returned": np.where(back, "yes", "no")})


def _shop(rows=1200, test_rows=600):
    data = table(rows, 0)
    sizes = {name: FeatureOverride(one_hot="size", kind=Kind.INTEGER) for name in ("small", "large", "medium")}
    schema = infer_schema(data, target="returned", overrides=sizes)
    relation = LinearRelation(name="paid at most", coefficients=(("paid", 1.0), ("price", -1.0)), bound=0.0)
    schema = type(schema)(features=schema.features, relations=(relation,))
    dataset, test = make_dataset(data, schema), make_dataset(table(test_rows, 1), schema)

    def fit(part, seed):
        training = TrainingSet(
            rows=part.rows,
            labels=part.labels,
            weight=np.ones(len(part.labels)),
            names=tuple(feature.name for feature in schema.inputs),
            categorical=np.array([feature.kind is Kind.CATEGORY for feature in schema.inputs]),
            category_counts=tuple(len(feature.categories) for feature in schema.inputs),
            monotone=np.zeros(len(schema.inputs), np.int8),
            classes=schema.target.categories,
            seed=seed,
        )
        return open_model(fit_booster(training, trees=25, depth=4, learning_rate=0.2)).predict

    def labelled(one):
        return Labelled(rows=encode_rows(one), labels=encode_labels(one), classes=2)

    return Shop(train=labelled(dataset), test=labelled(test), dataset=dataset, fit=fit)


@pytest.fixture(scope="session")
def shop():
    return _shop()
