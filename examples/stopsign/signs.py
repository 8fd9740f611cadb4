"""Traffic signs (GTSRB, 12 classes, 32 x 32), read from the folder that HAUBERK_DATA names, and networks for them.

The training images come in tracks: up to thirty photographs of one physical sign, taken while a car drives by. Two of
them differ by less than an attack does, so the tracks are divided: four fifths to train on, one fifth to test with.
The official test images, whose tracks nobody tells, are there besides.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.core.progress import Progress, silent
from hauberk.harden.network_recipe import N_FGSM_AWP, PLAIN_NETWORK, NetworkRecipe
from hauberk.harden.trained_network import TrainedNetwork, TrainingPlan

FILE = Path("gtsrb12", "gtsrb12_32x32.npz")
SHAPE = (3, 32, 32)
EPS = 8 / 255
"""Largest radius to train with; a picture that cannot be read under it, such as a dark one, gets a smaller one."""
SEED = 20121
STOP, YIELD = 6, 5
PLAN = TrainingPlan(epochs=30, batch=64, rate=5e-3, decay=1e-3, average=0.995, shift=1, light=0.7, held=0.1)
SHORT = replace(PLAN, epochs=15)
"""For the plain network, which has learnt all that it will by then."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signs:
    """Images as rows.

    Attributes:
        rows: (n, 3072) float64 from 0 to 1: channels, then height, then width.
        labels: (n,) class codes.
        classes: What the codes mean; `STOP` and `YIELD` are codes.
        tracks: (n,) which physical sign an image shows; -1 in the official test, where nobody says.
    """

    rows: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    tracks: np.ndarray


def train() -> Signs:
    """The images to train on: four fifths of the tracks of each class."""
    signs = _part("train")
    return _some(signs, ~_held(signs))


def test() -> Signs:
    """The other tracks."""
    signs = _part("train")
    return _some(signs, _held(signs))


def official() -> Signs:
    """The 1,200 official test images of the same classes."""
    return _part("test")


def ball(eps: float = EPS) -> Ball:
    """What an attacker may do to a picture: every number of it, by up to `eps`."""
    width = int(np.prod(SHAPE))
    return Ball(norm=Norm.LINF, eps=eps, low=np.zeros(width), high=np.ones(width))


def layers(classes: int = 12) -> list[dict]:
    """A residual network of 0.6 million weights, in layers that a safe file can name."""
    return [
        *_convolution(3, 32, 1),
        *_convolution(32, 64, 2),
        *_residual(64),
        *_convolution(64, 96, 2),
        *_residual(96),
        {"type": "AvgPool2d", "kernel_size": 2},
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 96 * 16, "out_features": 128},
        {"type": "ReLU"},
        {"type": "Linear", "in_features": 128, "out_features": classes},
    ]


def fit(
    recipe: NetworkRecipe = N_FGSM_AWP,
    *,
    plan: TrainingPlan | None = None,
    eps: float = EPS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress = silent,
) -> TrainedNetwork:
    """A network trained on the signs; `PLAIN_NETWORK` as recipe makes the one that nobody has hardened.

    The plan is `PLAN` where none is given, and `SHORT` for the plain one.
    """
    from hauberk.harden.torch_train import train_network

    signs = train()
    return train_network(
        layers(len(signs.classes)),
        signs.rows,
        signs.labels,
        classes=signs.classes,
        shape=SHAPE,
        ball=ball(eps),
        recipe=recipe,
        plan=plan or (SHORT if recipe == PLAIN_NETWORK else PLAN),
        seed=seed,
        groups=signs.tracks,
        threads=threads,
        progress=progress,
    )


def _held(signs: Signs) -> np.ndarray:
    """(n,) the images of one track in five of each class, at least one."""
    random, held = np.random.default_rng(SEED), []
    for code in range(len(signs.classes)):
        tracks = random.permutation(np.unique(signs.tracks[signs.labels == code]))
        held.append(tracks[: max(1, round(len(tracks) / 5))])
    return np.isin(signs.tracks, np.concatenate(held))


def _some(signs: Signs, which: np.ndarray) -> Signs:
    return Signs(rows=signs.rows[which], labels=signs.labels[which], classes=signs.classes, tracks=signs.tracks[which])


def _part(name: str) -> Signs:
    folder = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: set HAUBERK_DATA to the folder that holds {FILE.parent}")
    with np.load(path, allow_pickle=False) as file:
        images, labels = file[f"x_{name}"], file[f"y_{name}"].astype(np.int64)
        classes = tuple(str(one) for one in file["class_names"])
        # A track's number is its own only within a class.
        tracks = labels * 1000 + file["track_train"] if name == "train" else np.full(len(labels), -1)
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1) / 255.0
    return Signs(rows=rows, labels=labels, classes=classes, tracks=tracks.astype(np.int64))


def _convolution(inputs: int, outputs: int, stride: int) -> list[dict]:
    sizes = {"in_channels": inputs, "out_channels": outputs, "kernel_size": 3, "stride": stride, "padding": 1}
    return [
        {"type": "Conv2d", **sizes, "bias": False},
        {"type": "BatchNorm2d", "num_features": outputs},
        {"type": "ReLU"},
    ]


def _residual(width: int) -> list[dict]:
    body = [*_convolution(width, width, 1), *_convolution(width, width, 1)[:2]]
    return [{"type": "Residual", "layers": body}, {"type": "ReLU"}]
