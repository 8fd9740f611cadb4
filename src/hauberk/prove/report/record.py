"""The record: every finding, every claim, every statement, and how a reader checks them."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.claim import Claim, Rung
from hauberk.core.encoding import Json
from hauberk.prove.markup import Markup, classed, element, joined
from hauberk.prove.report.figures import entry_text
from hauberk.prove.report.limits import what_is_not_said
from hauberk.prove.report.numbers import claim_interval, claim_value, seconds
from hauberk.prove.report.source import LoggedResult, ReportSource
from hauberk.prove.report.tables import leaf_mark, rung_mark, table

__all__ = ["claims_section", "findings_section", "limits_section", "statements_section", "verification_section"]

_RUNGS = {
    Rung.DECLARED: "somebody says so.",
    Rung.MEASURED: "a run in the log found it; the run can be repeated.",
    Rung.CERTIFIED: "it is proved to hold whatever the described adversary does.",
}
_SEVERITIES = ("info", "warning", "error")


def findings_section(source: ReportSource) -> Markup:
    """The findings of all stages, gravest first."""
    found = [(one, entry) for one in source.results for entry in one.entries("findings")]
    found.sort(key=lambda pair: -_gravity(pair[1]))
    rows = [_finding(one, entry) for one, entry in found]
    told = (
        table(("severity", "finding", "#count", "stage", "#leaf"), rows, label="Findings")
        if rows
        else element("p", "None: the checks that were run found nothing to look at.")
    )
    return element("section", element("h2", "Findings"), told)


def claims_section(source: ReportSource) -> Markup:
    """Every claim with its interval, its sample, its rung and its leaf."""
    rows = [_claim(one, claim) for one in source.results for claim in one.claims]
    rungs = [part for rung, says in _RUNGS.items() for part in (rung_mark(rung), " ", says, " ")]
    return element(
        "section",
        element("h2", "Every claim"),
        element("p", *rungs),
        table(("claim", "#value", "interval", "from", "rung", "#leaf"), rows, label="Claims"),
    )


def statements_section(source: ReportSource) -> Markup:
    """The signed statements behind this report."""
    says = (
        "Each stage has written one signed statement, a leaf of the transparency log. When this report was made the "
        f"log held {source.size} statements; the report is a later leaf itself. Digests are cut to twelve digits here "
        "and stand whole in report.json."
    )
    heads = ("#leaf", "stage", "about", "made by", "#time", "envelope")
    rows = [_statement(one) for one in source.results]
    return element("section", element("h2", "The record"), element("p", says), table(heads, rows, label="Statements"))


def verification_section(source: ReportSource) -> Markup:
    """How a stranger checks all this."""
    name = source.system
    return element(
        "section",
        element("h2", "Check this report yourself"),
        element(
            "p",
            "Take the proof that belongs to this report, and the public key from a channel that you trust. Two small "
            "packages are enough; no account, no network and no trust in us are needed:",
        ),
        element("pre", element("code", _commands(name)), attributes={"tabindex": "0"}),
        element(
            "p",
            "It verifies every signature and every place in the log, follows data, model and bundle from statement to "
            "statement, evaluates the gates again, and compares this very file with the one that was logged.",
        ),
    )


def limits_section(source: ReportSource) -> Markup:
    """What the numbers do not say."""
    items = [element("li", sentence) for sentence in what_is_not_said(source)]
    return element("section", element("h2", "What the numbers do not say"), element("ul", *items))


def _commands(name: str) -> str:
    return (
        "python -m venv check\n"
        "check/bin/pip install cryptography msgspec\n"
        "check/bin/pip install --no-deps hauberk\n"
        f"check/bin/hauberk prove verify {name}.proof.json --key {name}.pub"
    )


def _gravity(entry: Json) -> int:
    severity = entry_text(entry, "severity")
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else 0


def _finding(one: LoggedResult, entry: Json) -> tuple[str, ...]:
    severity = entry_text(entry, "severity")
    kind = severity if severity in _SEVERITIES else "info"
    mark = classed("span", f"severity {kind}", severity)
    return (mark, entry_text(entry, "message"), entry_text(entry, "count"), one.stage, leaf_mark(one.leaf))


def _claim(one: LoggedResult, claim: Claim) -> tuple[str, ...]:
    number = claim.estimate
    sample = f"{number.n:,} rows, {number.method}" if number.n else number.method
    value, interval = claim_value(claim), claim_interval(claim)
    return (element("code", claim.name), value, interval, sample, rung_mark(claim.rung), leaf_mark(one.leaf))


def _statement(one: LoggedResult) -> tuple[str, ...]:
    predicate = one.statement.predicate
    leaf = element("span", str(one.leaf), attributes={"id": f"leaf-{one.leaf}"})
    about = joined(_subjects(one), "<br>")
    timings = predicate.get("timings")
    wall = seconds(timings.get("wallSeconds")) if isinstance(timings, dict) else ""
    kind = classed("div", "note", one.statement.predicate_type)
    return (leaf, element("div", one.stage, kind), about, _made_by(one), wall, element("code", one.digest.short))


def _subjects(one: LoggedResult) -> Iterator[Markup]:
    for subject in one.statement.subjects:
        yield element("span", f"{subject.name} ", element("code", subject.digest.short))


def _made_by(one: LoggedResult) -> Markup:
    predicate = one.statement.predicate
    command, seed = predicate.get("command"), predicate.get("seed")
    tool = predicate.get("tool")
    version = f"{entry_text(tool, 'name')} {entry_text(tool, 'version')}" if isinstance(tool, dict) else ""
    words = [version, f"seed {seed}" if isinstance(seed, int) else ""]
    note = ", ".join(word for word in words if word)
    return element("div", element("code", str(command)) if command else "", classed("div", "note", note))
