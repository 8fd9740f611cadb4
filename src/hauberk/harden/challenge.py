"""A new model against the one in use, row by row on the same rows: what changed, and whether that is to be borne."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.stats import estimate_paired_difference

__all__ = ["CHANGE", "Contestant", "compare_contestants", "find_losses"]

CHANGE = "change."
"""Claims under it are the new model's figure minus that of the one in use."""
_MORE_IS_BETTER = ("accuracy", "robust_accuracy", "certified_accuracy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contestant:
    """What a model did.

    Attributes:
        right: (n,) bool, whether it is right on each row that is compared.
        stands: (m,) bool, of each row under attack, whether it is right and stays so.
        certified: (m,) bool, whether it is proved to be; None where nothing can be proved.
    """

    right: NDArray[np.bool_]
    stands: NDArray[np.bool_]
    certified: NDArray[np.bool_] | None


def compare_contestants(new: Contestant, old: Contestant, *, level: float = 0.95) -> Iterator[Claim]:
    """The changes of accuracy, accuracy under attack and certified accuracy, with paired intervals.

    Raises:
        BadSample: No rows, or not the same ones.
    """
    yield _change("accuracy", estimate_paired_difference(new.right, old.right, level=level))
    yield _change("robust_accuracy", estimate_paired_difference(new.stands, old.stands, level=level))
    if new.certified is not None and old.certified is not None:
        proved = [one.certified & one.stands for one in (new, old) if one.certified is not None]
        yield _change("certified_accuracy", estimate_paired_difference(*proved, level=level))


def find_losses(claims: Iterable[Claim], tolerance: float) -> list[Claim]:
    """The changes for the worse that go beyond the tolerance, a share.

    Of accuracies a fall is for the worse, whether or not it may be chance: what is not shown to be as good does not
    take over. Of differences between groups and of what a model gives away a rise is, where the interval lies above 0;
    they are measured less sharply, and by chance alone every other model would rise in one of them.
    """
    return [claim for claim in claims if claim.name.startswith(CHANGE) and _is_loss(claim, tolerance)]


def _change(name: str, estimate: Estimate) -> Claim:
    return Claim(name=f"{CHANGE}{name}", estimate=estimate, rung=Rung.MEASURED)


def _is_loss(claim: Claim, tolerance: float) -> bool:
    found = claim.estimate
    if claim.name.removeprefix(CHANGE) in _MORE_IS_BETTER:
        return -found.value > tolerance
    return found.value > tolerance and found.low > 0
