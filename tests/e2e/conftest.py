"""A small real project, and a way to run the command as a user does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.datasets import load_breast_cancer

COLUMNS = (0, 1, 4, 7, 20, 21, 24, 27)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


def hauberk(*words: object, folder: Path | None = None, timeout: float = 240) -> Ran:
    command = [sys.executable, "-m", "hauberk", *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    return hauberk


KILLER = """
import os, sys
count, stop = 0, int(sys.argv[1])
def killer(call):
    def wrapped(*words, **more):
        global count
        count += 1
        if count == stop:
            os.kill(os.getpid(), 9)
        return call(*words, **more)
    return wrapped
for name in ("fsync", "replace", "rename", "link"):
    setattr(os, name, killer(getattr(os, name)))
from pathlib import Path
folder, words = Path(sys.argv[2]), sys.argv[3:]
"""


@pytest.fixture(scope="session")
def run_killed() -> Callable[..., bool]:
    """Runs Python lines that end as by SIGKILL at the given call of the system that writes; whether they did.

    The lines find `folder` and `words`.
    """

    def killed(lines: str, stop: int, folder: Path, *words: object) -> bool:
        command = [sys.executable, "-c", KILLER + lines, str(stop), str(folder), *map(str, words)]
        done = subprocess.run(command, check=False, capture_output=True)
        assert done.returncode in (0, -9), done.stderr
        return done.returncode == -9

    return killed


def write_cancer(folder: Path) -> Path:
    """Eight measurements of 569 biopsies with the diagnosis."""
    data = load_breast_cancer()
    columns = {str(data.feature_names[i]).replace(" ", "-"): data.data[:, i] for i in COLUMNS}
    columns["diagnosis"] = [str(data.target_names[label]) for label in data.target]
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), folder / "train.parquet")
    return folder / "train.parquet"


def make_project(folder: Path, extra: str = "") -> Path:
    train = write_cancer(folder)
    done = hauberk("init", folder, "--train", train, "--target", "diagnosis", "--json")
    assert done.code == 0, done.err
    toml = folder / "hauberk.toml"
    small = toml.read_text() + "\n[model]\ntrees = 20\ndepth = 3\n[verify]\ntrees = 10\nfolds = 3\n" + extra
    toml.write_text(small)
    return folder


@pytest.fixture
def project(tmp_path) -> Path:
    return make_project(tmp_path / "clinic")


@pytest.fixture(scope="session")
def secured(tmp_path_factory) -> Path:
    """A project that has been secured; tests that change it work on a copy."""
    folder = make_project(tmp_path_factory.mktemp("secured") / "clinic")
    done = hauberk("secure", folder, "--json")
    assert done.code in (0, 1), done.err
    (folder / "first.json").write_text(done.out)
    return folder
