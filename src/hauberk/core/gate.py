"""Gates: thresholds on evidence, such as `robust_accuracy.attacked = ">= 0.60"`.

The gateway and the offline verifier evaluate gates with this same code, so it stays on the rock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.core.errors import CoreError

__all__ = ["BadRule", "Gate", "GateResult", "evaluate_gates", "parse_rule"]

_RULE = re.compile(r"\s*(<=|>=|<|>)\s*([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*")


class BadRule(CoreError):
    """A gate is not a comparison with a number, such as `">= 0.60"`."""

    code = "CORE-101"
    title = "Not a gate rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One threshold on the claim of this name."""

    name: str
    comparison: str
    threshold: float

    @property
    def rule(self) -> str:
        """The rule as a person writes it, with every digit. Law: `parse_rule(g.name, g.rule) == g`."""
        return f"{self.comparison} {self.threshold!r}".removesuffix(".0")

    def admits(self, value: float) -> bool:
        """Whether `value` passes; NaN never does."""
        if math.isnan(value):
            return False
        match self.comparison:
            case ">=":
                return value >= self.threshold
            case ">":
                return value > self.threshold
            case "<=":
                return value <= self.threshold
            case _:
                return value < self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """A gate and what the evidence said; a gate without evidence fails."""

    gate: Gate
    claim: Claim | None
    passed: bool

    def document(self) -> dict[str, Json]:
        """The result as the command line and the summary print it."""
        found: Mapping[str, Json] = self.claim.document() if self.claim else {}
        document: dict[str, Json] = {"name": self.gate.name, "rule": self.gate.rule}
        document |= {key: found.get(key) for key in ("value", "low", "high", "rung")}
        return document | {"pass": self.passed}


def parse_rule(name: str, text: str) -> Gate:
    """The gate that a user wrote.

    >>> parse_rule("accuracy", ">= 0.85").rule
    '>= 0.85'

    Raises:
        BadRule: Not a comparison with a number.
    """
    match = _RULE.fullmatch(text)
    if match is None or not math.isfinite(float(match[2])):
        raise BadRule(where=f"gates.{name}", expected='a comparison such as ">= 0.60"', got=repr(text))
    return Gate(name=name, comparison=match[1], threshold=float(match[2]))


def evaluate_gates(gates: Sequence[Gate], claims: Mapping[str, Claim]) -> tuple[GateResult, ...]:
    """Each gate against the claim of its name, by the point estimate. A missing claim fails its gate."""
    results = []
    for gate in gates:
        claim = claims.get(gate.name)
        passed = claim is not None and gate.admits(claim.estimate.value)
        results.append(GateResult(gate=gate, claim=claim, passed=passed))
    return tuple(results)
