"""The safe file of a model that is its trees: the ensemble with class labels and feature names, as canonical JSON."""

from __future__ import annotations

from hauberk.core.encoding import Json, render_json
from hauberk.core.limits import Limits
from hauberk.models.adapters.canonical_file import parse_canonical
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.ensemble_json import ENSEMBLE_LIMITS, ensemble_document, read_ensemble
from hauberk.models.errors import BadModelFile
from hauberk.models.library_model import Kind, TreeModel
from hauberk.models.link import apply_link
from hauberk.models.traverse import compile_ensemble

__all__ = ["open_ensemble", "parse_tree_model", "render_tree_model"]

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
    file = parse_canonical(data, form=_FORMAT, fields=_FIELDS, where=where, limits=limits)
    trees = read_ensemble(file.document["ensemble"], where=where)
    file.verify_spelling(render_tree_model(trees, classes=file.classes, names=file.names), data, where=where)
    return open_ensemble(trees, classes=classes or file.classes, names=file.names)


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
