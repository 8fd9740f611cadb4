"""`hauberk init`: a commented `hauberk.toml` from a training file."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hauberk.core.encoding import Json
from hauberk.data import Feature, Kind, Role, Schema, infer_schema, open_batches
from hauberk.flows.configuration import CsvSection, parse_configuration
from hauberk.flows.configuration.parse import FILE
from hauberk.flows.datasets import read_source
from hauberk.flows.errors import ProjectExists
from hauberk.flows.toml_text import toml_key, toml_text

__all__ = ["Initialised", "init_project"]

# An adversary who moves a number by a tenth of its spread is a first guess to be read and changed, no measurement.
_REACH = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """What `init` wrote and inferred."""

    path: Path
    schema: Schema

    def document(self) -> dict[str, Json]:
        """As JSON."""
        features: list[Json] = [
            {"name": f.name, "kind": str(f.kind), "role": str(f.role), "protected": f.protected, "personal": f.personal}
            for f in self.schema.features
        ]
        return {"path": str(self.path), "features": features}


def init_project(
    folder: Path,
    *,
    train: Path,
    target: str,
    test: Path | None = None,
    delimiter: str = ",",
    force: bool = False,
) -> Initialised:
    """Write `hauberk.toml` into `folder`, with what the training file shows and a comment on every choice.

    Args:
        folder: Of the project; made if it is not there.
        train: Training data.
        target: Column to predict.
        test: Test data, or None to hold out a part of the training data.
        delimiter: One character, which separates the cells of a CSV file.
        force: Whether a `hauberk.toml` that is there is replaced.

    Raises:
        ProjectExists: There is one already and `force` is off.
        DataError: The training file cannot be read or has no such target, or there is no such test file.
    """
    path = folder / FILE
    if path.exists() and not force:
        raise ProjectExists(where=str(path), hint="use --force to write a new one")
    csv = CsvSection(delimiter=delimiter)
    table = read_source(train, csv)
    schema = infer_schema(table, target=target)
    if test is not None:
        open_batches(test)  # Refuses a file that is missing or none of its kind; no row is read.
    held = _relative(test, folder) if test else ""
    text = _render(_name(folder), _relative(train, folder), held, csv, schema, table)
    # What init writes must be readable by what reads it.
    parse_configuration(text.encode(), where=str(path))
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".toml.new")
    temporary.write_bytes(text.encode())  # TOML is UTF-8 whatever the locale
    os.replace(temporary, path)
    return Initialised(path=path, schema=schema)


def _name(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("-._")
    return name[:64] or "system"


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve())


def _render(name: str, train: str, test: str, csv: CsvSection, schema: Schema, table: pa.Table) -> str:
    parts = [
        "# What Hauberk is to secure. Every setting: docs/reference/configuration.md",
        "",
        "[system]",
        f"name = {toml_text(name)}",
        'owner = ""            # who answers for it',
        'intended-use = ""     # printed in the report',
        "seed = 0",
        "",
        "[data]",
        f"train = {toml_text(train)}",
        f"test = {toml_text(test)}"
        if test
        else '# test = "test.parquet"   # without one, a quarter of the rows is held out',
        f"target = {toml_text(schema.target.name if schema.target else '')}",
        *_named("id", schema, Role.ID),
        *_named("time", schema, Role.TIME),
        *_listed("ignored", [f for f in schema.features if f.role is Role.IGNORED], "free text and constants"),
        *_listed("protected", [f for f in schema.features if f.protected], "guessed from the names"),
        *_listed("personal", [f for f in schema.features if f.personal], "guessed from the names"),
        *(["", "[data.csv]", f"delimiter = {toml_text(csv.delimiter)}"] if csv != CsvSection() else []),
        "",
        "# What an adversary can do. This is a guess: numbers may move by a tenth of their spread, categories and",
        "# protected columns stay. Say what somebody could lie about in your system; every figure depends on it.",
    ]
    for feature in (feature for feature in schema.features if feature.role is Role.WEIGHT):
        parts += ["", f"[data.features.{toml_key(feature.name)}]"]
        parts += ['role = "weight"       # guessed from the name: how much a row counts in training']
    for feature in schema.inputs:
        parts += _feature(feature, table)
    parts += [
        "",
        "[threats.evasion]",
        'goal = ""             # the class an adversary wants, or empty: any wrong answer counts',
        "# budget = 10.0       # total cost of the changes of one row; costs stand with the features",
        "",
        "[harden]",
        "max-clean-loss = 0.01 # clean accuracy that robustness may cost",
        "# partitions = 50     # certify decisions against bad training rows, by an election of so many models",
        "",
        "[gates]               # promises; the bundle is admitted only if the evidence meets them",
        '# accuracy = ">= 0.85"',
        '# robust_accuracy = ">= 0.60"      # under the strongest attack that was run',
        '# certified_accuracy = ">= 0.50"   # whatever the adversary does',
        'clean_loss = "<= 0.01"',
        "",
    ]
    return "\n".join(parts)


def _feature(feature: Feature, table: pa.Table) -> list[str]:
    lines = ["", f"[data.features.{toml_key(feature.name)}]"]
    if feature.kind is Kind.CATEGORY:
        shown = ", ".join(feature.categories[:6]) + (", …" if len(feature.categories) > 6 else "")
        return [*lines, f"mutable = false       # {len(feature.categories)} categories: {_comment(shown)}"]
    within = _spread(table[feature.name], whole=feature.kind is Kind.INTEGER)
    mutable = within > 0 and not feature.protected
    lines += [f"mutable = {str(mutable).lower()}", f"{'' if mutable else '# '}within = {within:g}"]
    return [*lines, '# direction = "up"     # both, up or down', "# reach-high = 100"]


def _spread(column: pa.ChunkedArray, *, whole: bool) -> float:
    """A tenth of the standard deviation, to two digits; for integers at least 1; 0 for a constant."""
    deviation = float(pc.stddev(column.cast(pa.float64(), safe=False)).as_py() or 0.0)
    if not np.isfinite(deviation) or deviation == 0:
        return 0.0
    rounded = float(f"{_REACH * deviation:.2g}")
    return float(max(1, math.ceil(rounded))) if whole else rounded


def _named(key: str, schema: Schema, role: Role) -> list[str]:
    names = [feature.name for feature in schema.features if feature.role is role]
    return [f"{key} = {toml_text(names[0])}"] if names else []


def _listed(key: str, features: list[Feature], why: str) -> list[str]:
    names = ", ".join(toml_text(feature.name) for feature in features)
    return [f"{key} = [{names}]   # {why}"] if features else []


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
