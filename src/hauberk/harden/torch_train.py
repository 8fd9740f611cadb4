"""Training of networks against an attacker, which watches itself and rolls back what went wrong."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Ball
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress, silent
from hauberk.harden.errors import BadHardening, DivergedTraining, TooFewRows
from hauberk.harden.held_out import hold_out
from hauberk.harden.network_recipe import N_FGSM, NetworkRecipe
from hauberk.harden.torch_ball import tensor_ball
from hauberk.harden.torch_course import Course
from hauberk.harden.trained_network import Symptom, TrainedNetwork, TrainingPlan
from hauberk.models import build_network, open_torch
from hauberk.models.protocols import Matrix

__all__ = ["train_network"]

_STANDARD = TrainingPlan()


def train_network(
    layers: Sequence[Mapping[str, Json]] | torch.nn.Module,
    rows: Matrix,
    labels: NDArray[np.integer],
    *,
    classes: tuple[str, ...],
    shape: tuple[int, ...],
    ball: Ball,
    recipe: NetworkRecipe = N_FGSM,
    plan: TrainingPlan = _STANDARD,
    seed: int = 0,
    groups: NDArray[np.integer] | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> TrainedNetwork:
    """A network trained by a recipe against an attacker in a ball.

    Rows are held out and probed with an attack of many steps. Where the network has overfitted to the step that it is
    trained with, or its losses are no numbers, training goes back to the last weights that were well and on from there
    with a milder recipe (half the step, then PGD) or half the rate. The same arguments give the same weights with the
    same version of PyTorch and the same number of threads. PyTorch's own generator is left as it was.

    Args:
        layers: A description for `build_network`, whose first weights are drawn with the seed; or a module, of which a
            copy is trained on from where it is.
        rows: (n, d) float64, within the range of the ball.
        labels: (n,) class codes.
        classes: The k labels.
        shape: Of one input, such as (3, 32, 32).
        ball: What the attacker may do, in Linf or L2.
        recipe: How to train.
        plan: How long, in which steps.
        seed: Of the first weights, the order of rows, noise, shifts, and the rows that are held out.
        groups: (n,) rows of one group are held out together or not at all.
        threads: Of PyTorch while it trains; None leaves the number as it is.
        progress: Told of each epoch.

    Raises:
        BadHardening: Rows, labels and groups do not fit, or images are to be shifted that are none.
        TooFewRows: No row is left to train on or to watch with.
        DivergedTraining: The losses stopped being finite numbers from the first epoch on.
        WrongSamples: The ball does not fit, or has another norm.
        UnknownModel: The layers do not answer with logits of the classes for inputs of the shape.
    """
    _check(rows, labels, classes, shape, ball, plan)
    tensors = tensor_ball(ball, shape)
    held = hold_out(labels, share=plan.held, seed=seed, groups=groups)
    with _quiet(seed, threads):
        module = copy.deepcopy(layers) if isinstance(layers, torch.nn.Module) else build_network(layers)
        for part in module.parameters():
            part.requires_grad_(True)
        model = open_torch(module, classes=classes, shape=shape)
        images = torch.from_numpy(rows.astype(np.float32)).reshape(-1, *shape)
        codes = torch.from_numpy(labels.astype(np.int64))
        seen, watched = torch.from_numpy(np.flatnonzero(~held)), torch.from_numpy(np.flatnonzero(held))
        course = Course(
            module,
            (images[seen], codes[seen]),
            (images[watched], codes[watched]) if plan.held else (images, codes),
            ball=tensors,
            recipe=recipe,
            plan=plan,
            generator=torch.Generator().manual_seed(seed),
        )
        _follow(course, plan, progress)
        probe = course.finish()
    return TrainedNetwork(
        model=model,
        recipe=course.recipe,
        history=tuple(course.history),
        alarms=tuple(course.alarms),
        probe=probe,
    )


def _follow(course: Course, plan: TrainingPlan, progress: Progress) -> None:
    while course.epoch < plan.epochs:
        progress(course.epoch, plan.epochs, f"{course.recipe.name}, epoch {course.epoch + 1}")
        course.advance()
        if course.stuck:
            if course.alarms[-1].symptom is Symptom.DIVERGENCE and not course.alarms[-1].back_to:
                raise DivergedTraining(expected="finite losses", got="NaN or infinity", hint="lower the learning rate")
            break
    progress(plan.epochs, plan.epochs, course.recipe.name)


def _check(
    rows: Matrix,
    labels: NDArray[np.integer],
    classes: tuple[str, ...],
    shape: tuple[int, ...],
    ball: Ball,
    plan: TrainingPlan,
) -> None:
    if rows.ndim != 2 or rows.shape[1] != math.prod(shape) or len(rows) != len(labels) or len(rows) < 2:
        got = f"{rows.shape} and {labels.shape}"
        raise BadHardening(where="rows", expected=f"(n, {math.prod(shape)}) and a label for each", got=got)
    if labels.min() < 0 or labels.max() >= len(classes):
        raise BadHardening(where="labels", expected=f"codes of {len(classes)} classes", got=f"{labels.max()}")
    if not ((rows >= ball.low) & (rows <= ball.high)).all():
        raise BadHardening(where="rows", expected="numbers within the range of the ball", got="others, or NaN")
    if plan.shift and (len(shape) != 3 or plan.shift >= min(shape[1:])):
        raise BadHardening(where="shift", expected="images larger than the shift", got=f"{plan.shift} and {shape}")
    if plan.light and len(shape) != 3:
        raise BadHardening(where="light", expected="images", got=f"{shape}")
    if (1 - plan.held) * len(rows) < 2:
        raise TooFewRows(where="rows", expected="two to train on", got=str(len(rows)))


@contextmanager
def _quiet(seed: int, threads: int | None) -> Iterator[None]:
    """PyTorch's own generator seeded (first weights and dropout draw from it), and put back; threads likewise."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            yield
        finally:
            if threads is not None:
                torch.set_num_threads(before)
