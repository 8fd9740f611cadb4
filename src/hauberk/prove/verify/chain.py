"""The statements together: the same data, model and bundle; gates and verdict that follow from the claims."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.digest import Digest, digest_json
from hauberk.core.encoding import Json, render_json
from hauberk.core.errors import HauberkError
from hauberk.core.gate import GateResult, evaluate_gates, parse_rule
from hauberk.prove.verify.errors import BrokenChain, WrongGates, WrongVerdict
from hauberk.prove.verify.evidence import Evidence

__all__ = ["verify_chain", "verify_gates"]

# Who speaks of an artifact, and who must speak of the same.
_LINKS = (
    ("train", ("verify", "subject", "train"), ("harden", "input", "train")),
    ("test", ("verify", "subject", "test"), ("attack", "input", "test")),
    ("model", ("harden", "subject", "model"), ("attack", "subject", "model")),
    ("model", ("harden", "subject", "model"), ("seal", "input", "model")),
    ("bundle", ("seal", "subject", "bundle"), ("gate", "subject", "bundle")),
    ("bundle", ("seal", "subject", "bundle"), ("prove", "input", "bundle")),
)
_EVIDENCE = ("verify", "harden", "attack", "seal")


def verify_chain(evidence: Mapping[str, Evidence]) -> Digest:
    """The digest of the bundle that all statements lead to.

    Raises:
        BrokenChain: Two statements speak of different artifacts.
    """
    for name, (first, kind, what), (second, other_kind, other_what) in _LINKS:
        one, other = _digest(evidence[first], kind, what), _digest(evidence[second], other_kind, other_what)
        if one != other:
            raise BrokenChain(where=evidence[second].where, expected=f"{name} {one} as in {first}", got=str(other))
    return evidence["seal"].subject("bundle")


def verify_gates(evidence: Mapping[str, Evidence], *, system: str) -> tuple[GateResult, ...]:
    """The results of the gates, evaluated anew over the claims in the log and found to be those of the summary.

    Raises:
        BrokenChain: The summary rests on other statements, or speaks of another system.
        WrongGates: Its policy or a result does not follow.
        WrongVerdict: Its verdict does not follow.
    """
    summary = evidence["gate"]
    predicate = summary.statement.predicate
    _verify_inputs(evidence, predicate)
    if predicate.get("resourceUri") != f"urn:hauberk:bundle:{system}":
        raise BrokenChain(
            where=summary.where, expected=f"the bundle of {system}", got=repr(predicate.get("resourceUri"))
        )
    results = _evaluated(evidence, predicate)
    if render_json([result.document() for result in results]) != render_json(predicate.get("hauberk_gates")):
        raise WrongGates(where=summary.where, expected="the results that the claims give", got="others")
    rules: dict[str, Json] = {result.gate.name: result.gate.rule for result in results}
    if predicate.get("policy") != {"uri": "hauberk.toml#gates", "digest": {"sha256": digest_json(rules).hex}}:
        raise WrongGates(
            where=summary.where, expected="the digest of the rules", got=repr(predicate.get("policy"))[:120]
        )
    passed = bool(results) and all(result.passed for result in results)
    verdict = "PASSED" if passed else "FAILED"
    if predicate.get("verificationResult") != verdict:
        raise WrongVerdict(where=summary.where, expected=verdict, got=repr(predicate.get("verificationResult"))[:40])
    return results


def _digest(one: Evidence, kind: str, name: str) -> Digest:
    return one.subject(name) if kind == "subject" else one.input(name)


def _verify_inputs(evidence: Mapping[str, Evidence], predicate: Mapping[str, Json]) -> None:
    wanted: list[Json] = [
        {"uri": f"urn:hauberk:leaf:{evidence[stage].index}", "digest": {"sha256": evidence[stage].digest.hex}}
        for stage in _EVIDENCE
    ]
    if predicate.get("inputAttestations") != wanted:
        where = evidence["gate"].where
        raise BrokenChain(where=where, expected="the statements of this proof as inputs", got="others")


def _evaluated(evidence: Mapping[str, Evidence], predicate: Mapping[str, Json]) -> tuple[GateResult, ...]:
    claims = {claim.name: claim for stage in _EVIDENCE for claim in evidence[stage].claims}
    found = predicate.get("hauberk_gates")
    gates = []
    for entry in found if isinstance(found, list) else []:
        match entry:
            case {"name": str(name), "rule": str(rule)}:
                try:
                    gates.append(parse_rule(name, rule))
                except HauberkError as error:
                    raise WrongGates(where=evidence["gate"].where, expected=error.expected, got=error.got) from error
            case _:
                raise WrongGates(
                    where=evidence["gate"].where, expected="gates with name and rule", got="something else"
                )
    return evaluate_gates(gates, claims)
