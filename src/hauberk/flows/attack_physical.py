"""`hauberk attack physical MODEL --data FILE`: wear, weather, stickers and patches on images."""

from __future__ import annotations

import importlib
import math
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.physical.corruptions import CORRUPTIONS, SEVERITIES, corrupt, measure_corruptions
from hauberk.attack.physical.views import FRONTAL, STREET
from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json
from hauberk.core.progress import Watcher, unwatched
from hauberk.flows.errors import BadSetting
from hauberk.flows.model_file import load_model_file
from hauberk.flows.model_table import ModelTable, read_model_table
from hauberk.models import NetworkModel
from hauberk.prove.charts import Tile, render_images
from hauberk.prove.charts.images import pixels_of
from hauberk.stats import estimate_proportion

__all__ = ["PhysicalKind", "PhysicalRequest", "attack_physical"]

Matrix = NDArray[np.float64]
_SHOWN = 5


class PhysicalKind(StrEnum):
    """What happens to the images."""

    CORRUPTIONS = "corruptions"
    STICKER = "sticker"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalRequest:
    """What the command line asks for.

    Attributes:
        model: A network in a file.
        data: A table of pixels from 0 to 1.
        target: Its column of right labels.
        kind: What happens to the images.
        victim: Class of the images; empty for all.
        goal: Class that they are to be taken for; empty for any wrong one.
        area: Share of the image that is covered.
        frontal: Whether images are seen as they are, and not as from a street.
        steps: Of the climb.
        rows: Most images, drawn by the seed; 0 for all.
        picture: Where an SVG is written; None for none.
        seed: Of every random choice.
    """

    model: Path
    data: Path
    target: str
    kind: PhysicalKind
    victim: str = ""
    goal: str = ""
    area: float = 0.06
    frontal: bool = False
    steps: int = 300
    rows: int = 0
    picture: Path | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """The images."""

    model: NetworkModel
    shape: tuple[int, int, int]
    rows: Matrix
    labels: NDArray[np.int64]


def attack_physical(request: PhysicalRequest, *, watch: Watcher = unwatched) -> dict[str, Json]:
    """What becomes of the images, as a document; nothing is written but the picture.

    Raises:
        ModelsError, DataError: The files cannot be read.
        BadSetting: The model is no network of images, or the options do not fit.
        AttackError: See `attack_with_sticker`.
    """
    start = time.perf_counter()
    scene = _scene(request)
    report = watch("attack")
    if request.kind is PhysicalKind.CORRUPTIONS:
        document, lines, columns = _corruptions(request, scene, report)
    else:
        document, lines, columns = _stuck(request, scene, report)
    report(1, 1, "done")
    if request.picture is not None:
        svg = render_images(lines, title=f"{request.kind} on {request.model.name}", columns=columns)
        try:
            request.picture.write_text(str(svg))
        except OSError as error:
            got = f"{request.picture}: {error.strerror}"
            raise BadSetting(where="--picture", expected="a file that can be written", got=got) from error
    head: dict[str, Json] = {"kind": str(request.kind), "n": len(scene.rows), "victim": request.victim}
    tail: dict[str, Json] = {
        "seconds": time.perf_counter() - start,
        "picture": str(request.picture) if request.picture else None,
    }
    return head | document | tail


def _scene(request: PhysicalRequest) -> _Scene:
    model = load_model_file(request.model)
    if not isinstance(model, NetworkModel) or len(model.shape) != 3:
        got = f"shape {model.shape}" if isinstance(model, NetworkModel) else model.library
        raise BadSetting(where=str(request.model), expected="a network of images: channels, height, width", got=got)
    if not 0 < request.area < 1:
        raise BadSetting(where="--area", expected="a share above 0 and below 1", got=f"{request.area:g}")
    table = read_model_table(model, request.data, request.target)
    index = _chosen(request, model, table)
    rows = table.rows[index]
    if not ((rows >= 0) & (rows <= 1)).all():
        hint = "divide pixels of 0 to 255 by 255"
        raise BadSetting(where="--data", expected="pixels from 0 to 1", got="others, or missing ones", hint=hint)
    channels, height, width = model.shape
    return _Scene(model=model, shape=(channels, height, width), rows=rows, labels=table.labels[index])


def _chosen(request: PhysicalRequest, model: NetworkModel, table: ModelTable) -> NDArray[np.intp]:
    index = np.arange(len(table.rows))
    if request.victim:
        index = np.flatnonzero(table.labels == _code(model, request.victim, "--victim"))
    if not len(index):
        raise BadSetting(where="--victim", expected="a class of some of the rows", got=repr(request.victim))
    if 0 < request.rows < len(index):
        index = np.sort(np.random.default_rng([request.seed, 2]).permutation(index)[: request.rows])
    return index


def _code(model: NetworkModel, name: str, where: str) -> int:
    if name not in model.classes:
        raise BadSetting(where=where, expected=f"one of {', '.join(model.classes)}", got=repr(name))
    return model.classes.index(name)


def _corruptions(request: PhysicalRequest, scene: _Scene, report: Any) -> tuple[dict[str, Json], list[Any], list[str]]:
    found = measure_corruptions(scene.model, scene.rows, scene.labels, scene.shape, seed=request.seed, progress=report)
    clean = scene.model.predict(scene.rows).argmax(axis=1) == scene.labels
    table: list[Json] = []
    for one in found:
        head: dict[str, Json] = {"corruption": one.name, "severity": one.severity}
        table.append(head | _interval(one.accuracy))
    document: dict[str, Json] = {
        "clean": _interval(estimate_proportion(int(clean.sum()), len(clean))),
        "mean": float(np.mean([one.accuracy.value for one in found])),
        "corruptions": table,
    }
    lines = []
    for name in CORRUPTIONS if request.picture else ():
        images = [corrupt(scene.rows[:1].reshape(1, *scene.shape), name, severity, seed=request.seed)
                  for severity in SEVERITIES]  # fmt: skip
        lines.append([_tile(scene, image.reshape(-1), name if at == 0 else "") for at, image in enumerate(images)])
    return document, lines, [f"severity {severity}" for severity in SEVERITIES]


def _stuck(request: PhysicalRequest, scene: _Scene, report: Any) -> tuple[dict[str, Json], list[Any], list[str]]:
    # Imported here, because PyTorch is loaded only where a model of it is attacked.
    physical = importlib.import_module("hauberk.attack.physical.torch_sticker")
    more = {
        "goal": _code(scene.model, request.goal, "--goal") if request.goal else None,
        "views": FRONTAL if request.frontal else STREET,
        "steps": request.steps,
        "seed": request.seed,
        "progress": report,
    }
    if request.kind is PhysicalKind.STICKER:
        mask = physical.bars_mask(scene.shape, share=request.area)
        found = physical.attack_with_sticker(scene.model, scene.rows, scene.labels, mask, **more)
    else:
        side = max(1, round(math.sqrt(request.area * scene.shape[1] * scene.shape[2])))
        found = physical.attack_with_patch(scene.model, scene.rows, scene.labels, side, **more)
    document: dict[str, Json] = {
        "goal": request.goal,
        "area": found.area,
        "success": found.success,
        "turned": _interval(found.rows),
        "turned_grey": _interval(found.grey),
        "turned_bare": _interval(found.bare),
    }
    classes = scene.model.classes
    lines = [
        [
            _tile(scene, scene.rows[place], classes[int(scene.labels[place])]),
            _tile(scene, found.seen[place], classes[int(found.answers[place])],
                  loud=bool(found.answers[place] != scene.labels[place])),
        ]
        for place in range(min(_SHOWN, len(scene.rows)))
    ]  # fmt: skip
    return document, lines, ["as it is", f"with the {request.kind}"]


def _tile(scene: _Scene, row: Matrix, words: str, *, loud: bool = False) -> Tile:
    return Tile(pixels=pixels_of(row, scene.shape), words=words, loud=loud)


def _interval(one: Estimate) -> dict[str, Json]:
    return {"value": one.value, "low": one.low, "high": one.high}
