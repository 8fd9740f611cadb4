"""The tables of the report: the adversary, the findings, the suspicious labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Protocol

from hauberk.core.encoding import Json
from hauberk.core.statement import Statement

__all__ = ["Told", "adversary", "findings", "suspects", "table"]


class Told(Protocol):
    """A logged result, as far as the tables need it."""

    @property
    def stage(self) -> str:
        """Name of the stage."""
        ...

    @property
    def leaf(self) -> int:
        """Place in the log."""
        ...

    @property
    def statement(self) -> Statement:
        """What it says."""
        ...

    @property
    def details(self) -> Mapping[str, Json]:
        """What the stage tells beyond its claims."""
        ...


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a head that begins with # marks a column of numbers."""
    kinds = [' class="number"' if head.startswith("#") else "" for head in heads]
    top = "".join(f"<th{kind}>{head.lstrip('#')}</th>" for head, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def adversary(results: Sequence[Told]) -> Iterator[str]:
    """What the adversary may do, in the words of the attack stage."""
    for one in results:
        found = one.details.get("adversary")
        if one.stage == "attack" and isinstance(found, list):
            yield "<h2>The adversary</h2>"
            yield "<p>Every figure under attack holds for somebody who can do this, and no more:</p>"
            rows = [(_cell(entry, "feature"), _cell(entry, "can")) for entry in found]
            yield table(("column", "can be"), rows) if rows else "<p>change nothing at all.</p>"


def findings(results: Sequence[Told]) -> Iterator[str]:
    """The findings of all stages."""
    rows = []
    for one in results:
        found = one.statement.predicate.get("findings", [])
        for entry in found if isinstance(found, list) else []:
            severity = _cell(entry, "severity")
            mark = f'<span class="{severity}">{severity}</span>'
            rows.append((one.stage, mark, _cell(entry, "message"), _cell(entry, "count"), str(one.leaf)))
    yield "<h2>Findings</h2>"
    yield table(("stage", "severity", "finding", "#count", "#leaf"), rows) if rows else "<p>None.</p>"


def suspects(results: Sequence[Told]) -> Iterator[str]:
    """The labels that are contradicted most."""
    for one in results:
        found = one.details.get("suspicious")
        if isinstance(found, list) and found:
            yield "<h2>Labels to look at first</h2>"
            yield "<p>Rows of the training data whose label models that have not seen them contradict most.</p>"
            rows = [[_cell(entry, name) for name in ("row", "given", "proposed", "margin")] for entry in found[:10]]
            yield table(("#row", "given", "proposed", "#margin"), rows)


def _cell(entry: Json, name: str) -> str:
    value = entry.get(name) if isinstance(entry, Mapping) else None
    return escape(f"{value:.2f}" if isinstance(value, float) else str(value))
