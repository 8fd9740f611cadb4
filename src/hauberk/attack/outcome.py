"""What an evasion run says: how many rows stand, between what was proved and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.finding import Finding, Severity
from hauberk.stats import estimate_proportion

__all__ = ["Curve", "EvasionResult", "Robustness", "accuracy_curve", "summarise_rows"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Shares of rows that are right; law: `certified <= the truth <= attacked <= clean`.

    Attributes:
        n: Number of rows.
        clean: Right as they are.
        attacked: Still right after the attack; the truth within the threat is not above it.
        certified: Right, and proved to stay so whatever the adversary does within reach; None where the method gives
            no proofs. The truth is not below it.
        open_rows: How many rows are neither beaten nor certified: what the two shares differ by.
    """

    n: int
    clean: Estimate
    attacked: Estimate
    certified: Estimate | None
    open_rows: int

    def claims(self, share: str = "accuracy") -> tuple[Claim, ...]:
        """`accuracy`, `robust_accuracy` and, where there is one, `certified_accuracy`; or of another share."""
        claims = [
            Claim(name=share, estimate=self.clean, rung=Rung.MEASURED),
            Claim(name=f"robust_{share}", estimate=self.attacked, rung=Rung.MEASURED),
        ]
        if self.certified is not None:
            claims.append(Claim(name=f"certified_{share}", estimate=self.certified, rung=Rung.CERTIFIED))
        return tuple(claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Accuracy under attack against what the adversary spends, as far as the attacks found it.

    Attributes:
        unit: What is spent: `features changed` or `cost`.
        spent: Rising, from 0.
        accuracy: Share of rows that are right and not beaten by at most so much; falls.
    """

    unit: str
    spent: tuple[float, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvasionResult:
    """All that an evasion run found.

    Attributes:
        robustness: The shares.
        method: `trees` (descent, branch and bound, certificates), `gradients+queries` (a network), or `queries`.
        effort: Name of the profile.
        correct: (n,) bool, right as they are.
        beaten: (n,) bool, right as they are and wrong on what the adversary makes of them.
        certified: (n,) bool, right and proved to stay so.
        rows: (n, d) float64, what the adversary makes of each row; the row itself where it was not beaten.
        cost: (n,) float64, what these changes cost.
        queries: How many rows were tried on the model.
        used: (d,) intp, in how many beaten rows each feature was changed.
        curves: Accuracy against what is spent.
        findings: Doubts about the attack itself, and what limits it.
    """

    robustness: Robustness
    method: str
    effort: str
    correct: Mask
    beaten: Mask
    certified: Mask
    rows: NDArray[np.float64]
    cost: NDArray[np.float64]
    queries: int
    used: NDArray[np.intp]
    curves: tuple[Curve, ...]
    findings: tuple[Finding, ...]

    @property
    def trusted(self) -> bool:
        """Whether no check found a reason to doubt that the attack is as strong as it should be."""
        return all(finding.severity is Severity.INFO for finding in self.findings)


def summarise_rows(correct: Mask, beaten: Mask, certified: Mask | None, *, level: float = 0.95) -> Robustness:
    """The shares with Clopper-Pearson intervals.

    Args:
        correct: (n,) bool, right as they are.
        beaten: (n,) bool, of these, wrong under attack.
        certified: (n,) bool, of these, proved; None where nothing can be.
        level: Coverage of the intervals.

    Raises:
        BadSample: No rows.
    """
    count = len(correct)
    stands = correct & ~beaten
    proved = None if certified is None else correct & certified
    return Robustness(
        n=count,
        clean=estimate_proportion(int(correct.sum()), count, level=level),
        attacked=estimate_proportion(int(stands.sum()), count, level=level),
        certified=None if proved is None else estimate_proportion(int(proved.sum()), count, level=level),
        open_rows=int(stands.sum()) - (0 if proved is None else int(proved.sum())),
    )


def accuracy_curve(unit: str, correct: Mask, beaten: Mask, spent: NDArray[np.float64], at: Sequence[float]) -> Curve:
    """The curve of what beaten rows spent, (n,), at the given amounts."""
    share = [float((correct & ~(beaten & (spent <= amount))).mean()) for amount in at]
    return Curve(unit=unit, spent=tuple(float(amount) for amount in at), accuracy=tuple(share))
