"""The picture of `hauberk attack poison`: what more and more poison does, beside what is certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hauberk.core.encoding import Json
from hauberk.prove.charts import Interval, Panel, Series, parse_interval, render_panels
from hauberk.prove.report.picture_file import picture_file

__all__ = ["render_poison_file"]

_UNTARGETED = "random-flips", "surest-flips"
"""Attacks whose success is the error rate: one line says both."""


def render_poison_file(details: Mapping[str, Json]) -> bytes:
    """The curve out of the details of the statement as an SVG file; empty bytes where there is none."""
    points = _entries(details.get("curve"))
    if len(points) < 2:
        return b""
    panels = [_model_panel(details, points)]
    election = _entries(details.get("election"))
    if election:
        panels.append(_election_panel(election))
    return picture_file(render_panels(panels, title=f"What {details.get('kind')} does"))


def _model_panel(details: Mapping[str, Json], points: Sequence[Mapping[str, Json]]) -> Panel:
    kind, victims, broken = str(details.get("kind")), details.get("victims"), details.get("broken")
    series = [Series(name="accuracy on clean test rows", kind="open", numbers=_numbers(points, "accuracy"))]
    goal = details.get("goal")
    wish = f"decided as {_short(str(goal))}" if goal else "decided wrongly"
    if kind not in _UNTARGETED:
        count = f"{victims:,}" if isinstance(victims, int) else "the"
        name = f"success: {count} victims {wish}"
        series.append(Series(name=name, kind="failed", numbers=_numbers(points, "success")))
    shares = [point.get("share") for point in points]
    mark = None
    if isinstance(broken, Mapping) and broken.get("share") in shares:
        harm = details.get("harm")
        gain = f"{harm:.0%}" if isinstance(harm, float) else "harm"
        mark = shares.index(broken.get("share")), f"{gain} more turned by {_rows(broken)}"
    return Panel(
        title=f"{kind} against: {details.get('model')}",
        across="share of the training rows that the attacker writes (equal steps)",
        budgets=tuple((_share(point.get("share")), _rows(point)) for point in points),
        series=tuple(series),
        mark=mark,
    )


def _election_panel(points: Sequence[Mapping[str, Json]]) -> Panel:
    return Panel(
        title="the same against the election of partitions, whose decisions are certified",
        across="training rows that the attacker writes (equal steps)",
        budgets=tuple((_rows(point), _changes(point)) for point in points),
        series=(
            Series(name="accuracy certified", kind="passed", numbers=_numbers(points, "certified")),
            Series(name="accuracy under this attack", kind="open", numbers=_numbers(points, "attacked")),
            Series(name="success of this attack", kind="failed", numbers=_numbers(points, "success")),
        ),
    )


def _entries(found: Json) -> list[Mapping[str, Json]]:
    listed = found if isinstance(found, Sequence) and not isinstance(found, str) else ()
    return [one for one in listed if isinstance(one, Mapping)]


def _numbers(points: Sequence[Mapping[str, Json]], name: str) -> tuple[Interval, ...]:
    nothing = Interval(low=0, value=0, high=0)
    return tuple(parse_interval(point.get(name)) or nothing for point in points)


def _share(value: Json) -> str:
    return f"{100 * value:.3g} %" if isinstance(value, int | float) else "—"


def _rows(entry: Mapping[str, Json]) -> str:
    rows = entry.get("rows")
    return "clean" if rows == 0 else f"{rows:,} row{'s' if rows != 1 else ''}" if isinstance(rows, int) else "—"


def _changes(entry: Mapping[str, Json]) -> str:
    changes = entry.get("changes")
    return "" if not changes else "1 change" if changes == 1 else f"{changes} changes"


def _short(name: str, longest: int = 18) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
