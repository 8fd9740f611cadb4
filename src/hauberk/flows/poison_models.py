"""The models that `hauberk attack poison` trains again and again: the project's own, a surrogate, and the election."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hauberk.attack.poison import FitScores, Labelled, Poisoned, ScoreRows, poison_dataset
from hauberk.core.progress import silent
from hauberk.data import Dataset, encode_labels, encode_rows, encode_weights
from hauberk.flows.datasets import Datasets
from hauberk.flows.functions import UserFunction
from hauberk.flows.partitions import train_election
from hauberk.flows.project import Project
from hauberk.flows.training import booster, train_by, training_set, user_fit
from hauberk.models import Matrix, PartitionModel, Scores, TrainingSet, open_model

__all__ = ["Trainers", "open_trainers"]

_GIVEN = "built-in booster, for the given model cannot be trained again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trainers:
    """What trains, on the training rows of positive weight.

    Attributes:
        dataset: These rows.
        train, test: Them and the test rows, encoded.
        fit: The model whose training is attacked.
        surrogate: What the attacker trains on rows like these.
        name: Of the model that is attacked, in words.
        varies: Whether its training may come out otherwise by another seed.
    """

    dataset: Dataset
    train: Labelled
    test: Labelled
    fit: FitScores
    surrogate: FitScores
    name: str
    varies: bool


def open_trainers(project: Project, datasets: Datasets) -> Trainers:
    """The trainers of a project: the election where it is sealed, else the user's function or the booster."""
    dataset = datasets.train.take(encode_weights(datasets.train) > 0)
    base, trainer = training_set(datasets.train, seed=project.seed), user_fit(project)
    sealed = project.configuration.harden.seal_partitions
    fit = _fit(project, base, trainer)
    name = trainer.spelled if trainer else _GIVEN if project.configuration.model.file else "built-in booster"
    if sealed:
        fit, name = _election(project, dataset), "election of partitions"
    return Trainers(
        dataset=dataset,
        train=_labelled(dataset),
        test=_labelled(datasets.test),
        fit=fit,
        surrogate=_fit(project, base, None),
        name=name,
        varies=trainer is not None and not sealed,
    )


def _labelled(dataset: Dataset) -> Labelled:
    target = dataset.schema.target
    return Labelled(
        rows=encode_rows(dataset), labels=encode_labels(dataset), classes=len(target.categories) if target else 0
    )


def _fit(project: Project, base: TrainingSet, trainer: UserFunction | None) -> FitScores:
    boosted = booster(project.configuration.model)

    def fit(data: Labelled, seed: int) -> ScoreRows:
        # A fold of a surrogate has fewer rows; an attacker does not know the weights anyhow.
        weight = base.weight if len(base.weight) == len(data.rows) else np.ones(len(data.rows))
        training = replace(base, rows=data.rows, labels=data.labels, weight=weight, seed=seed)
        model = train_by(trainer, training) if trainer else boosted(training)
        return open_model(model, classes=base.classes).predict

    return fit


def _election(project: Project, dataset: Dataset) -> FitScores:
    clean = _labelled(dataset)

    def fit(data: Labelled, _: int) -> ScoreRows:
        return _scores(train_election(project, _as_dataset(dataset, clean, data), silent))

    return fit


def _scores(model: PartitionModel) -> ScoreRows:
    def score(rows: Matrix) -> Scores:
        return model.predict(rows)

    return score


def _as_dataset(dataset: Dataset, clean: Labelled, data: Labelled) -> Dataset:
    """The dataset with the rows that differ from the clean ones."""
    moved = ~((data.rows == clean.rows) | (np.isnan(data.rows) & np.isnan(clean.rows))).all(axis=1)
    touched = moved | (data.labels != clean.labels)
    return poison_dataset(dataset, Poisoned(data=data, touched=touched, moved=moved))
