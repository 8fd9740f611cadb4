"""Something that a check found and a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hauberk.core.encoding import Json
from hauberk.core.errors import Malformed

__all__ = ["Finding", "Severity", "parse_finding"]


class Severity(StrEnum):
    """How much a finding matters, mildest first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found.

    Attributes:
        code: Dotted constant, such as `verify.schema.out_of_range`.
        severity: How much it matters.
        message: One sentence for a person; holds no personal data.
        feature: The column concerned, or empty.
        rows: Row numbers in the checked dataset (0-based), at most as many as the check chose to name.
        count: How many rows or cells are concerned, named or not.
    """

    code: str
    severity: Severity
    message: str
    feature: str = ""
    rows: tuple[int, ...] = ()
    count: int = 1

    def document(self) -> dict[str, Json]:
        """The finding as it stands in a predicate."""
        document: dict[str, Json] = {"code": self.code, "severity": str(self.severity), "message": self.message}
        return document | {"feature": self.feature, "rows": self.rows, "count": self.count}


def parse_finding(document: Json, *, where: str = "finding") -> Finding:
    """The finding of a document. Law: `parse_finding(f.document()) == f`.

    Raises:
        Malformed: It is none.
    """
    match document:
        case {
            "code": str(code),
            "severity": str(severity),
            "message": str(message),
            "feature": str(feature),
            "rows": Sequence() as rows,
            "count": int(count),
            **rest,
        } if not rest and severity in set(Severity) and all(type(row) is int for row in rows):
            return Finding(
                code=code,
                severity=Severity(severity),
                message=message,
                feature=feature,
                rows=tuple(row for row in rows if isinstance(row, int)),
                count=count,
            )
    raise Malformed(where=where, expected="a finding", got=type(document).__name__)
