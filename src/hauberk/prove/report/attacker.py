"""What an attacker can do: before and after hardening, by whom, and by which changes."""

from __future__ import annotations

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.prove.charts import BarPair, Interval, parse_interval, render_bars, render_curve, render_shares
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.figures import entry_text, figure_with
from hauberk.prove.report.numbers import claim_interval, claim_value
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import leaf_mark, rung_mark, spread, table

__all__ = ["attacker_section", "changes_section"]

_LINES = 10

_MEASURES = (
    ("accuracy", "clean", "clean accuracy"),
    ("robust_accuracy", "attacked", "accuracy under attack"),
    ("certified_accuracy", "certified", "certified accuracy"),
)


def attacker_section(source: ReportSource) -> Markup:
    """Figure and table of before and after, and the adversary whom they hold for."""
    pairs = [_pair(source, name, short, label) for name, short, label in _MEASURES]
    if all(pair.before is None and pair.after is None for pair in pairs):
        return NOTHING
    svg = render_bars(pairs, title="Accuracy before and after hardening")
    caption = (
        "Share of test rows decided rightly, before and after hardening, with 95 % intervals. The true accuracy under "
        "attack lies between the certified and the attacked one."
    )
    return element(
        "section",
        element("h2", "What an attacker can do"),
        figure_with(svg, caption, _measures(source)),
        _adversary(source.stage("attack").get("adversary")),
    )


def changes_section(source: ReportSource) -> Markup:
    """Which columns the successful attacks change, and what they cost."""
    details = source.stage("attack")
    parts = [_features(details.get("features")), *_curves(details.get("curves"), details.get("curves_before"))]
    if not any(parts):
        return NOTHING
    return element("section", element("h2", "How the attacks succeed"), *parts)


def _pair(source: ReportSource, name: str, short: str, label: str) -> BarPair:
    return BarPair(
        label=label,
        before=_number(source, f"before.{name}", "before", short),
        after=_number(source, name, "after", short),
    )


def _number(source: ReportSource, name: str, moment: str, short: str) -> Interval | None:
    """The claim of this name, or what the attack's details tell where there is none."""
    if name in source.claims:
        return Interval.of(source.claims[name][0].estimate)
    told = source.stage("attack").get(moment)
    return parse_interval(told.get(short)) if isinstance(told, dict) else None


def _measures(source: ReportSource) -> Markup:
    rows = [_measure(source, name, label) for name, _, label in _MEASURES]
    known = [row for row in rows if row]
    return table(("", "#before", "#after", "rung", "#leaf"), known, label="Before and after") if known else NOTHING


def _measure(source: ReportSource, name: str, label: str) -> tuple[str, ...]:
    """One row, or nothing where the claim is not there."""
    before, after = source.claims.get(f"before.{name}"), source.claims.get(name)
    last = after or before
    if last is None:
        return ()
    claim, leaf = last
    cells = [spread(*pair) if (pair := _told(one)) else "—" for one in (before, after)]
    return (label, *cells, rung_mark(claim.rung), leaf_mark(leaf))


def _told(one: tuple[Claim, int] | None) -> tuple[str, str] | None:
    return (claim_value(one[0]), claim_interval(one[0])) if one else None


def _adversary(found: Json) -> Markup:
    if not isinstance(found, list):
        return NOTHING
    rows = [(element("code", entry_text(entry, "feature")), entry_text(entry, "can")) for entry in found]
    says = "Every figure under attack holds for somebody who can do this, and no more:"
    told = table(("column", "can be"), rows, label="The adversary") if rows else element("p", "Change nothing at all.")
    return element("div", element("h3", "The adversary"), element("p", says), told)


def _features(found: Json) -> Markup:
    shares = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {"name": str(name), "share": float() | int() as share}:
                shares.append((name, float(share)))
    if not shares:
        return NOTHING
    svg = render_shares(shares, title="Columns that successful attacks change")
    caption = "Share of the successful attacks on the sealed model that change the column."
    ordered = sorted(shares, key=lambda share: (-share[1], share[0]))
    rows = [(element("code", name), f"{share:.3f}") for name, share in ordered]
    return figure_with(svg, caption, table(("column", "#share"), rows, label="Columns that attacks change"))


def _curves(found: Json, before: Json) -> list[Markup]:
    """Accuracy against what is spent, a figure for each unit, with the line of the baseline where it is another."""
    earlier = dict(_lines(before))
    return [_curve(unit, points, earlier.get(unit, [])) for unit, points in _lines(found) if len(points) > 1]


def _lines(found: Json) -> list[tuple[str, list[tuple[float, float]]]]:
    lines = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {"unit": str(unit), "spent": list(spent), "accuracy": list(accuracy)}:
                lines.append((unit, list(zip(_numbers(spent), _numbers(accuracy), strict=False))))
    return lines


def _numbers(found: list[Json]) -> list[float]:
    return [float(one) for one in found if isinstance(one, int | float)]


def _curve(unit: str, points: list[tuple[float, float]], before: list[tuple[float, float]]) -> Markup:
    other = before if before != points else []
    svg = render_curve(points, title=f"Accuracy by {unit}", across=unit, upwards="accuracy", before=other, dots=False)
    caption = f"Share of the test rows that are still decided rightly when an adversary may spend so much ({unit})."
    caption += " The grey line is the model before hardening." if other else ""
    known = dict(before)
    heads = (f"#{unit}", "#accuracy", *(("#before",) if other else ()))
    shown = points if len(points) <= _LINES else points[:: -(-len(points) // _LINES)]
    rows = [
        (f"{spent:.4g}", f"{share:.3f}", *((f"{known[spent]:.3f}" if spent in known else "—",) if other else ()))
        for spent, share in shown
    ]
    return figure_with(svg, caption, classed("div", "short", table(heads, rows, label=f"Accuracy by {unit}")))
