"""`hauberk.attack(model, data, threat=…)`: an attack in one line, for notebooks and scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.bounded import BoundedResult
from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.threat import Threat
from hauberk.attack.within import attack_within
from hauberk.core.progress import Progress, silent
from hauberk.data import Dataset, encode_labels, encode_rows, resolve_reach
from hauberk.models import Matrix, Model, open_model

__all__ = ["attack"]


def attack(
    model: Any,
    data: Dataset | tuple[Any, Any],
    *,
    threat: Threat,
    names: tuple[str, ...] = (),
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
) -> BoundedResult:
    """What an attacker within the threat can do to a model, as a result that notebooks show.

    Args:
        model: A model of `open_model`, `open_torch`, `open_function` or `parse_model`, or a live object of XGBoost,
            LightGBM, scikit-learn or onnxruntime.
        data: A `Dataset`, whose schema then also says what the attacker may do; or rows and labels: an array (n, d) of
            numbers, or of images (n, …) of d numbers each, and n labels that the model knows.
        threat: Norm and radius; its reach is made of the schema where `data` has one.
        names: (d,) of the features, where `data` does not say them.
        effort: `QUICK`, `STANDARD` or `THOROUGH`.
        seed: Of every random choice.
        progress: Told how far it is.

    Raises:
        WrongSamples: Rows or labels that do not fit the model.
        UnknownModel, NotAttackable, BadTarget: See `open_model` and `attack_within`.
    """
    opened: Model = model if isinstance(model, Model) else open_model(model)
    if isinstance(data, Dataset):
        rows = encode_rows(data)
        inputs = data.schema.inputs
        reach = threat.reach or resolve_reach(data.schema, rows)
        within = Threat(norm=threat.norm, eps=threat.eps, reach=reach, scale=threat.scale, goal=threat.goal)
        return attack_within(
            opened, rows, encode_labels(data), within,
            names=tuple(feature.name for feature in inputs),
            categories=tuple(feature.categories for feature in inputs),
            effort=effort, seed=seed, progress=progress,
        )  # fmt: skip
    rows, labels = _arrays(data, opened)
    return attack_within(opened, rows, labels, threat, names=names, effort=effort, seed=seed, progress=progress)


def _arrays(data: tuple[Any, Any], model: Model) -> tuple[Matrix, NDArray[np.int64]]:
    try:
        given, labels = data
        rows = np.asarray(given, np.float64)
        labels = np.asarray(labels)
    except (TypeError, ValueError) as error:
        got = str(error)[:120]
        raise WrongSamples(expected="a Dataset, or rows of numbers and their labels", got=got) from error
    return rows.reshape(len(rows), -1) if rows.ndim > 2 else rows, _codes(labels, model.classes)


def _codes(labels: NDArray[Any], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Codes of labels: integers are codes, anything else is looked up among the classes."""
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64)
    code = {name: number for number, name in enumerate(classes)}
    unknown = [str(label) for label in labels.tolist() if str(label) not in code]
    if unknown:
        raise WrongSamples(where="labels", expected=f"codes, or names among {', '.join(classes[:8])}", got=unknown[0])
    return np.array([code[str(label)] for label in labels.tolist()], np.int64)
