"""The test rows and pictures that fall first, and what is enough for each."""

from __future__ import annotations

from hauberk.prove.charts import render_images, triptych
from hauberk.prove.markup import NOTHING, Markup, element
from hauberk.prove.report.figures import figure_with
from hauberk.prove.report.numbers import figure
from hauberk.prove.report.source import ReportSource
from hauberk.prove.report.tables import table

__all__ = ["fragile_section"]


def fragile_section(source: ReportSource) -> Markup:
    """The most fragile rows with their smallest change in words, or as pictures; nothing where none fell."""
    parts = [part for part in (_pictures(source), _rows(source)) if part]
    if not parts:
        return NOTHING
    return element("section", element("h2", "What falls first"), *parts)


def _rows(source: ReportSource) -> Markup:
    if not source.fragile:
        return NOTHING
    says = "The rows of the test data that the smallest changes turn, each with a change that is enough:"
    rows = [(str(one.row), one.label, one.becomes, figure(one.size), one.words) for one in source.fragile]
    heads = ("#row", "is", "becomes", "#size", "what is enough")
    return element("div", element("p", says), table(heads, rows, label="The most fragile rows"))


def _pictures(source: ReportSource) -> Markup:
    if not source.images:
        return NOTHING
    lines = [
        triptych(one.before.ravel(), one.after.ravel(), one.before.shape, words=(one.label, one.becomes))
        for one in source.images
    ]
    svg = render_images(lines, title="Pictures that fall first", columns=("as it is", "what is added", "what is read"))
    rows = ", ".join(str(one.row) for one in source.images)
    caption = (
        "Pictures of the test data that the smallest changes turn: as they are, the change ten times enlarged on grey, "
        f"and what the model then reads. Rows {rows}."
    )
    return figure_with(svg, caption)
