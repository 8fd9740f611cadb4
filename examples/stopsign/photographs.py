"""The signs as `hauberk.toml` reads them: pixels, classes, and the physical sign that a picture shows."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from hauberk.data import Images

FILE = Path("gtsrb12", "gtsrb12_32x32.npz")


def train() -> Images:
    """The 3,600 pictures to train on; pictures of one track show one physical sign and stay together."""
    return _part("train")


def test() -> Images:
    """The 1,200 official test pictures of the same classes; nobody says which sign they show."""
    return _part("test")


def _part(name: str) -> Images:
    folder = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: set HAUBERK_DATA to the folder that holds {FILE.parent}")
    with np.load(path, allow_pickle=False) as file:
        labels = file[f"y_{name}"].astype(np.int64)
        # A track's number is its own only within a class.
        groups = labels * 1000 + file["track_train"] if name == "train" else None
        return Images(
            pixels=file[f"x_{name}"].transpose(0, 3, 1, 2),
            labels=labels,
            classes=tuple(str(one) for one in file["class_names"]),
            groups=groups,
        )
