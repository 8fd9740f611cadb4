"""How the model was chosen among the candidates."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json
from hauberk.prove.charts import Interval, Point, parse_interval, render_frontier
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.figures import entry_text, figure_with
from hauberk.prove.report.numbers import interval_text
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import table

__all__ = ["choice_section"]


def choice_section(source: ReportSource) -> Markup:
    """The frontier of the candidates; nothing where there was no choice."""
    found = source.stage("harden").get("frontier")
    pairs = [(point, entry) for entry in found if (point := _point(entry))] if isinstance(found, list) else []
    if len(pairs) < 2:
        return NOTHING
    svg = render_frontier([point for point, _ in pairs], title="Clean and attacked accuracy of the candidates")
    caption = (
        "Candidates on rows held out from training, with 95 % intervals. Ringed: chosen. Grey: not allowed, because it "
        "costs more clean accuracy than the rules admit or gains nothing."
    )
    rows = [_row(number, point, entry) for number, (point, entry) in enumerate(pairs, 1)]
    heads = ("#", "candidate", "how it was made", "#clean", "interval", "#attacked", "interval", "")
    return element(
        "section",
        element("h2", "How the model was chosen"),
        classed("div", "large", figure_with(svg, caption)),
        table(heads, rows, label="Candidates"),
    )


def _row(number: int, point: Point, entry: Json) -> tuple[str, ...]:
    mark = classed("span", "passed", "chosen") if point.chosen else NOTHING if point.allowed else "not allowed"
    note = entry_text(entry, "note") if isinstance(entry, Mapping) and entry.get("note") else ""
    return (str(number), element("strong", point.name), note, *_value(point.clean), *_value(point.attacked), mark)


def _value(number: Interval) -> tuple[str, Markup]:
    return f"{number.value:.3f}", classed("span", "note", interval_text(number.low, number.high))


def _point(entry: Json) -> Point | None:
    match entry:
        case {
            "name": str(name),
            "clean": clean,
            "attacked": attacked,
            "chosen": bool(chosen),
            "allowed": bool(allowed),
        }:
            one, other = parse_interval(clean), parse_interval(attacked)
            if one and other:
                return Point(name=name, clean=one, attacked=other, chosen=chosen, allowed=allowed)
    return None
