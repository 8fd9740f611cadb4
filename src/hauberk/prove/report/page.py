"""The page for people: no script, nothing loaded, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib

from hauberk.prove.markup import Markup, classed, element, joined
from hauberk.prove.report.attacker import attacker_section, changes_section
from hauberk.prove.report.choice import choice_section
from hauberk.prove.report.data import data_section
from hauberk.prove.report.fragile import fragile_section
from hauberk.prove.report.gates import gates_section
from hauberk.prove.report.groups import groups_section
from hauberk.prove.report.head import head
from hauberk.prove.report.poisoning import poisoning_section
from hauberk.prove.report.record import (
    claims_section,
    findings_section,
    limits_section,
    statements_section,
    verification_section,
)
from hauberk.prove.report.source import ReportSource, verify_source
from hauberk.prove.report.style import STYLE

__all__ = ["render_report"]

_SECTIONS = (
    gates_section,
    attacker_section,
    choice_section,
    changes_section,
    fragile_section,
    poisoning_section,
    groups_section,
    data_section,
    findings_section,
    limits_section,
    claims_section,
    statements_section,
    verification_section,
)


def render_report(source: ReportSource) -> bytes:
    """The report as one self-contained HTML page, UTF-8. A figure is drawn where its numbers are there.

    Raises:
        ContradictoryReport: The verdict is not that of the summary.
    """
    verify_source(source)
    body = element(
        "main",
        head(source),
        *[section(source) for section in _SECTIONS],
        classed("footer", "end", f"Hauberk · {source.system} · {source.bundle}"),
    )
    page = element("html", _head(source), element("body", body), attributes={"lang": "en"})
    return f"<!doctype html>\n{page}\n".encode()


def _head(source: ReportSource) -> Markup:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    if source.images:
        policy += "; img-src data:"  # pictures lie within the page, so that nothing is loaded all the same
    return element(
        "head",
        element("meta", attributes={"charset": "utf-8"}),
        element("meta", attributes={"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", attributes={"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", attributes={"name": "color-scheme", "content": "light dark"}),
        element("meta", attributes={"name": "referrer", "content": "no-referrer"}),
        element("title", f"{source.system}: security evidence"),
        joined([Markup(f"<style>{STYLE}</style>")]),
    )
