"""What the files of our own formats share: canonical JSON with a format, class labels and feature names."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from hauberk.core.encoding import Json, parse_json
from hauberk.core.limits import Limits
from hauberk.models.errors import BadModelFile

__all__ = ["CanonicalFile", "parse_canonical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalFile:
    """A parsed file.

    Attributes:
        document: All fields.
        classes: Labels in code order.
        names: Feature names, or none.
    """

    document: Mapping[str, Json]
    classes: tuple[str, ...]
    names: tuple[str, ...]

    def verify_spelling(self, rendered: bytes, data: bytes, *, where: str) -> None:
        """Refuse another spelling than the one that the model renders to.

        Raises:
            BadModelFile: It is.
        """
        if rendered != data:
            raise BadModelFile(where=where, expected="canonical JSON", got="another spelling of the same model")


def parse_canonical(data: bytes, *, form: str, fields: Set[str], where: str, limits: Limits) -> CanonicalFile:
    """The fields of a file of the format `form`; whether it is spelt canonically is left to `verify_spelling`.

    Raises:
        Malformed, TooLarge: Not JSON, or over the limits.
        BadModelFile: Another form, or labels or names that are no texts.
    """
    document = parse_json(data, where=where, limits=limits)
    if not isinstance(document, Mapping) or set(document) != fields or document["format"] != form:
        raise BadModelFile(where=where, expected=f"a document of format {form}", got=repr(document)[:120])
    classes, names = (_strings(document[field], where) for field in ("classes", "names"))
    return CanonicalFile(document=document, classes=classes, names=names)


def _strings(values: Json, where: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadModelFile(where=where, expected="a list of names", got=repr(values)[:80])
    try:
        return tuple(str(value).encode().decode() for value in values)
    except UnicodeEncodeError as error:
        raise BadModelFile(where=where, expected="names in UTF-8", got="half a surrogate pair") from error
