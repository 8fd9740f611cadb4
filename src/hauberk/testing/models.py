"""What every model has to keep to, whatever its library: the contract kit of `hauberk.models.Model`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hauberk.core.errors import HauberkError
from hauberk.core.finding import Finding, Severity
from hauberk.models.check import verify_ensemble
from hauberk.models.protocols import HasTrees, Matrix, Model
from hauberk.models.traverse import scores

__all__ = ["check_model"]

_ULPS = 1e-12  # float64 sums in another order
_SUM = 1e-5  # probabilities in float32


def check_model(model: Model, rows: Matrix, *, tolerance: float = 0.0) -> tuple[Finding, ...]:
    """What the model breaks of the contract on `rows`; nothing when it keeps it.

    Scores are finite, of the declared shape, and probabilities where there are classes. A row's scores depend on that
    row only: not on the others, their order, the batch's size or its memory layout, nor on an earlier call. The input
    is left as it was. What is no batch of rows is refused. Trees, where shown, give the same scores.

    Args:
        model: Any model.
        rows: (n, d) float64, at least four rows that the model can take.
        tolerance: How far two scores of one row may lie apart: 0 for trees, about 1e-6 for float32 matrix products.
    """
    found: list[Finding] = []
    for part in (_check_shape, _check_refusals, _check_trees):
        found += part(model, rows)
    return (*found, *_check_rows_alone(model, rows, tolerance))


def _finding(rule: str, message: str) -> Finding:
    return Finding(code=f"testing.models.{rule}", severity=Severity.ERROR, message=message)


def _check_shape(model: Model, rows: Matrix) -> Iterator[Finding]:
    before = rows.copy()
    out = model.predict(rows)
    outputs = max(len(model.classes), 1)
    if out.shape != (len(rows), outputs) or out.dtype != np.float64:
        yield _finding("shape", f"scores are {out.dtype} {out.shape}, not float64 {(len(rows), outputs)}")
    if not np.isfinite(out).all():
        yield _finding("finite", "scores are not finite")
    if model.classes and (np.abs(out.sum(axis=1) - 1).max() > _SUM or out.min() < 0):
        yield _finding("sum", "probabilities do not sum to 1, or are negative")
    if len(set(model.classes)) != len(model.classes):
        yield _finding("classes", "a class label occurs twice")
    if not np.array_equal(before, rows, equal_nan=True):
        yield _finding("mutation", "the rows were changed")
    if model.predict(rows[:0]).shape != (0, outputs):
        yield _finding("empty", "an empty batch does not give an empty answer")


def _check_rows_alone(model: Model, rows: Matrix, tolerance: float) -> Iterator[Finding]:
    out = model.predict(rows)
    order = np.arange(len(rows))[::-1]
    frozen = rows.copy()
    frozen.setflags(write=False)
    others = {
        "repeat": model.predict(rows),
        "order": model.predict(np.ascontiguousarray(rows[order]))[order],
        "batch": np.concatenate([model.predict(rows[row : row + 1]) for row in range(len(rows))]),
        "layout": model.predict(np.asfortranarray(rows)),
        "read_only": model.predict(frozen),
    }
    for rule, other in others.items():
        gap = float(np.abs(other - out).max())
        if not gap <= tolerance:
            yield _finding(rule, f"the same rows give scores {gap:.3g} apart")


def _check_refusals(model: Model, rows: Matrix) -> Iterator[Finding]:
    infinite = rows[:1].copy()
    infinite[0, 0] = np.inf
    wide = np.column_stack([rows, rows[:, :1]])
    for rule, bad in (("width", wide), ("dimensions", rows[0]), ("infinity", infinite)):
        try:
            model.predict(bad)
        except HauberkError:
            continue
        yield _finding(rule, "rows that are none were taken")


def _check_trees(model: Model, rows: Matrix) -> Iterator[Finding]:
    if not isinstance(model, HasTrees):
        return
    if verify_ensemble(model.trees).width != model.width:
        yield _finding("trees", "the trees read another number of columns")
    gap = float(np.abs(scores(model.trees, rows) - model.predict(rows)).max())
    if not gap <= _ULPS:
        yield _finding("trees", f"the trees give scores {gap:.3g} away from the model's")
