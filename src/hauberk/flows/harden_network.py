"""Hardening of networks: a plain and a hardened one from the same layers, and the choice between them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.attack import QUICK
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress
from hauberk.data import Dataset, encode_labels, encode_rows
from hauberk.flows.configuration import Configuration, DataSection
from hauberk.flows.datasets import Datasets
from hauberk.flows.errors import BadSetting
from hauberk.flows.images import group_codes, hold_out_images, input_shape
from hauberk.flows.project import Project
from hauberk.flows.threat import verify_goal
from hauberk.harden import PLAIN, Rules, Trial, choose_candidate
from hauberk.harden.network_recipe import (
    FGSM,
    N_FGSM,
    N_FGSM_AWP,
    PGD_7,
    PGD_7_AWP,
    PLAIN_NETWORK,
    TRADES,
    TRADES_AWP,
    NetworkRecipe,
)
from hauberk.harden.result import frontier_points
from hauberk.harden.trained_network import TrainedNetwork, TrainingPlan
from hauberk.harden.trial import is_right
from hauberk.models import Matrix, NetworkModel, build_network, open_torch
from hauberk.models.errors import BadModelFile, UnknownModel
from hauberk.models.libraries import import_library

__all__ = ["NetworkChoice", "choose_network", "network_layers", "verify_layers"]

RECIPES = {one.name: one for one in (N_FGSM, N_FGSM_AWP, FGSM, PGD_7, PGD_7_AWP, TRADES, TRADES_AWP)}
_WHERE = "model.layers"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkChoice:
    """The plain network, the chosen one, and how it came to that."""

    plain: NetworkModel
    model: NetworkModel
    story: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Images as training and attack take them."""

    rows: Matrix
    labels: NDArray[np.int64]
    groups: NDArray[np.int64] | None


def choose_network(project: Project, datasets: Datasets, report: Progress) -> NetworkChoice:
    """Train a plain and a hardened network and take the hardened one if the rules of the tables allow it.

    Both are trained on the same part of the training rows and compared on the rest, under a quick attack; groups are
    not divided. Neither is trained again on all rows: it would be a network that nobody has looked at.

    Raises:
        BadSetting: The goal is no class.
        HardenError, ModelsError: See `train_network`.
    """
    section = project.configuration
    settings = section.harden
    goal = verify_goal(datasets.schema, section.threats.evasion.goal)
    held = hold_out_images(datasets.train, settings.validation_share, seed=project.seed)
    taught, watched = _rows(datasets.train.take(~held)), _rows(datasets.train.take(held))
    turns = 2 if settings.adversarial else 1
    train = partial(_train, project, datasets, taught)
    plain = train(PLAIN_NETWORK, _turn(report, 0, turns))
    if not settings.adversarial:
        story: dict[str, Json] = {"chosen": PLAIN, "reason": "hardening is off", "frontier": []}
        return NetworkChoice(plain=plain.model, model=plain.model, story=story | {"training": [_training(plain)]})
    hard = train(RECIPES[settings.recipe], _turn(report, 1, turns))
    trial = _trial(project, goal, plain, hard, watched)
    choice = choose_candidate([trial], Rules(max_clean_loss=settings.max_clean_loss), lambda _: [trial])
    chosen = hard.model if choice.chosen else plain.model
    base = replace(trial, name=PLAIN, note="", clean=trial.plain_clean, attacked=trial.plain_attacked)
    frontier: list[Json] = [point.document() for point in frontier_points(base, choice)]
    return NetworkChoice(
        plain=plain.model,
        model=chosen,
        story={
            "chosen": choice.chosen or PLAIN,
            "reason": str(choice.reason),
            "frontier": frontier,
            "skipped": [],
            "training": [_training(plain), _training(hard)],
        },
    )


def network_layers(configuration: Configuration) -> list[Mapping[str, Any]]:
    """The layers of `hauberk.toml` with underscores in the names of their settings."""
    return [_underscored(layer) for layer in configuration.model.layers]


def verify_layers(configuration: Configuration, classes: tuple[str, ...]) -> None:
    """Build the network once and ask it, so that a wrong layer is told before anything is trained.

    Raises:
        BadSetting: A layer or setting is unknown, or layers, shape and classes do not fit.
        MissingLibrary: PyTorch is not installed.
    """
    import_library("torch")
    try:
        open_torch(
            build_network(network_layers(configuration)), classes=classes, shape=input_shape(configuration.data)
        ).predict(np.full((1, int(np.prod(configuration.data.shape))), configuration.data.pixel_low))
    except (BadModelFile, UnknownModel) as error:
        hint = "see model.layers in docs/reference/configuration.md"
        raise BadSetting(where=_WHERE, expected=error.expected, got=error.got, hint=hint) from error


def pixel_ball(section: DataSection, norm: str, eps: float) -> Ball:
    """What an attacker may do to a picture."""
    width = int(np.prod(section.shape))
    low, high = np.full(width, section.pixel_low), np.full(width, section.pixel_high)
    return Ball(norm=Norm(norm), eps=eps, low=low, high=high)


def _train(
    project: Project, datasets: Datasets, taught: _Rows, recipe: NetworkRecipe, report: Progress
) -> TrainedNetwork:
    section = project.configuration
    settings, threat = section.harden, section.threats.evasion
    target = datasets.schema.target
    # PyTorch is loaded only where a network is trained.
    training = importlib.import_module("hauberk.harden.torch_train")
    trained: TrainedNetwork = training.train_network(
        network_layers(section),
        taught.rows,
        taught.labels,
        classes=target.categories if target else (),
        shape=input_shape(section.data),
        ball=pixel_ball(section.data, threat.norm, settings.eps or threat.eps),
        recipe=recipe,
        plan=TrainingPlan(
            epochs=settings.epochs,
            batch=settings.batch,
            rate=settings.rate,
            decay=settings.decay,
            average=settings.average,
            shift=settings.shift,
            light=settings.light,
        ),
        seed=project.seed,
        groups=taught.groups,
        threads=settings.threads,
        progress=report,
    )
    return trained


def _trial(project: Project, goal: str, plain: TrainedNetwork, hard: TrainedNetwork, watched: _Rows) -> Trial:
    stands = partial(_withstands, project, goal, watched)
    rows, labels = watched.rows, watched.labels
    return Trial(
        name=hard.recipe.name,
        note=f"trained with {hard.recipe.name}, {len(hard.alarms)} alarms",
        recipe=hard.recipe.name,
        clean=is_right(hard.model, rows, labels),
        plain_clean=is_right(plain.model, rows, labels),
        attacked=stands(hard.model),
        plain_attacked=stands(plain.model),
        seconds=0.0,
    )


def _withstands(project: Project, goal: str, watched: _Rows, model: NetworkModel) -> NDArray[np.bool_]:
    """(n,) whether the network is right on a picture and stays so under a quick attack."""
    section = project.configuration
    threat = section.threats.evasion
    cascade = importlib.import_module("hauberk.attack.evasion.torch_cascade")
    code = model.classes.index(goal) if goal else None
    ball = pixel_ball(section.data, threat.norm, threat.eps)
    found = cascade.attack_network(
        model, watched.rows, watched.labels, ball, goal=code, effort=QUICK, seed=project.seed
    )
    return np.asarray(is_right(model, watched.rows, watched.labels) & ~found.success)


def _rows(dataset: Dataset) -> _Rows:
    return _Rows(rows=encode_rows(dataset), labels=encode_labels(dataset), groups=group_codes(dataset))


def _training(trained: TrainedNetwork) -> dict[str, Json]:
    """What was seen of a training."""
    alarms: list[Json] = [
        {"epoch": one.epoch, "symptom": str(one.symptom), "back_to": one.back_to, "recipe": one.recipe}
        for one in trained.alarms
    ]
    probe = trained.probe
    seen: dict[str, Json] = {"clean": probe.clean, "single": probe.single, "robust": probe.robust, "rows": probe.rows}
    return {"recipe": trained.recipe.name, "epochs": len(trained.history), "alarms": alarms, "probe": seen}


def _turn(report: Progress, turn: int, turns: int) -> Progress:
    def step(done: float, total: float, what: str = "") -> None:
        report(turn + (done / total if total else 0.0), turns, what)

    return step


def _underscored(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name.replace("-", "_"): [_underscored(one) for one in value if isinstance(one, Mapping)]
        if name == "layers" and isinstance(value, list)
        else value
        for name, value in layer.items()
    }
