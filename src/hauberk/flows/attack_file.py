"""`hauberk attack MODEL --data FILE`: a model file and a table are enough."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hauberk.attack import STANDARD, BoundedResult, Effort, Threat, attack_within
from hauberk.core.progress import Watcher, unwatched
from hauberk.data import encode_labels, encode_rows, make_dataset, resolve_reach
from hauberk.flows.configuration import load_configuration
from hauberk.flows.datasets import load_train, read_source
from hauberk.flows.errors import BadSetting
from hauberk.flows.model_file import load_model_file
from hauberk.flows.model_table import ModelTable, read_model_table
from hauberk.models import LibraryModel, Matrix, require_width

__all__ = ["SCALES", "AttackRequest", "attack_file"]

SCALES = ("unit", "range", "std")
"""Unit of distance of a feature: the number itself, the width of its range in the data, its standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackRequest:
    """What the command line asks for.

    Attributes:
        model: A model file.
        data: A table: CSV, Parquet, Arrow or NPZ.
        target: Its column of right labels.
        schema: A `hauberk.toml`, or the folder of one: what its columns are and what an attacker may do to them.
        norm, eps, goal: The threat.
        scale: One of `SCALES`.
        ends: Least and largest valid value of every number; None for no end.
        rows: Most rows, drawn by the seed; 0 for all.
        effort: How hard to try.
        seed: Of every random choice.
    """

    model: Path
    data: Path
    target: str
    norm: str
    eps: float
    schema: Path | None = None
    goal: str = ""
    scale: str = "unit"
    ends: tuple[float, float] | None = None
    rows: int = 0
    effort: Effort = STANDARD
    seed: int = 0


def attack_file(request: AttackRequest, *, watch: Watcher = unwatched) -> BoundedResult:
    """Attack the model in a file on the rows of a table; nothing is written.

    Raises:
        ModelsError: The file is no model in a safe format.
        DataError: The table cannot be read, or does not fit the schema.
        BadSetting: Columns, classes or options that do not fit the model.
        AttackError: See `attack_within`.
    """
    if request.scale not in SCALES:
        raise BadSetting(where="--scale", expected=f"one of {', '.join(SCALES)}", got=repr(request.scale))
    if request.ends and not request.ends[0] < request.ends[1]:
        raise BadSetting(where="--range", expected="a least and a larger value", got=f"{request.ends}")
    model = load_model_file(request.model)
    table = _with_schema(request, model) if request.schema else read_model_table(model, request.data, request.target)
    numbers = np.arange(len(table.rows))
    if 0 < request.rows < len(table.rows):
        numbers = np.sort(np.random.default_rng([request.seed, 2]).permutation(len(table.rows))[: request.rows])
    rows = table.rows[numbers]
    threat = Threat(
        norm=request.norm,
        eps=request.eps,
        reach=resolve_reach(table.schema, rows) if table.schema else None,
        scale=_scale(request.scale, table.rows),
        low=request.ends[0] if request.ends else None,
        high=request.ends[1] if request.ends else None,
        goal=request.goal,
    )
    report = watch("attack")
    result = attack_within(
        model,
        rows,
        table.labels[numbers],
        threat,
        names=table.names,
        categories=table.categories,
        numbers=numbers,
        effort=request.effort,
        seed=request.seed,
        progress=report,
    )
    report(1, 1, "done")
    return result


def _with_schema(request: AttackRequest, model: LibraryModel) -> ModelTable:
    """The rows under the schema of a system: the codes of its categories, and its adversary."""
    path = request.schema or Path()
    folder = path if path.is_dir() else path.parent
    configuration = load_configuration(folder)
    schema = load_train(folder, configuration).schema
    target = schema.target
    if target is None or target.name != request.target:
        got = f"`{target.name}`" if target else "none"
        raise BadSetting(where="--target", expected=f"the target of {path}", got=f"`{request.target}`, not {got}")
    dataset = make_dataset(read_source(request.data, configuration.data.csv), schema, where=str(request.data))
    names = tuple(feature.name for feature in schema.inputs)
    require_width(model, names)
    if model.classes != target.categories and len(model.classes) != len(target.categories):
        got = f"{len(target.categories)} in the schema"
        raise BadSetting(where="--target", expected=f"the {len(model.classes)} classes of the model", got=got)
    return ModelTable(
        names=names,
        categories=tuple(feature.categories for feature in schema.inputs),
        rows=encode_rows(dataset),
        labels=encode_labels(dataset, where=str(request.data)),
        schema=schema,
    )


def _scale(name: str, rows: Matrix) -> Matrix | None:
    if name == "unit":
        return None
    if name == "std":
        return np.asarray(np.nanstd(rows, axis=0))
    return np.asarray(np.nanmax(rows, axis=0) - np.nanmin(rows, axis=0))
