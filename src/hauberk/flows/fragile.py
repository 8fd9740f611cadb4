"""The test rows and pictures that fall first, as the stage `attack` left them in the store, for the report."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import numpy as np

from hauberk.core.encoding import Json, parse_json
from hauberk.flows.attack_images import PICTURES
from hauberk.flows.attack_rows import ROWS
from hauberk.flows.project import Project
from hauberk.flows.stage import StageResult
from hauberk.prove.report import ChangedImage, FragileRow

__all__ = ["changed_images", "fragile_rows", "kept_rows", "worst_rows"]

_ROWS, _IMAGES = 10, 5


def kept_rows(project: Project, attack: StageResult) -> tuple[Mapping[str, Json], ...]:
    """One document for each row under attack; empty where the stage kept none."""
    kept = attack.artifacts.get(ROWS)
    found = parse_json(project.store.get_bytes(kept), where=ROWS) if kept else []
    return tuple(row for row in found if isinstance(row, Mapping)) if isinstance(found, list) else ()


def worst_rows(rows: tuple[Mapping[str, Json], ...], most: int = _ROWS) -> list[Mapping[str, Json]]:
    """The beaten rows that the smallest changes turn."""
    beaten = [row for row in rows if row.get("attacked") is True]
    return sorted(beaten, key=lambda row: (_number(row.get("upper")), _number(row.get("row"))))[:most]


def fragile_rows(project: Project, attack: StageResult) -> tuple[FragileRow, ...]:
    """The most fragile rows of a table with their change in words; pictures have none."""
    return tuple(
        FragileRow(
            row=int(_number(row.get("row"))),
            label=str(row.get("label")),
            becomes=str(row.get("becomes")),
            size=_number(row.get("upper")),
            words=str(row["words"]),
        )
        for row in worst_rows(kept_rows(project, attack))
        if "words" in row
    )


def changed_images(project: Project, attack: StageResult, most: int = _IMAGES) -> tuple[ChangedImage, ...]:
    """The most fragile pictures, their pixels laid over 0 to 1."""
    kept = attack.artifacts.get(PICTURES)
    if kept is None:
        return ()
    data = project.configuration.data
    with np.load(BytesIO(project.store.get_bytes(kept)), allow_pickle=False) as found:
        part = {name: found[name][:most] for name in ("row", "label", "answer", "before", "after")}
        classes = [str(name) for name in found["classes"]]
    span = data.pixel_high - data.pixel_low
    before, after = ((part[name] - data.pixel_low) / span for name in ("before", "after"))
    return tuple(
        ChangedImage(
            row=int(part["row"][place]),
            label=classes[int(part["label"][place])],
            becomes=classes[int(part["answer"][place])],
            before=before[place],
            after=after[place],
        )
        for place in range(len(part["row"]))
    )


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else float("inf")
