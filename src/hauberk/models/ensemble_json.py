"""The safe form of a tree ensemble: canonical JSON, read back strictly, never executed.

Law: `render_ensemble(parse_ensemble(data)) == data` for all data that is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.limits import Limits
from hauberk.models.assemble import LARGEST_CODE, bits
from hauberk.models.check import verify_ensemble
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadEnsemble

__all__ = [
    "ENSEMBLE_LIMITS",
    "digest_ensemble",
    "ensemble_document",
    "parse_ensemble",
    "read_ensemble",
    "render_ensemble",
]

ENSEMBLE_LIMITS = Limits(document_bytes=512 * 1024 * 1024, depth=8, items=1 << 24)
"""Room for 16 million nodes: a forest of a thousand trees grown to the last of ten thousand rows."""
_FORMAT = "hauberk-ensemble/1"
_FIELDS = {
    "format", "width", "precision", "sum", "average", "link", "base", "roots", "feature", "threshold", "left",
    "right", "missing_left", "categories", "value",
}  # fmt: skip
_WORDS = 1 << 26


def render_ensemble(ensemble: TreeEnsemble) -> bytes:
    """Canonical bytes of a well-formed ensemble. Law: `parse_ensemble(render_ensemble(e))` equals `e`, field by field.

    Raises:
        BadEnsemble: It is not well formed.
    """
    return render_json(ensemble_document(ensemble))


def parse_ensemble(data: bytes, *, where: str = "ensemble", limits: Limits = ENSEMBLE_LIMITS) -> TreeEnsemble:
    """The ensemble in canonical bytes.

    Raises:
        Malformed: Not JSON.
        TooLarge: Over `limits`.
        BadEnsemble: Another form, not well formed, or not canonical.
    """
    ensemble = read_ensemble(parse_json(data, where=where, limits=limits), where=where)
    if render_ensemble(ensemble) != data:
        _refuse(where, "canonical JSON", "another spelling of the same ensemble")
    return ensemble


def digest_ensemble(ensemble: TreeEnsemble) -> Digest:
    """Digest of the canonical bytes.

    Raises:
        BadEnsemble: It is not well formed.
    """
    return digest_bytes(render_ensemble(ensemble))


def ensemble_document(ensemble: TreeEnsemble) -> dict[str, Json]:
    """The ensemble as JSON; `value` holds the leaves only, `categories` the nodes that split on codes.

    Raises:
        BadEnsemble: It is not well formed.
    """
    verify_ensemble(ensemble)
    document: dict[str, Json] = {"format": _FORMAT, "width": ensemble.width, "precision": ensemble.precision.name}
    document |= {"sum": ensemble.sum_dtype.name, "average": ensemble.average, "link": str(ensemble.link)}
    document |= {"base": ensemble.base.tolist(), "roots": ensemble.roots.tolist()}
    document |= {"feature": ensemble.feature.tolist(), "threshold": ensemble.threshold.tolist()}
    document |= {"left": ensemble.left.tolist(), "right": ensemble.right.tolist()}
    document |= {"missing_left": ensemble.missing_left.astype(int).tolist(), "categories": _categories(ensemble)}
    return document | {"value": ensemble.value[ensemble.feature < 0].tolist()}


def read_ensemble(document: Json, *, where: str) -> TreeEnsemble:
    """The ensemble of a JSON document.

    Raises:
        BadEnsemble: Another form, or not well formed.
    """
    if not isinstance(document, Mapping) or set(document) != _FIELDS or document["format"] != _FORMAT:
        _refuse(where, f"a document of format {_FORMAT} with its fields and no others", repr(document)[:120])
    feature = _integers(document, "feature", where)
    categorical, words = _read_categories(document["categories"], len(feature), where)
    base = _numbers(document["base"], f"{where}, base")
    width, average = document["width"], document["average"]
    if type(width) is not int or not 1 <= width < 1 << 31 or type(average) is not bool:
        _refuse(where, "a whole width and a true or false average", f"{width!r:.40}, {average!r:.40}")
    ensemble = TreeEnsemble(
        feature=feature,
        threshold=_numbers(document["threshold"], f"{where}, threshold"),
        left=_integers(document, "left", where),
        right=_integers(document, "right", where),
        missing_left=_flags(document, "missing_left", where),
        category_words=words,
        categorical=categorical,
        value=_values(document["value"], feature < 0, len(base), where),
        roots=_integers(document, "roots", where),
        base=base,
        precision=_precision(document["precision"], where),
        sum_dtype=_precision(document["sum"], where),
        average=average,
        link=_link(document["link"], where),
        width=width,
    )
    return verify_ensemble(ensemble, where=where)


def _categories(ensemble: TreeEnsemble) -> list[Json]:
    nodes = np.flatnonzero(ensemble.categorical).tolist()
    words = ensemble.category_words[ensemble.categorical].astype("<u8")
    sets = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little") if nodes else words
    return [[node, np.flatnonzero(codes).tolist()] for node, codes in zip(nodes, sets, strict=True)]


def _read_categories(document: Json, count: int, where: str) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    nodes: list[int] = []
    codes: list[NDArray[np.int64]] = []
    for entry in document if isinstance(document, list) else [document]:
        match entry:
            case [int(node), list(listed)] if _whole(listed, 0, LARGEST_CODE) and 0 <= node < count:
                nodes.append(node)
                codes.append(np.array(listed, dtype=np.int64))
            case _:
                _refuse(where, f"nodes with category codes of 0 to {LARGEST_CODE}", repr(entry)[:80])
    sets = bits(codes) if codes else np.zeros((0, 0), dtype=np.uint64)
    if len(set(nodes)) != len(nodes) or count * sets.shape[1] > _WORDS:
        _refuse(where, "each node's categories once, and not too many", f"{len(nodes)} sets for {count} nodes")
    categorical = np.zeros(count, dtype=np.bool_)
    categorical[nodes] = True
    words = np.zeros((count, sets.shape[1]), dtype=np.uint64)
    words[nodes] = sets
    return categorical, words


def _values(document: Json, leaf: NDArray[np.bool_], outputs: int, where: str) -> NDArray[np.float64]:
    if not isinstance(document, list) or len(document) != int(leaf.sum()):
        _refuse(where, f"the values of {int(leaf.sum())} leaves", repr(document)[:80])
    value = np.zeros((len(leaf), outputs), dtype=np.float64)
    if not all(isinstance(row, list) and len(row) == outputs for row in document):
        _refuse(where, f"{outputs} values a leaf", "another number")
    value[leaf] = _numbers([number for row in document for number in row], f"{where}, value").reshape(-1, outputs)
    return value


def _whole(values: list[Json], low: int, high: int) -> bool:
    return all(type(value) is int and low <= value <= high for value in values)


def _integers(document: Mapping[str, Json], name: str, where: str) -> NDArray[np.int32]:
    values = document[name]
    if not isinstance(values, list) or not _whole(values, -1, (1 << 31) - 1):
        _refuse(where, f"a list of whole numbers from -1 as {name}", repr(values)[:80])
    return np.array(values, dtype=np.int32)


def _flags(document: Mapping[str, Json], name: str, where: str) -> NDArray[np.bool_]:
    values = document[name]
    if not isinstance(values, list) or not _whole(values, 0, 1):
        _refuse(where, f"a list of 0 and 1 as {name}", repr(values)[:80])
    return np.array(values, dtype=np.bool_)


def _numbers(values: Json, where: str) -> NDArray[np.float64]:
    if not isinstance(values, list) or not all(type(value) is float for value in values):
        _refuse(where, "a list of numbers with a decimal point", repr(values)[:80])
    return np.array(values, dtype=np.float64)


def _precision(name: Json, where: str) -> np.dtype[np.floating]:
    if name not in ("float32", "float64"):
        _refuse(where, "float32 or float64", repr(name)[:80])
    return np.dtype(np.float32 if name == "float32" else np.float64)


def _link(name: Json, where: str) -> Link:
    if not isinstance(name, str) or name not in set(Link):
        _refuse(where, f"a link of {', '.join(Link)}", repr(name)[:80])
    return Link(name)


def _refuse(where: str, expected: str, got: str) -> NoReturn:
    raise BadEnsemble(where=where, expected=expected, got=got)
