"""Gates admit what they say and fail closed."""

from __future__ import annotations

import math

import pytest

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.gate import BadRule, evaluate_gates, parse_rule


def claim(name: str, value: float) -> Claim:
    estimate = Estimate(value=value, low=value, high=value, n=1, method="exact")
    return Claim(name=name, estimate=estimate, rung=Rung.MEASURED)


@pytest.mark.parametrize(
    ("rule", "value", "passed"),
    [
        (">= 0.6", 0.6, True),
        (">= 0.6", 0.59, False),
        ("> 0.6", 0.6, False),
        ("<= 3", 3.0, True),
        ("< 3", 3.0, False),
        ("<1e-3", 0.0001, True),
        (">= -1", -1.0, True),
        (">= 0", math.nan, False),
        ("<= 0", math.nan, False),
    ],
)
def test_rules(rule, value, passed):
    (result,) = evaluate_gates([parse_rule("x", rule)], {"x": claim("x", value)})
    assert result.passed is passed


def test_a_gate_without_evidence_fails():
    (result,) = evaluate_gates([parse_rule("x", ">= 0")], {"y": claim("y", 1.0)})
    assert result.passed is False
    assert result.document()["value"] is None


@pytest.mark.parametrize("text", ["", "0.6", "== 0.6", ">= high", ">= 0.6 or so", ">= nan", "=> 1"])
def test_what_is_not_a_rule_is_refused(text):
    with pytest.raises(BadRule) as caught:
        parse_rule("robust_accuracy", text)
    assert "gates.robust_accuracy" in caught.value.message
