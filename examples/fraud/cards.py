"""Card transactions of two days (ULB), read from the folder that HAUBERK_DATA names; some frauds are called normal.

The transactions are ordered by time. The last three tenths are the test. Of the earlier ones, six in ten were settled
long ago and their labels are known to be right (`trusted`); the others are what a model would be trained on (`train`),
and there one fraud in twenty has been relabelled by somebody who wants such payments to pass.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

FILE = Path("creditcard_ulb", "creditcard_ulb_sample.csv.gz")
SHARE = 0.05
SEED = 20130901


def train() -> pa.Table:
    """The rows to train on, poisoned."""
    table = _part("train")
    return _labelled(table, _fraud(table) & ~poisoned())


def clean() -> pa.Table:
    """The same rows as they were."""
    table = _part("train")
    return _labelled(table, _fraud(table))


def trusted() -> pa.Table:
    """Rows of the same days whose labels are known to be right."""
    table = _part("trusted")
    return _labelled(table, _fraud(table))


def test() -> pa.Table:
    """The later rows."""
    table = _part("test")
    return _labelled(table, _fraud(table))


def poisoned() -> np.ndarray:
    """(n,) which of the rows of `train` were relabelled."""
    frauds = np.flatnonzero(_fraud(_part("train")))
    chosen = np.random.default_rng(SEED + 1).permutation(frauds)[: round(SHARE * len(frauds))]
    mask = np.zeros(_part("train").num_rows, bool)
    mask[chosen] = True
    return mask


def _part(name: str) -> pa.Table:
    folder = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: set HAUBERK_DATA to the folder that holds {FILE.parent}")
    with gzip.open(path) as stream:
        table = csv.read_csv(stream).drop_columns(["origin"]).sort_by("Time")
    early = int(0.7 * table.num_rows)
    if name == "test":
        return table.slice(early)
    settled = np.random.default_rng(SEED).random(early) < 0.6
    return table.slice(0, early).filter(pa.array(settled if name == "trusted" else ~settled))


def _fraud(table: pa.Table) -> np.ndarray:
    return table.column("Class").to_numpy() == 1


def _labelled(table: pa.Table, fraud: np.ndarray) -> pa.Table:
    names = pa.array(np.where(fraud, "fraud", "normal").tolist())
    return table.drop_columns(["Class"]).append_column("class", names)
