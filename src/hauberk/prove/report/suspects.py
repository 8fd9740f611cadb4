"""The picture of the suspects, for the report and as a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json
from hauberk.prove.charts import ScoredRow, render_suspects
from hauberk.prove.markup import NOTHING, Markup
from hauberk.prove.report.picture_file import picture_file

__all__ = ["render_suspects_file", "suspects_picture"]

_SHOWN = 12
_LONGEST = 18


def suspects_picture(details: Mapping[str, Json]) -> Markup:
    """Scores, threshold and the first suspects out of the details of `verify`; nothing where rows were not ranked."""
    match details.get("scores"), details.get("suspects"):
        case (
            {"edges": list(edges), "counts": list(counts), "flagged": list(flagged)},
            {"n": int(n), "q": q, "threshold": threshold},
        ) if counts and len(edges) == len(counts) + 1 == len(flagged) + 1:
            ends = [float(edge) for edge in edges if isinstance(edge, int | float)]
            rows = [count for count in counts if isinstance(count, int)]
            bad = [count for count in flagged if isinstance(count, int)]
            if (len(ends), len(rows), len(bad)) != (len(edges), len(counts), len(flagged)):
                return NOTHING
            return render_suspects(
                ends,
                rows,
                bad,
                threshold=float(threshold) if isinstance(threshold, int | float) else None,
                promise=_promise(n, q),
                rows=_listed(details.get("suspicious")),
                title="Suspected training rows",
            )
    return NOTHING


def render_suspects_file(details: Mapping[str, Json]) -> bytes:
    """The picture as an SVG file that brings its colours along; empty bytes where there is nothing to draw."""
    return picture_file(suspects_picture(details))


def _promise(n: int, q: Json) -> str:
    if not isinstance(q, int | float):
        return "ranked only: without trusted rows nothing is flagged"
    if not n:
        return f"nothing is flagged at a false-discovery rate of {q:.0%}"
    return f"{n:,} flagged; at most {q:.0%} of the flags are expected to be wrong"


def _listed(found: Json) -> list[ScoredRow]:
    rows = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {
                "row": int(row),
                "given": str(given),
                "proposed": str(proposed),
                "score": int() | float() as score,
                "flagged": bool(flagged),
            }:
                words = f"row {row}: {_short(given)}, looks like {_short(proposed)}"
                rows.append(ScoredRow(words=words, score=float(score), flagged=flagged))
    return rows[:_SHOWN]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
