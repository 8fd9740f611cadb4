"""The one root of all errors, and how an error speaks to its reader.

Each room has one base class (`DataError`, `LedgerError`, …) and below it one class an error. The hundreds of
the code say whose fault it is: 1xx wrong input or use, 2xx something was altered or does not verify, 3xx the
environment (a missing package, a full disk, a lock). The docstring of the class is the page in the docs.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["BadEncoding", "CoreError", "HauberkError", "Malformed", "TooLarge"]


class HauberkError(Exception):
    """Root of every error that Hauberk raises on purpose.

    Args:
        expected: What would have been right, in the reader's words.
        got: What came instead.
        where: File, row, field or stage that the reader should look at.
        hint: What to do next.
    """

    code: ClassVar[str] = "CORE-000"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, *, expected: str = "", got: str = "", where: str = "", hint: str = "") -> None:
        self.expected = expected
        self.got = got
        self.where = where
        self.hint = hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One line: `where: title: expected X, got Y`."""
        facts = [f"expected {self.expected}" if self.expected else "", f"got {self.got}" if self.got else ""]
        body = ", ".join(fact for fact in facts if fact)
        return ": ".join(part for part in (self.where, self.title, body) if part)

    @property
    def exit_code(self) -> int:
        """1 where evidence does not verify (2xx), 2 for wrong use and for the environment."""
        return 1 if self.code.rpartition("-")[2].startswith("2") else 2

    @property
    def page(self) -> str:
        """The anchor of this error in `docs/reference/errors.md`."""
        return f"docs/reference/errors.md#{self.code.lower()}"

    def document(self) -> dict[str, str]:
        """The error as the JSON document that `--json` prints."""
        facts = {"code": self.code, "title": self.title, "where": self.where, "expected": self.expected}
        return facts | {"got": self.got, "hint": self.hint, "page": self.page}


class CoreError(HauberkError):
    """Base of the errors of `hauberk.core`."""


class Malformed(CoreError):
    """Bytes are not of the form that they claim: not JSON, a missing or unknown field, or not in canonical form."""

    code = "CORE-201"
    title = "Malformed document"


class BadEncoding(CoreError):
    """Base64, hexadecimal or UTF-8 text is not in the one canonical form that its standard allows."""

    code = "CORE-202"
    title = "Bad encoding"


class TooLarge(CoreError):
    """A document is larger or deeper than the limit that its reader was given."""

    code = "CORE-203"
    title = "Over the limit"
