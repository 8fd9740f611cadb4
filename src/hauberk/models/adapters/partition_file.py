"""The safe file of a partition model: the trees of every member as canonical JSON, read back strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hauberk.core.encoding import Json, render_json
from hauberk.core.limits import Limits
from hauberk.models.adapters.canonical_file import parse_canonical
from hauberk.models.ensemble_json import ENSEMBLE_LIMITS, ensemble_document, read_ensemble
from hauberk.models.errors import BadModelFile
from hauberk.models.library_model import Kind
from hauberk.models.partition_model import Member, PartitionModel, election_scorer, verify_members

__all__ = ["open_partitions", "parse_partition_model", "render_partition_model"]

PARTITION_LIMITS = replace(ENSEMBLE_LIMITS, depth=12)
_FORMAT = "hauberk-partition-model/1"
_FIELDS = {"format", "classes", "names", "members"}
_WHERE = "partition model"


def render_partition_model(members: Sequence[Member], *, classes: tuple[str, ...], names: tuple[str, ...]) -> bytes:
    """Canonical bytes; `parse_partition_model` reads them back to the same votes, bit for bit.

    Raises:
        BadEnsemble: The trees of a member are not well formed.
    """
    listed: list[Json] = [
        {"classes": list(member.classes), "trees": ensemble_document(member.trees) if member.trees else None}
        for member in members
    ]
    return render_json({"format": _FORMAT, "classes": classes, "names": names, "members": listed})


def parse_partition_model(
    data: bytes, *, classes: tuple[str, ...] = (), where: str = _WHERE, limits: Limits = PARTITION_LIMITS
) -> PartitionModel:
    """The model in canonical bytes.

    Args:
        data: The file.
        classes: Other labels than those of the file, as many.
        where: The file's name for messages.
        limits: How much is read.

    Raises:
        Malformed, TooLarge: Not JSON, or over the limits.
        BadModelFile: Another form, or another spelling than the canonical one.
        BadEnsemble: Trees that are not well formed.
    """
    file = parse_canonical(data, form=_FORMAT, fields=_FIELDS, where=where, limits=limits)
    own, names, listed = file.classes, file.names, file.document["members"]
    members = tuple(_member(entry, where) for entry in (listed if isinstance(listed, list) else [listed]))
    file.verify_spelling(render_partition_model(members, classes=own, names=names), data, where=where)
    if classes and len(classes) != len(own):
        raise BadModelFile(where=where, expected=f"{len(own)} class labels", got=f"{len(classes)}")
    return open_partitions(members, classes=classes or own, names=names)


def open_partitions(members: Sequence[Member], *, classes: tuple[str, ...], names: tuple[str, ...]) -> PartitionModel:
    """The model that decides by the election of `members`.

    Args:
        members: The voters, at least one.
        classes: Labels in code order, at least two.
        names: The feature names; there are as many as columns.

    Raises:
        BadModelFile: Labels are repeated, or a member does not fit classes and columns.
    """
    if len(set(classes)) != len(classes):
        raise BadModelFile(where=_WHERE, expected="different class labels", got=repr(classes)[:80])
    kept = verify_members(members, classes=len(classes), width=len(names))
    count, score = election_scorer(kept, len(classes))
    return PartitionModel(
        classes=classes,
        width=len(names),
        names=names,
        library="partitions",
        score=score,
        freeze=lambda: (Kind.PARTITIONS, render_partition_model(kept, classes=classes, names=names)),
        note="an election of many models is no sum of trees",
        members=kept,
        count=count,
    )


def _member(entry: Json, where: str) -> Member:
    match entry:
        case {"classes": list(codes), "trees": trees, **rest} if not rest and all(type(code) is int for code in codes):
            kept = tuple(code for code in codes if isinstance(code, int))
            return Member(classes=kept, trees=None if trees is None else read_ensemble(trees, where=where))
    raise BadModelFile(where=where, expected="a member with classes and trees", got=repr(entry)[:120])
