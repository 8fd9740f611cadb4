"""Flags under a stated false-discovery rate, against rows whose labels are known to be right.

Two scores can be tested. One is made of all rows together, trusted ones among them: label errors all over stand out in
it. The other asks models that have learnt from trusted rows only: an attack that has turned a whole region round stands
out in it and in nothing else, because every model that learns from the region believes it.

Which of the two is tested is decided before the references are looked at: a quarter of the trusted rows, the
*teachers*, train the models and choose; the others, the *references*, are treated like rows under test until the very
end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.stats import benjamini_hochberg, conformal_null_share, conformal_p_values, simes_p_value

__all__ = ["Tested"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """A score of n rows under test and of m references, larger is more suspicious.

    Law: where the score treats the honest rows under test and the references alike, the expected share of honest rows
    among what `discover(q)` flags is at most q.

    Attributes:
        scores, groups: (n,) each, and the group of references that the row is held against.
        reference, reference_groups: (m,) each.

    Source: Bates et al. 2023, "Testing for outliers with conformal p-values" (Annals of Statistics 51), for the
    Benjamini-Hochberg procedure on conformal p-values; Marandon et al. 2024, "Adaptive novelty detection with
    false discovery rate guarantee" (Annals of Statistics 52), for scores that are learnt from all rows alike and for
    the estimated share of honest rows.
    """

    scores: Vector
    groups: NDArray[np.int64]
    reference: Vector
    reference_groups: NDArray[np.int64]

    def p_values(self) -> Vector:
        """(n,) conformal p-values."""
        return conformal_p_values(
            self.reference, self.scores, reference_groups=self.reference_groups, groups=self.groups
        )

    def discover(self, q: float) -> NDArray[np.bool_]:
        """(n,) the rows that are flagged at level q."""
        p_values = self.p_values()
        sizes = np.bincount(self.reference_groups)[np.unique(self.groups)]
        return benjamini_hochberg(p_values, q, true_share=conformal_null_share(p_values, sizes))

    def least_level(self) -> float:
        """The lowest level at which anything would be flagged, 1 without rows; small where the score tells most."""
        return simes_p_value(self.p_values())
