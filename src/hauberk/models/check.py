"""Whether a tree ensemble is well formed; everything that walks one relies on it."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadEnsemble

__all__ = ["verify_ensemble"]

_PRECISIONS = (np.dtype(np.float32), np.dtype(np.float64))


def verify_ensemble(ensemble: TreeEnsemble, *, where: str = "ensemble") -> TreeEnsemble:
    """The same ensemble, when it is well formed.

    Each tree is a run of nodes that starts at its root; every other node of the run is the child of exactly one
    earlier node, so there is no cycle, nothing shared and nothing out of reach. Numbers are finite, thresholds and
    leaf values are exact in the precision in which they are used.

    Raises:
        BadEnsemble: It is not; no tree at all is not either.
    """
    _verify_shapes(ensemble, where)
    _verify_links(ensemble, where)
    _verify_numbers(ensemble, where)
    _verify_categories(ensemble, where)
    return ensemble


def _verify_shapes(ensemble: TreeEnsemble, where: str) -> None:
    nodes, outputs = len(ensemble.feature), len(ensemble.base)
    shapes: dict[str, tuple[NDArray[np.generic], type[np.generic], tuple[int, ...]]] = {
        "feature": (ensemble.feature, np.int32, (nodes,)),
        "threshold": (ensemble.threshold, np.float64, (nodes,)),
        "left": (ensemble.left, np.int32, (nodes,)),
        "right": (ensemble.right, np.int32, (nodes,)),
        "missing_left": (ensemble.missing_left, np.bool_, (nodes,)),
        "categorical": (ensemble.categorical, np.bool_, (nodes,)),
        "value": (ensemble.value, np.float64, (nodes, outputs)),
        "roots": (ensemble.roots, np.int32, (len(ensemble.roots),)),
        "base": (ensemble.base, np.float64, (outputs,)),
    }
    for name, (array, kind, shape) in shapes.items():
        if array.dtype != kind or array.shape != shape:
            _refuse(where, f"{name} of type {np.dtype(kind)} and shape {shape}", f"{array.dtype} {array.shape}")
    words = ensemble.category_words
    if words.dtype != np.uint64 or words.ndim != 2 or len(words) != nodes:
        _refuse(where, f"category_words of type uint64 with {nodes} rows", f"{words.dtype} {words.shape}")
    if not nodes or not len(ensemble.roots) or not outputs or ensemble.width < 1:
        _refuse(where, "at least one tree, node, output and feature", f"{len(ensemble.roots)} trees, {nodes} nodes")
    if ensemble.precision not in _PRECISIONS or ensemble.sum_dtype not in _PRECISIONS:
        _refuse(where, "float32 or float64", f"{ensemble.precision} and {ensemble.sum_dtype}")
    _verify_link(ensemble, where)


def _verify_link(ensemble: TreeEnsemble, where: str) -> None:
    outputs = len(ensemble.base)
    if ensemble.link is Link.LOGISTIC and outputs != 1:
        _refuse(where, "one margin for a logistic link", f"{outputs}")
    if ensemble.link in (Link.SOFTMAX, Link.SIMPLEX) and outputs < 2:
        _refuse(where, f"at least two margins for a {ensemble.link} link", f"{outputs}")


def _verify_links(ensemble: TreeEnsemble, where: str) -> None:
    count, roots = len(ensemble.feature), ensemble.roots.astype(np.int64)
    if roots[0] != 0 or (np.diff(roots) <= 0).any() or roots[-1] >= count:
        _refuse(where, "roots that ascend from node 0", "others")
    leaf = ensemble.feature < 0
    if ((ensemble.feature < -1) | (ensemble.feature >= ensemble.width)).any():
        _refuse(where, f"features -1 to {ensemble.width - 1}", "others")
    if (ensemble.left[leaf] != -1).any() or (ensemble.right[leaf] != -1).any():
        _refuse(where, "leaves without children", "a leaf with a child")
    inner = np.flatnonzero(~leaf)
    children = np.concatenate([ensemble.left[inner], ensemble.right[inner]]).astype(np.int64)
    parents = np.tile(inner, 2)
    ends = np.append(roots[1:], count)[np.searchsorted(roots, parents, side="right") - 1]
    if ((children <= parents) | (children >= ends)).any():
        _refuse(where, "children after their parents and inside their tree", "others")
    born = np.bincount(np.concatenate([children, roots]), minlength=count)
    if (born != 1).any():
        _refuse(where, "each node the child of one parent, or a root", f"node {int(np.argmax(born != 1))}")


def _verify_numbers(ensemble: TreeEnsemble, where: str) -> None:
    for name, numbers in (("threshold", ensemble.threshold), ("value", ensemble.value), ("base", ensemble.base)):
        if not np.isfinite(numbers).all():
            _refuse(where, f"finite numbers in {name}", "NaN or infinity")
    with np.errstate(over="ignore"):
        thresholds = ensemble.threshold.astype(ensemble.precision).astype(np.float64)
        values = ensemble.value.astype(ensemble.sum_dtype).astype(np.float64)
        base = ensemble.base.astype(ensemble.sum_dtype).astype(np.float64)
    if (thresholds != ensemble.threshold).any():
        _refuse(where, f"thresholds that {ensemble.precision} holds exactly", "others")
    if (values != ensemble.value).any() or (base != ensemble.base).any():
        _refuse(where, f"values that {ensemble.sum_dtype} holds exactly", "others")
    if (ensemble.value[ensemble.feature >= 0] != 0).any():
        _refuse(where, "value 0 at inner nodes", "another")


def _verify_categories(ensemble: TreeEnsemble, where: str) -> None:
    categorical, words = ensemble.categorical, ensemble.category_words
    if (categorical & (ensemble.feature < 0)).any():
        _refuse(where, "categorical splits at inner nodes", "one at a leaf")
    if words[~categorical].any():
        _refuse(where, "bits at categorical splits only", "others")
    if categorical.any() != bool(words.shape[1]):
        _refuse(where, "bit sets where there are categorical splits, and only there", f"{words.shape[1]} words")


def _refuse(where: str, expected: str, got: str) -> NoReturn:
    raise BadEnsemble(where=where, expected=expected, got=got)
