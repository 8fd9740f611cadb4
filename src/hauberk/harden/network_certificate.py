"""What bounds say about the rows of a network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.models.protocols import Matrix

__all__ = ["CertificateMethod", "NetworkCertificate"]


class CertificateMethod(StrEnum):
    """Intervals; lines laid over intervals; lines laid over lines."""

    IBP = "ibp"
    CROWN_IBP = "crown-ibp"
    CROWN = "crown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkCertificate:
    """Bounds of n rows.

    Attributes:
        certified: (n,) whether no change within the ball takes the label away.
        margin: (n,) lower bound of the label's logit minus the nearest other, in exact arithmetic.
        slack: (n,) what rounding to float32 may take from it; certified means more than this.
    """

    certified: NDArray[np.bool_]
    margin: Matrix
    slack: Matrix
