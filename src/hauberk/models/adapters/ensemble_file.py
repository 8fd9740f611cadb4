"""The safe file of a model that is its trees: the ensemble with class labels and feature names, as canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.limits import Limits
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.ensemble_json import ENSEMBLE_LIMITS, ensemble_document, read_ensemble
from hauberk.models.errors import BadModelFile
from hauberk.models.library_model import Kind, TreeModel
from hauberk.models.link import apply_link
from hauberk.models.traverse import compile_ensemble

__all__ = ["open_ensemble", "parse_tree_model", "read_strings", "render_tree_model"]

_FORMAT = "hauberk-tree-model/1"
_FIELDS = {"format", "classes", "names", "ensemble"}
_WHERE = "tree model"


def render_tree_model(trees: TreeEnsemble, *, classes: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Canonical bytes of a tree model; `parse_tree_model` reads them back to the same scores, bit for bit.

    Raises:
        BadEnsemble: The trees are not well formed.
    """
    document: dict[str, Json] = {"format": _FORMAT, "classes": classes, "names": names}
    return render_json(document | {"ensemble": ensemble_document(trees)})


def parse_tree_model(
    data: bytes, *, classes: tuple[str, ...] = (), where: str = _WHERE, limits: Limits = ENSEMBLE_LIMITS
) -> TreeModel:
    """The model in canonical bytes.

    Args:
        data: The file.
        classes: Other labels than those of the file, as many.
        where: The file's name for messages.
        limits: How much is read.

    Raises:
        Malformed, TooLarge: Not JSON, or over the limits.
        BadModelFile: Another form, or another spelling than the canonical one.
        BadEnsemble: The trees are not well formed.
    """
    document = parse_json(data, where=where, limits=limits)
    if not isinstance(document, Mapping) or set(document) != _FIELDS or document["format"] != _FORMAT:
        raise BadModelFile(where=where, expected=f"a document of format {_FORMAT}", got=repr(document)[:120])
    trees = read_ensemble(document["ensemble"], where=where)
    own, names = read_strings(document["classes"], where), read_strings(document["names"], where)
    if render_tree_model(trees, classes=own, names=names) != data:
        raise BadModelFile(where=where, expected="canonical JSON", got="another spelling of the same model")
    return open_ensemble(trees, classes=classes or own, names=names)


def open_ensemble(trees: TreeEnsemble, *, classes: tuple[str, ...], names: tuple[str, ...] = ()) -> TreeModel:
    """The model that scores by walking `trees`.

    Args:
        trees: A well-formed ensemble.
        classes: Labels in column order of the scores; none for a regressor.
        names: The d feature names, or none.

    Raises:
        BadModelFile: Labels or names are not as many as the ensemble has outputs and features.
    """
    outputs = {Link.LOGISTIC: 2, Link.IDENTITY: 0}.get(trees.link, len(trees.base))
    if len(classes) != outputs or len(set(classes)) != len(classes):
        raise BadModelFile(where=_WHERE, expected=f"{outputs} different class labels", got=f"{len(classes)}")
    if names and len(names) != trees.width:
        raise BadModelFile(where=_WHERE, expected=f"{trees.width} feature names", got=f"{len(names)}")
    if trees.link is Link.IDENTITY and len(trees.base) != 1:
        raise BadModelFile(where=_WHERE, expected="one value a row", got=f"{len(trees.base)}")
    ready = compile_ensemble(trees)
    return TreeModel(
        classes=classes,
        width=trees.width,
        names=names,
        library="ensemble",
        score=lambda rows: apply_link(trees.link, ready.margins(rows)),
        freeze=lambda: (Kind.ENSEMBLE, render_tree_model(trees, classes=classes, names=names)),
        trees=trees,
    )


def read_strings(values: Json, where: str) -> tuple[str, ...]:
    """The labels or names that a JSON list holds.

    Raises:
        BadModelFile: Something else than a list of texts in UTF-8.
    """
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadModelFile(where=where, expected="a list of names", got=repr(values)[:80])
    try:
        return tuple(str(value).encode().decode() for value in values)
    except UnicodeEncodeError as error:
        raise BadModelFile(where=where, expected="names in UTF-8", got="half a surrogate pair") from error
