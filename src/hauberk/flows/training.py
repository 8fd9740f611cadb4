"""What trains models in this project: the user's function or the built-in booster, over encoded datasets."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Dataset, Kind, encode_labels, encode_rows, encode_weights
from hauberk.flows.configuration import ModelSection
from hauberk.flows.errors import BadTrainFunction
from hauberk.flows.functions import UserFunction, load_function
from hauberk.flows.project import Project
from hauberk.models import TreeModel, open_model
from hauberk.models.builtin import fit_booster
from hauberk.models.protocols import Matrix
from hauberk.models.training import Fit, TrainingSet
from hauberk.verify import Labels, Learner

__all__ = ["booster", "label_learner", "train_by", "training_set", "user_fit"]

_SHOWN = 6


def training_set(dataset: Dataset, *, seed: int) -> TrainingSet:
    """The dataset as a training function gets it, with no monotone direction.

    The weights are those of the column with the role `weight`, divided by their mean, so that regularisation keeps its
    meaning whatever they are counted in; 1 where there is no such column. Rows of weight 0 are left out: a part of the
    rows that recipes draw could else weigh nothing.

    Raises:
        BadWeight: See `encode_weights`.
    """
    weight = encode_weights(dataset)
    taken = weight > 0
    inputs, target = dataset.schema.inputs, dataset.schema.target
    return TrainingSet(
        rows=encode_rows(dataset)[taken],
        labels=encode_labels(dataset)[taken],
        weight=_relative(weight[taken]),
        names=tuple(feature.name for feature in inputs),
        categorical=np.array([feature.kind is Kind.CATEGORY for feature in inputs], bool),
        category_counts=tuple(len(feature.categories) for feature in inputs),
        monotone=np.zeros(len(inputs), np.int8),
        classes=target.categories if target else (),
        seed=seed,
    )


def _relative(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights with the mean 1; by the largest first, because a sum of large ones could overflow."""
    shares = weight / weight.max()
    relative: NDArray[np.float64] = shares / shares.mean()
    return relative


def booster(section: ModelSection) -> Fit:
    """The built-in booster with the sizes of `hauberk.toml`."""
    return partial(
        fit_booster,
        trees=section.trees,
        depth=section.depth,
        learning_rate=section.learning_rate,
        threads=section.threads,
    )


def user_fit(project: Project) -> UserFunction | None:
    """The user's training function, or None where the built-in booster trains."""
    text = project.configuration.model.train
    return load_function(project.folder, text) if text else None


def train_by(trainer: UserFunction, training: TrainingSet) -> object:
    """What the user's function makes of `training`, if it speaks of the same columns and classes.

    Raises:
        BadTrainFunction: A model of another width, or of other labels or the same in another order; its scores would
            be read as those of other classes.
        UnknownModel: No model at all.
    """
    model, width = trainer.call(training), training.rows.shape[1]
    found = open_model(model)
    if found.width != width:
        hint = "train on all columns of `TrainingSet.rows`"
        got = f"one of {found.width}"
        raise BadTrainFunction(where=trainer.spelled, expected=f"a model of {width} columns", got=got, hint=hint)
    if found.classes != training.classes and not _are_codes(found.classes, len(training.classes)):
        expected = f"a classifier of the codes 0 to {len(training.classes) - 1}"
        got = f"classes {', '.join(found.classes[:_SHOWN])}" if found.classes else "a regressor"
        hint = "train a classifier on `TrainingSet.labels`"
        raise BadTrainFunction(where=trainer.spelled, expected=expected, got=got, hint=hint)
    return model


def _are_codes(labels: tuple[str, ...], count: int) -> bool:
    """Whether labels as a library spells them, perhaps as floats, are the class codes in order."""
    try:
        return [float(label) for label in labels] == list(range(count))
    except ValueError:
        return False


def label_learner(dataset: Dataset, *, trees: int) -> Learner:
    """Trains the small boosters that look at labels; every row counts 1, whatever its weight."""
    inputs, target = dataset.schema.inputs, dataset.schema.target

    def learn(rows: Matrix, labels: Labels, seed: int) -> TreeModel:
        part = TrainingSet(
            rows=rows,
            labels=labels,
            weight=np.ones(len(rows)),
            names=tuple(feature.name for feature in inputs),
            categorical=np.array([feature.kind is Kind.CATEGORY for feature in inputs], bool),
            category_counts=tuple(len(feature.categories) for feature in inputs),
            monotone=np.zeros(len(inputs), np.int8),
            classes=target.categories if target else (),
            seed=seed,
        )
        model = open_model(fit_booster(part, trees=trees, depth=4, learning_rate=0.1))
        if not isinstance(model, TreeModel):
            raise TypeError("the built-in booster shows its trees")
        return model

    return learn
