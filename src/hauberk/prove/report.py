"""The report: one self-contained HTML page and its JSON twin, made from the statements and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest
from hauberk.core.encoding import Json, render_json
from hauberk.core.gate import GateResult
from hauberk.core.statement import Statement
from hauberk.prove.report_figures import figures
from hauberk.prove.report_style import STYLE
from hauberk.prove.report_tables import adversary, findings, suspects, table

__all__ = ["LoggedResult", "ReportSource", "render_report", "render_report_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedResult:
    """A statement with its place in the log."""

    stage: str
    leaf: int
    digest: Digest
    statement: Statement

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the predicate."""
        found = self.statement.predicate.get("claims", [])
        return tuple(parse_claim(one, where=self.stage) for one in found) if isinstance(found, list) else ()

    @property
    def details(self) -> Mapping[str, Json]:
        """What the stage tells beyond its claims."""
        found = self.statement.predicate.get("details", {})
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """All that the report is made from.

    Attributes:
        system: Name of the system.
        owner, intended_use: What its owner declares.
        identity: Text of the public key.
        size, root: Of the log when the report was made; the report itself is the next leaf.
        bundle: Digest of the sealed bundle.
        passed: The verdict.
        gates: Results of the gates.
        results: The statements, in the order of the log.
    """

    system: str
    owner: str
    intended_use: str
    identity: str
    size: int
    root: str
    bundle: Digest
    passed: bool
    gates: tuple[GateResult, ...]
    results: tuple[LoggedResult, ...]


def render_report_json(source: ReportSource) -> bytes:
    """The twin for machines: the same content, canonical JSON and a newline."""
    results: list[Json] = [
        {
            "stage": one.stage,
            "leaf": one.leaf,
            "envelope": str(one.digest),
            "type": one.statement.predicate_type,
            "subjects": [subject.document() for subject in one.statement.subjects],
            "predicate": one.statement.predicate,
        }
        for one in source.results
    ]
    document: dict[str, Json] = {
        "type": "urn:hauberk:report:v1",
        "system": source.system,
        "owner": source.owner,
        "intendedUse": source.intended_use,
        "verdict": "PASSED" if source.passed else "FAILED",
        "bundle": str(source.bundle),
        "identity": source.identity,
        "ledger": {"size": source.size, "root": source.root},
        "gates": [gate.document() for gate in source.gates],
        "statements": results,
    }
    return render_json(document) + b"\n"


def render_report(source: ReportSource) -> bytes:
    """The page for people: no script, nothing loaded, a policy that forbids both."""
    style_hash = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'"
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(source.system)}: security evidence</title><style>{STYLE}</style></head><body><main>"
    )
    return (head + "\n".join(_body(source)) + "</main></body></html>\n").encode()


def _body(source: ReportSource) -> Iterator[str]:
    yield from _head(source)
    yield from figures({one.stage: one.details for one in source.results}, _claims(source))
    yield "<h2>Gates</h2><p>What was promised in hauberk.toml, evaluated over the log.</p>"
    yield _gates(source.gates)
    yield from adversary(source.results)
    yield from findings(source.results)
    yield from suspects(source.results)
    yield "<h2>Every claim</h2><p>Each with its 95 % interval, its rung, and the leaf that holds it.</p>"
    yield _all_claims(source.results)
    yield from _rungs()
    yield "<h2>The log</h2>"
    yield _leaves(source.results)
    yield from _how_to_verify(source)


def _claims(source: ReportSource) -> dict[str, Claim]:
    return {claim.name: claim for one in source.results for claim in one.claims}


def _head(source: ReportSource) -> Iterator[str]:
    kind, word = ("pass", "PASSED") if source.passed else ("fail", "FAILED")
    yield f"<h1>{escape(source.system)}</h1>"
    yield f'<p class="lead">{escape(source.intended_use) or "Security evidence"}</p>'
    yield f'<p class="verdict {kind}">{word}</p>'
    facts = [("Owner (declared)", source.owner), ("Bundle", str(source.bundle))]
    facts += [("Public key", source.identity), ("Log", f"{source.size} statements, root {source.root}")]
    rows = "".join(f'<dt>{name}</dt><dd class="mono">{escape(value)}</dd>' for name, value in facts if value)
    yield f"<dl>{rows}</dl>"


def _gates(gates: Sequence[GateResult]) -> str:
    if not gates:
        return '<p class="fail">No gates: without a promise nothing is admitted.</p>'
    rows = []
    for result in gates:
        mark = '<span class="pass">pass</span>' if result.passed else '<span class="fail">fail</span>'
        rung = _rung(str(result.claim.rung)) if result.claim else "no evidence"
        rows.append((escape(result.gate.name), escape(result.gate.rule), _number(result.claim), rung, mark))
    return table(("gate", "rule", "#found", "rung", ""), rows)


def _all_claims(results: Sequence[LoggedResult]) -> str:
    rows = []
    for one in results:
        for claim in one.claims:
            number = claim.estimate
            interval = f"{number.low:.4g} to {number.high:.4g}" if number.n else "exact"
            value = f"{number.value:.4g} {escape(claim.unit)}"
            sample = f"{number.n} rows, {escape(number.method)}" if number.n else escape(number.method)
            rows.append((escape(claim.name), value, interval, sample, _rung(str(claim.rung)), str(one.leaf)))
    return table(("claim", "#value", "#interval", "from", "rung", "#leaf"), rows)


def _leaves(results: Sequence[LoggedResult]) -> str:
    rows = [
        (
            str(one.leaf),
            escape(one.statement.predicate_type),
            "<br>".join(f"{escape(s.name)} <code>{s.digest.short}</code>" for s in one.statement.subjects),
            f"<code>{one.digest.short}</code>",
        )
        for one in results
    ]
    return table(("#leaf", "type of statement", "about", "envelope"), rows)


def _rungs() -> Iterator[str]:
    yield (
        f"<p>{_rung('declared')} somebody says so. {_rung('measured')} a run in the log found it; it can be repeated. "
        f"{_rung('certified')} it holds whatever the adversary does, within the threat described above.</p>"
    )


def _how_to_verify(source: ReportSource) -> Iterator[str]:
    name = escape(source.system)
    yield "<h2>Verify this report</h2>"
    yield (
        "<p>This page is a leaf of the log too. With the proof, and the public key from a channel that you trust, "
        "anybody can check every figure's signature and place in the log, offline, with two small packages:</p>"
    )
    yield f"<pre><code>hauberk prove verify {name}.proof.json --key {name}.pub</code></pre>"
    yield "<h2>What the numbers do not say</h2>"
    yield (
        "<p>They hold for the adversary described above and for no other. Intervals cover the sampling of the test "
        "rows. Attacked accuracy is the share that the strongest attack we ran left standing: the truth lies between "
        "certified and attacked. Label suspects are reasons to look, not verdicts. A proof shows who said what and "
        "that the record was not changed; that a measurement was made honestly shows in repeating it.</p>"
    )


def _rung(name: str) -> str:
    return f'<span class="rung {escape(name)}">{escape(name)}</span>'


def _number(claim: Claim | None) -> str:
    if claim is None:
        return "-"
    number = claim.estimate
    return f"{number.value:.4g} ({number.low:.4g} to {number.high:.4g})"
