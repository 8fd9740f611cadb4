"""Whether the data can be trusted: how well the labels hold, and which to look at first."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.encoding import Json
from hauberk.prove.charts import render_histogram
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.figures import entry_text, figure_with
from hauberk.prove.report.quarantine import quarantine_part
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.suspects import suspects_picture
from hauberk.prove.report.tables import table

__all__ = ["data_section"]

_SHOWN = 10
_CAPTION = (
    "Training rows by the blended score of all views, flagged ones in red, and the first rows to look at on the same "
    "axis. A dashed line stands at the lowest score that is flagged."
)
_KINDS = {"backdoor": "a backdoor", "region": "a region with exchanged labels", "label_flip": "exchanged labels"}


def data_section(source: ReportSource) -> Markup:
    """Which attack it looks like, the margins of the labels and the worst rows; nothing where none were ranked."""
    details = source.stage("verify")
    picture = suspects_picture(details)
    drawn = classed("div", "large", figure_with(picture, _CAPTION)) if picture else NOTHING
    parts = [
        _attack(details.get("attack"), details.get("backdoor")),
        drawn,
        _margins(details.get("margins"), _suspects(details.get("suspicious"))),
        quarantine_part(details.get("quarantine")),
    ]
    return element("section", element("h2", "Whether the labels hold"), *parts) if any(parts) else NOTHING


def _attack(found: Json, backdoor: Json) -> Markup:
    """The verdict on attacks: what kind, on what evidence, how many rows, and where a trigger lies."""
    if not isinstance(found, Mapping) or not isinstance(found.get("kind"), str):
        return NOTHING
    searched = isinstance(backdoor, Mapping) and backdoor.get("looked_at")
    looked = (
        f"A trigger was looked for in {entry_text(backdoor, 'looked_at')} rows."
        if searched
        else "No trigger was looked for."
    )
    kind = str(found["kind"])
    if kind == "none":
        return element("p", f"No attack on the training data is claimed. {looked}")
    word = _KINDS.get(kind, kind)
    names = " ".join(str(found[name]) for name in ("atlas", "nist") if found.get(name))
    says = (
        f"The training data look attacked: {word}, {entry_text(found, 'rows')} rows, by {found.get('basis')}; "
        f"confidence {entry_text(found, 'confidence')} ({names}). {looked}"
    )
    return element("div", element("p", says), _trigger(backdoor))


def _trigger(found: Json) -> Markup:
    conditions = found.get("conditions") if isinstance(found, Mapping) else None
    if not isinstance(conditions, list) or not conditions:
        return NOTHING
    rows = [[entry_text(one, "column"), entry_text(one, "condition"), entry_text(found, "label")] for one in conditions]
    return table(("column", "the rows share", "and bear the label"), rows, label="Signature of the suspected rows")


def _margins(found: Json, suspects: Markup) -> Markup:
    match found:
        case {"edges": list(edges), "counts": list(counts)} if counts and len(edges) == len(counts) + 1:
            numbers = [float(edge) for edge in edges if isinstance(edge, int | float)]
            whole = [count for count in counts if isinstance(count, int)]
            if len(numbers) == len(edges) and len(whole) == len(counts):
                svg = render_histogram(
                    numbers,
                    whole,
                    title="Margin of the training rows against their label, out of fold",
                    axis="log odds against the given label",
                )
                caption = (
                    "Training rows by how strongly models that have not seen them contradict their label. Beyond "
                    "zero, in red, they would decide otherwise."
                )
                return figure_with(svg, caption, suspects)
    return suspects


def _suspects(found: Json) -> Markup:
    if not isinstance(found, list) or not found:
        return NOTHING
    names = ("row", "given", "proposed", "margin")
    rows = [[_cell(entry, name) for name in names] for entry in found[:_SHOWN]]
    return element(
        "div",
        element("h3", "Labels to look at first"),
        table(("#row", "given", "proposed", "#margin"), rows, label="Suspicious labels"),
    )


def _cell(entry: Json, name: str) -> str:
    """A field as text; the number of a row is its name, so it stands without groups of digits."""
    text = entry_text(entry, name)
    return text.replace(",", "") if name == "row" else text
