"""What became of each row under attack, as the stage keeps it: in the store, which is encrypted, not in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hauberk.attack import BoundedResult, EvasionResult, say_change
from hauberk.core.encoding import Json, render_json
from hauberk.data import Schema

__all__ = ["ROWS", "render_image_rows", "render_rows"]

ROWS = "rows"
"""Name of the artifact."""


def render_rows(
    result: EvasionResult,
    schema: Schema,
    rows: NDArray[np.float64],
    *,
    numbers: NDArray[np.intp],
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
) -> bytes:
    """The artifact.

    Args:
        result: Of the attack on these rows.
        schema: With a target.
        rows: (n, d) encoded.
        numbers: (n,) their places in the test data.
        labels: (n,) class codes.
        answers: (n,) class codes that the model gives to what the adversary made of each row.
    """
    names = [feature.name for feature in schema.inputs]
    categories = [feature.categories for feature in schema.inputs]
    private = [at for at, feature in enumerate(schema.inputs) if feature.personal or feature.sensitive]
    classes = schema.target.categories if schema.target else ()
    documents: list[Json] = []
    for place, number in enumerate(numbers.tolist()):
        turned = bool(result.beaten[place])
        document: dict[str, Json] = {
            "row": number,
            "label": classes[int(labels[place])],
            "correct": bool(result.correct[place]),
            "certified": bool(result.certified[place]),
            "attacked": turned,
            "lower": 0.0,
            "upper": float(result.cost[place]) if turned else None,
            "adversarial": None,
        }
        if turned:
            before, after = rows[place], result.rows[place]
            changed = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
            document["adversarial"] = {names[at]: _value(categories[at], float(after[at])) for at in changed.tolist()}
            document["becomes"] = classes[int(answers[place])]
            document["words"] = say_change(names, categories, before, after, hidden=private)
        documents.append(document)
    return render_json(documents)


def render_image_rows(
    result: BoundedResult, labels: NDArray[np.int64], answers: NDArray[np.int64], classes: Sequence[str]
) -> bytes:
    """The artifact for n pictures: the bracket of each, without its pixels.

    Args:
        result: Of the attack.
        labels: (n,) class codes.
        answers: (n,) class codes that the model gives to what the adversary made of each picture.
        classes: What the codes mean.
    """
    documents: list[Json] = []
    for place in range(len(result.rows)):
        document = result.row_document(place, changes=False) | {"label": classes[int(labels[place])]}
        if result.beaten[place]:
            document["becomes"] = classes[int(answers[place])]
        documents.append(document)
    return render_json(documents)


def _value(categories: tuple[str, ...], value: float) -> Json:
    if np.isnan(value):
        return None
    return categories[int(value)] if categories else value
