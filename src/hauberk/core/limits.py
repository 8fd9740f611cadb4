"""How much of somebody else's bytes a parser takes before it refuses."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a parser of foreign bytes.

    Attributes:
        document_bytes: Largest JSON or text document, in bytes.
        depth: Deepest nesting of a JSON document, in levels.
        items: Most elements in one list of a document.
    """

    document_bytes: int = 64 * 1024 * 1024
    depth: int = 64
    items: int = 1_000_000


DEFAULT_LIMITS = Limits()
