"""What bad training rows can do: certified accuracy against their number, and for which model it holds."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json
from hauberk.prove.charts import Interval, parse_interval, render_curve
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.figures import entry_text, figure_with
from hauberk.prove.report.numbers import figure, interval_text
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import table

__all__ = ["poisoning_section"]

_SHOWN = 12
_DOTS = 40
_QUARTILES = ("least", "a quarter at most", "median", "three quarters at most", "most")


def poisoning_section(source: ReportSource) -> Markup:
    """The curve of the partition ensemble, the radii of its rows and what it rests on; nothing where there is none."""
    found = source.stage("harden").get("poisoning")
    points = _points(found.get("curve")) if isinstance(found, Mapping) else []
    if not isinstance(found, Mapping) or len(points) < 2:
        return NOTHING
    shares = [(rows, number.value) for rows, number in points]
    svg = render_curve(
        shares,
        title="Certified accuracy by bad training rows",
        across="bad training rows",
        upwards="share of test rows",
        dots=len(shares) <= _DOTS,
    )
    caption = (
        "Share of test rows that are decided rightly whatever so many training rows are. The intervals are those of "
        "each point by itself (95 %, Clopper-Pearson)."
    )
    return element(
        "section",
        element("h2", "What bad training rows can do"),
        element("p", _about(found)),
        figure_with(svg, caption, _numbers(points)),
        _radii(found.get("radius")),
        _taken_for_granted(found),
    )


def _about(found: Mapping[str, Json]) -> str:
    parts, rows = _number_text(found.get("partitions")), found.get("rows")
    whom = (
        "This is the sealed model"
        if found.get("sealed") is True
        else "This is not the sealed model: the certificate holds for the election and for nothing else"
    )
    spread = f"{entry_text(rows, 'least')} to {entry_text(rows, 'most')} rows each"
    return (
        f"{parts} boosters were trained on {spread}, dealt by the content of the row, and decide by "
        f"{entry_text(found, 'rule')}. {whom}."
    )


def _numbers(points: list[tuple[float, Interval]]) -> Markup:
    step = -(-len(points) // _SHOWN)
    rows = [
        (figure(int(rows)), f"{number.value:.3f}", classed("span", "note", interval_text(number.low, number.high)))
        for rows, number in points[::step]
    ]
    return table(("#bad rows", "#certified", "interval"), rows, label="Certified accuracy by bad training rows")


def _radii(found: Json) -> Markup:
    if not isinstance(found, list) or len(found) != len(_QUARTILES):
        return NOTHING
    told = ["wrong" if value == -1 else _number_text(value) for value in found]
    says = "How many bad training rows the decisions on the test rows stand, by quartiles:"
    names = tuple(f"#{name}" for name in _QUARTILES)
    return element("div", element("p", says), table(names, [tuple(told)], label="Radii of the test rows"))


def _taken_for_granted(found: Mapping[str, Json]) -> Markup:
    listed = found.get("assumes")
    sentences = [str(one) for one in listed] if isinstance(listed, list) else []
    sentences.insert(0, f"Bad rows are {entry_text(found, 'threat')}.")
    if isinstance(found.get("majority"), float):
        share = entry_text(found, "majority")
        sentences.append(
            f"A model that always gives the most frequent class is right on {share} whatever the rows are."
        )
    return element("ul", *[element("li", one) for one in sentences])


def _points(found: Json) -> list[tuple[float, Interval]]:
    points = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {"rows": int(rows)} if (number := parse_interval(entry)) is not None:
                points.append((float(rows), number))
    return points


def _number_text(value: Json) -> str:
    return figure(value) if isinstance(value, int | float) and not isinstance(value, bool) else "—"
