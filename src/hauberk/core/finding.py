"""Something that a check found and a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hauberk.core.encoding import Json

__all__ = ["Finding", "Severity"]


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
