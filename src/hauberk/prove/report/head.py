"""The head of the report: whose it is, the verdict, and the story in one paragraph."""

from __future__ import annotations

from hauberk.core.claim import Claim
from hauberk.prove.markup import NOTHING, Markup, classed, element
from hauberk.prove.report.source import ReportSource

__all__ = ["head"]


def head(source: ReportSource) -> Markup:
    """Name, verdict, facts."""
    use = classed("p", "use", source.intended_use) if source.intended_use else NOTHING
    return element(
        "header",
        classed("p", "kicker", "Hauberk · security evidence"),
        element("h1", source.system),
        use,
        _verdict(source),
        classed("p", "story", _story(source)),
        _facts(source),
    )


def _verdict(source: ReportSource) -> Markup:
    held = sum(result.passed for result in source.gates)
    word = "Passed" if source.passed else "Failed"
    sign = "✓" if source.passed else "✗"
    if not source.gates:
        says = "There are no gates: without a promise nothing is admitted."
    else:
        says = f"{held} of {len(source.gates)} gates hold for exactly this bundle."
    return classed(
        "div",
        f"verdict {'passed' if source.passed else 'failed'}",
        classed("p", "word", f"{sign} {word}"),
        element("p", says, element("br"), element("code", str(source.bundle))),
    )


def _story(source: ReportSource) -> str:
    """What was found, in sentences, as far as there are claims for them."""
    claims = {name: claim for name, (claim, _) in source.claims.items()}
    clean, attacked = claims.get("accuracy"), claims.get("robust_accuracy")
    certified, before = claims.get("certified_accuracy"), claims.get("before.robust_accuracy")
    told = []
    if clean:
        told.append(f"Of {clean.estimate.n:,} test rows the sealed model decides {_share(clean)} rightly.")
    if attacked:
        then = f"; before hardening it was {_share(before)}" if before else ""
        told.append(f"Under the strongest attack that was run it still decides {_share(attacked)} rightly{then}.")
    if certified:
        told.append(f"For {_share(certified)} it is proved that nothing this adversary can do turns the decision.")
    return " ".join(told)


def _share(claim: Claim) -> str:
    return f"{100 * claim.estimate.value:.1f}\u00a0%"


def _facts(source: ReportSource) -> Markup:
    summary = next((one for one in source.results if one.stage == "gate"), None)
    time = summary.statement.predicate.get("timeVerified") if summary else ""
    facts = [
        ("Owner", f"{source.owner} (declared)" if source.owner else ""),
        ("Verdict given", str(time or "").replace("T", " ").replace("Z", " UTC")),
        ("Signed by", "\n".join(source.signers)),
        ("Log", f"{source.size} statements, root {source.root}"),
    ]
    entries = [part for name, value in facts if value for part in (element("dt", name), element("dd", value))]
    return element("dl", *entries)
