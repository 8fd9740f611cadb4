"""The statements together: the same data, model and bundle; gates and verdict that follow from the claims."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hauberk.core.claim import Claim
from hauberk.core.digest import Digest, digest_json
from hauberk.core.encoding import Json, render_json
from hauberk.core.gate import BadRule, Gate, GateResult, evaluate_gates, parse_rule
from hauberk.prove.verify.errors import BrokenChain, WrongGates, WrongVerdict
from hauberk.prove.verify.evidence import Evidence

__all__ = ["Verdict", "verify_chain", "verify_verdict"]

# Who speaks of an artifact, and who must speak of the same.
_LINKS = (
    ("train", ("verify", "subject", "train"), ("harden", "input", "train")),
    ("test", ("verify", "subject", "test"), ("attack", "input", "test")),
    ("train", ("verify", "subject", "train"), ("seal", "input", "train")),
    ("model", ("harden", "subject", "model"), ("attack", "subject", "model")),
    ("model", ("harden", "subject", "model"), ("seal", "input", "model")),
    ("bundle", ("seal", "subject", "bundle"), ("prove", "input", "bundle")),
)
_FURTHER = (
    ("model", ("harden", "subject", "model"), ("compare", "subject", "model")),
    ("model", ("harden", "subject", "model"), ("promote", "subject", "model")),
    ("bundle", ("seal", "subject", "bundle"), ("promote", "subject", "bundle")),
)
"""The same of statements that not every proof has."""
_GROUNDS = ("verify", "harden", "attack", "seal")
"""The stages on whose claims the verdict rests; where two claim the same name, the later one counts."""
_GATE = "urn:hauberk:gate"
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from the claims.

    Attributes:
        passed: Whether there are gates and every one admits.
        time: When the summary was made, as its signer says, RFC 3339 in UTC.
        gates: Each gate with the claim that it was held against.
        leaves: The leaf that a claim is from, by the claim's name.
    """

    passed: bool
    time: str
    gates: tuple[GateResult, ...]
    leaves: Mapping[str, int]


def verify_chain(evidence: Mapping[str, Evidence]) -> Digest:
    """The digest of the bundle that all statements lead to.

    Raises:
        BrokenChain: Two statements speak of different artifacts, or the report is about other statements.
    """
    further = [link for link in _FURTHER if link[2][0] in evidence]
    for name, (first, kind, what), (second, other_kind, other_what) in (*_LINKS, *further):
        one, other = _digest(evidence[first], kind, what), _digest(evidence[second], other_kind, other_what)
        if one != other:
            raise BrokenChain(where=evidence[second].where, expected=f"{name} {one} as in {first}", got=str(other))
    _verify_sealed(evidence)
    _verify_rest(evidence, "prove", "a report made from", (*_GROUNDS, "gate", "compare", "promote"))
    if "promote" in evidence:
        _verify_replaced(evidence)
        _verify_rest(evidence, "promote", "a promotion that rests on", (*_GROUNDS, "gate", "compare"))
    bundle, summary = evidence["seal"].subject("bundle"), evidence["gate"]
    about = [subject.digest for subject in summary.statement.subjects]
    if about != [bundle]:
        got = ", ".join(str(digest) for digest in about)
        raise BrokenChain(where=summary.where, expected=f"a verdict on the bundle {bundle} alone", got=got)
    return bundle


def _verify_replaced(evidence: Mapping[str, Evidence]) -> None:
    """A model that took over was compared with the one that it took over from."""
    promotion = evidence["promote"]
    match promotion.statement.predicate.get("details"):
        case {"deed": "promoted", "instead_of": {"model": str(model)}}:
            found = str(evidence["compare"].subject("champion")) if "compare" in evidence else "none"
            if found != model:
                expected = f"a comparison with {model}, which it replaces"
                raise BrokenChain(where=promotion.where, expected=expected[:120], got=found)


def _verify_rest(evidence: Mapping[str, Evidence], last: str, words: str, stages: tuple[str, ...]) -> None:
    """The statement `last` was made from the others of this proof, and from none of these stages that is left out."""
    one = evidence[last]
    read = {subject.name for subject in one.inputs}
    for stage in stages:
        if stage in evidence and one.input(stage) != evidence[stage].digest:
            expected = f"{words} {evidence[stage].where}, {evidence[stage].digest}"
            raise BrokenChain(where=one.where, expected=expected, got=str(one.input(stage)))
        if stage not in evidence and stage in read:
            raise BrokenChain(where=one.where, expected=f"the statement of {stage} in the proof", got="none")


def verify_verdict(evidence: Mapping[str, Evidence], *, system: str) -> Verdict:
    """The verdict of the summary, once the gates, evaluated anew over the claims in the log, are found to give it.

    Raises:
        BrokenChain: The summary rests on other statements, or speaks of another system.
        WrongGates: Its policy or a result does not follow.
        WrongVerdict: Its verdict does not follow, or does not say by whom and when it was given.
    """
    summary = evidence["gate"]
    predicate = summary.statement.predicate
    about = predicate.get("resourceUri")
    if about != f"urn:hauberk:bundle:{system}":
        raise BrokenChain(where=summary.where, expected=f"the bundle of {system}", got=repr(about)[:120])
    _verify_grounds(evidence, predicate)
    results, leaves = _evaluate(evidence, predicate)
    rules: dict[str, Json] = {result.gate.name: result.gate.rule for result in results}
    policy: Json = {"uri": "hauberk.toml#gates", "digest": {"sha256": digest_json(rules).hex}}
    if not _same(predicate.get("policy"), policy):
        got = repr(predicate.get("policy"))[:120]
        raise WrongGates(where=summary.where, expected="the digest of the rules", got=got)
    if not _same(predicate.get("hauberk_gates"), [result.document() for result in results]):
        raise WrongGates(where=summary.where, expected="the results that the claims give", got="others")
    passed = bool(results) and all(result.passed for result in results)
    time = _verify_words(summary, results, passed=passed)
    return Verdict(passed=passed, time=time, gates=results, leaves=leaves)


def _verify_sealed(evidence: Mapping[str, Evidence]) -> None:
    """The model in the bundle is the one that was trained and attacked, whatever the seal read."""
    seal, model = evidence["seal"], evidence["harden"].subject("model")
    details = seal.statement.predicate.get("details")
    files = details.get("files") if isinstance(details, Mapping) else None
    sealed = [
        file.get("sha256")
        for file in (files if isinstance(files, list) else [])
        if isinstance(file, Mapping) and str(file.get("name")).startswith("model.")
    ]
    if sealed != [model.hex]:
        raise BrokenChain(where=seal.where, expected=f"one sealed model, {model}", got=repr(sealed)[:120])


def _digest(one: Evidence, kind: str, name: str) -> Digest:
    return one.subject(name) if kind == "subject" else one.input(name)


def _same(one: Json, other: Json) -> bool:
    """Whether two values are spelt the same: Python holds `True`, `1` and `1.0` for equal."""
    return render_json(one) == render_json(other)


def _verify_grounds(evidence: Mapping[str, Evidence], predicate: Mapping[str, Json]) -> None:
    wanted: list[Json] = [
        {"uri": f"urn:hauberk:leaf:{evidence[stage].index}", "digest": {"sha256": evidence[stage].digest.hex}}
        for stage in _GROUNDS
    ]
    if not _same(predicate.get("inputAttestations"), wanted):
        where = evidence["gate"].where
        raise BrokenChain(where=where, expected="the statements of this proof as inputs", got="others")


def _evaluate(
    evidence: Mapping[str, Evidence], predicate: Mapping[str, Json]
) -> tuple[tuple[GateResult, ...], Mapping[str, int]]:
    found, where = predicate.get("hauberk_gates"), evidence["gate"].where
    if not isinstance(found, list):
        raise WrongGates(where=where, expected="a list of gates", got=type(found).__name__)
    gates = tuple(_gate(entry, where) for entry in found)
    if len({gate.name for gate in gates}) != len(gates):
        raise WrongGates(where=where, expected="gates of different names", got="two of one name")
    claims: dict[str, Claim] = {}
    leaves: dict[str, int] = {}
    for stage in _GROUNDS:
        claims |= {claim.name: claim for claim in evidence[stage].claims}
        leaves |= {claim.name: evidence[stage].index for claim in evidence[stage].claims}
    return evaluate_gates(gates, claims), leaves


def _gate(entry: Json, where: str) -> Gate:
    match entry:
        case {"name": str(name), "rule": str(rule)}:
            try:
                return parse_rule(name, rule)
            except BadRule as error:
                raise WrongGates(where=where, expected=error.expected, got=error.got) from error
    raise WrongGates(where=where, expected="gates with name and rule", got="something else")


def _verify_words(summary: Evidence, results: tuple[GateResult, ...], *, passed: bool) -> str:
    """The time of the summary, once its verdict, levels and verifier are found to be the right ones."""
    predicate, verifier = summary.statement.predicate, summary.statement.predicate.get("verifier")
    rungs = sorted({f"HAUBERK_{result.claim.rung.upper()}" for result in results if result.claim})
    for field, wanted in (
        ("verificationResult", "PASSED" if passed else "FAILED"),
        ("verifiedLevels", rungs if passed else ["FAILED"]),
    ):
        if not _same(predicate.get(field), wanted):
            got = repr(predicate.get(field))[:80]
            raise WrongVerdict(where=f"{summary.where}, {field}", expected=repr(wanted), got=got)
    if not isinstance(verifier, Mapping) or verifier.get("id") != _GATE:
        raise WrongVerdict(where=f"{summary.where}, verifier", expected=_GATE, got=repr(verifier)[:80])
    time = predicate.get("timeVerified")
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        raise WrongVerdict(where=f"{summary.where}, timeVerified", expected="a time in UTC", got=repr(time)[:80])
    return time
