"""What was found or done, about which artifacts: the in-toto Statement v1.

Source: in-toto Attestation Framework, spec/v1/statement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hauberk.core.digest import Digest
from hauberk.core.encoding import Json, parse_hex, parse_json, render_json
from hauberk.core.errors import Malformed
from hauberk.core.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "STATEMENT_PAYLOAD",
    "STATEMENT_TYPE",
    "Statement",
    "Subject",
    "parse_statement",
    "parse_subject",
    "render_statement",
]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
STATEMENT_PAYLOAD = "application/vnd.in-toto+json"
"""The type under which an envelope carries a statement (in-toto Attestation Framework, spec/v1/envelope.md)."""
_FIELDS = {"_type", "subject", "predicateType", "predicate"}


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """An artifact with the name that people know it by."""

    name: str
    digest: Digest

    def document(self) -> dict[str, Json]:
        """The subject as in-toto writes it."""
        return {"name": self.name, "digest": {"sha256": self.digest.hex}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An unsigned statement; `predicate` is plain JSON, of the shape that `predicate_type` names."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Json]


def render_statement(statement: Statement) -> bytes:
    """Canonical bytes of a statement. Law: `parse_statement(render_statement(s)) == s`."""
    subjects = [subject.document() for subject in statement.subjects]
    document: dict[str, Json] = {"_type": STATEMENT_TYPE, "subject": subjects}
    return render_json(document | {"predicateType": statement.predicate_type, "predicate": statement.predicate})


def parse_statement(data: bytes, *, where: str = "statement", limits: Limits = DEFAULT_LIMITS) -> Statement:
    """The statement in `data`.

    Raises:
        Malformed: Not an in-toto Statement v1 with at least one subject, each with a sha256 digest.
        BadEncoding: A digest is not canonical hexadecimal.
        TooLarge: Over `limits`.
    """
    document = parse_json(data, where=where, limits=limits)
    if not isinstance(document, Mapping) or set(document) != _FIELDS or document["_type"] != STATEMENT_TYPE:
        raise Malformed(
            where=where, expected=f"an in-toto statement of type {STATEMENT_TYPE}", got=repr(document)[:120]
        )
    subjects, kind, predicate = document["subject"], document["predicateType"], document["predicate"]
    if not isinstance(subjects, list) or not subjects:
        raise Malformed(where=where, expected="at least one subject", got=repr(subjects)[:120])
    if not isinstance(kind, str) or not isinstance(predicate, Mapping):
        raise Malformed(where=where, expected="a predicateType and an object as predicate", got=repr(kind)[:120])
    return Statement(
        subjects=tuple(parse_subject(subject, where=where) for subject in subjects),
        predicate_type=kind,
        predicate=predicate,
    )


def parse_subject(document: Json, *, where: str) -> Subject:
    """A subject of the form `{"name": …, "digest": {"sha256": …}}`, with nothing else in it.

    Raises:
        Malformed: Another form.
    """
    match document:
        case {"name": str(name), "digest": {"sha256": str(digits), **other}, **rest} if not other and not rest:
            return Subject(name, Digest(parse_hex(digits, size=32, where=where).hex()))
    raise Malformed(where=where, expected="a subject with a name and a sha256 digest", got=repr(document)[:120])
