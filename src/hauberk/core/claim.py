"""What may be said of a system: a number with its interval, and how far it can be trusted (its rung)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum

from hauberk.core.encoding import Json
from hauberk.core.errors import Malformed

__all__ = ["Claim", "Estimate", "Rung", "parse_claim"]


class Rung(StrEnum):
    """How a claim is known, weakest first."""

    DECLARED = "declared"
    """Somebody says so."""
    MEASURED = "measured"
    """A run in the log found it; the run can be repeated."""
    CERTIFIED = "certified"
    """A bound that holds whatever the attacker does within the stated threat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with the interval that its sample allows.

    Attributes:
        value: The point estimate.
        low, high: Ends of the interval at `level`.
        n: Size of the sample (rows), 0 where the number is exact.
        method: How the interval was made, such as `clopper-pearson`.
        level: Coverage of the interval, 0 to 1.
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One named number about the subjects of a statement.

    `name` is dotted (`robust_accuracy.attacked`); `unit` is empty for a proportion or a bare count. An interval
    covers sampling only; what an attack could not find is never in it.
    """

    name: str
    estimate: Estimate
    rung: Rung
    unit: str = ""

    def document(self) -> dict[str, Json]:
        """The claim as it stands in a predicate."""
        number = self.estimate
        document: dict[str, Json] = {"name": self.name, "value": number.value, "low": number.low, "high": number.high}
        document |= {"n": number.n, "method": number.method, "level": number.level, "rung": str(self.rung)}
        return document | ({"unit": self.unit} if self.unit else {})


def parse_claim(document: Json, *, where: str) -> Claim:
    """The claim that stands in a predicate. Law: `parse_claim(claim.document()) == claim`.

    Raises:
        Malformed: Fields are missing, unknown or of another type.
    """
    match document:
        case {
            "name": str(name),
            "value": int() | float() as value,
            "low": int() | float() as low,
            "high": int() | float() as high,
            "n": int(n),
            "method": str(method),
            "level": int() | float() as level,
            "rung": str(rung),
            **rest,
        } if (
            not (set(rest) - {"unit"})
            and isinstance(rest.get("unit", ""), str)
            and rung in set(Rung)
            and all(_is_finite(number) for number in (value, low, high, n, level))
        ):
            estimate = Estimate(value=value, low=low, high=high, n=n, method=method, level=level)
            return Claim(name=name, estimate=estimate, rung=Rung(rung), unit=str(rest.get("unit", "")))
    raise Malformed(where=where, expected="a claim", got=repr(document)[:120])


def _is_finite(number: float) -> bool:
    """Whether a JSON number can be computed with: neither a bool nor an integer beyond the floats."""
    return not isinstance(number, bool) and abs(number) <= sys.float_info.max
