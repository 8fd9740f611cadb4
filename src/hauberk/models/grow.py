"""More trees for a booster that is trained already."""

from __future__ import annotations

import json
import sys
from typing import Any

from hauberk.models.adapters.xgboost import CLASSES_ATTRIBUTE, NAMES_ATTRIBUTE
from hauberk.models.errors import BadTraining, UnknownModel
from hauberk.models.libraries import import_library
from hauberk.models.training import TrainingSet

__all__ = ["grow_booster"]


def grow_booster(
    start: Any,
    training: TrainingSet,
    *,
    trees: int,
    depth: int = 3,
    learning_rate: float = 0.05,
    l2: float = 1.0,
    one_hot: int = 4,
    threads: int = 1,
) -> Any:
    """A booster with the trees of `start`, unchanged, and `trees` more rounds fitted to what these leave open.

    Args:
        start: An `xgboost.Booster` or wrapper with a logistic or softmax objective; it stays as it is. Of a wrapper
            that stopped early the trees up to the best iteration are continued.
        training: Rows, labels and weights to correct it on, with its columns and classes.
        trees: Boosting rounds to add.
        depth: Of each added tree, in splits.
        learning_rate: Factor on each added tree, 0 to 1.
        l2: Penalty on the leaves of the added trees, in units of the summed second derivatives.
        one_hot: As in `fit_booster`.
        threads: Of the training.

    Raises:
        UnknownModel: `start` is not such a model.
        BadTraining: The rows are not of its width, or the library refuses them.
    """
    booster = _booster(start, training)
    xgboost = import_library("xgboost")
    parameters = {
        "tree_method": "hist",
        "max_depth": depth,
        "learning_rate": learning_rate,
        "lambda": l2,
        "max_cat_to_onehot": one_hot,
        "monotone_constraints": f"({','.join(str(sign) for sign in training.monotone.tolist())})",
        "seed": training.seed % (1 << 31),
        "nthread": threads,
        "verbosity": 0,
    }
    try:
        matrix = xgboost.DMatrix(
            training.rows,
            label=training.labels,
            weight=training.weight,
            feature_names=booster.feature_names,
            feature_types=["c" if categorical else "q" for categorical in training.categorical],
            enable_categorical=True,
            nthread=threads,
        )
        grown = xgboost.train(_objective(training) | parameters, matrix, num_boost_round=trees, xgb_model=booster)
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise BadTraining(expected="rows on which the booster can be continued", got=str(error)[:200]) from error
    attributes = {CLASSES_ATTRIBUTE: list(training.classes), NAMES_ATTRIBUTE: list(training.names)}
    grown.set_attr(**{name: json.dumps(value) for name, value in attributes.items()})
    return grown


def _booster(start: Any, training: TrainingSet) -> Any:
    library = sys.modules.get("xgboost")
    if library is not None and isinstance(start, library.XGBModel):
        best = start.best_iteration if start.early_stopping_rounds is not None else None
        start = start.get_booster() if best is None else start.get_booster()[: best + 1]
    if library is None or not isinstance(start, library.Booster):
        raise UnknownModel(expected="an XGBoost model to continue", got=type(start).__qualname__)
    document = json.loads(start.save_config())["learner"]
    objective, kind = document["objective"]["name"], document["gradient_booster"]["name"]
    outputs = int(document["learner_model_param"]["num_class"])
    wanted = _objective(training)
    if kind != "gbtree" or objective != wanted["objective"] or outputs != wanted.get("num_class", 0):
        expected = f"a gbtree of {wanted['objective']} with {len(training.classes)} classes"
        raise UnknownModel(expected=expected, got=f"{kind} of {objective} with {outputs or 2} classes")
    if start.num_features() != training.rows.shape[1]:
        raise BadTraining(expected=f"rows of {start.num_features()} columns", got=f"{training.rows.shape[1]}")
    return start


def _objective(training: TrainingSet) -> dict[str, Any]:
    if len(training.classes) > 2:
        return {"objective": "multi:softprob", "num_class": len(training.classes)}
    return {"objective": "binary:logistic"}
