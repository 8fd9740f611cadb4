"""The inputs that a bound has to hold for: a ball around each row, cut by the valid range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never

import torch

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.ball import Norm

__all__ = ["Region", "make_region"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A ball around each row of a batch.

    Attributes:
        norm: Linf, L2 or L1.
        center: (n, *shape) the rows.
        eps: (n,) radii.
        low, high: (n, *shape) the smallest box around the ball within the valid range.
    """

    norm: Norm
    center: Any
    eps: Any
    low: Any
    high: Any

    def lowest(self, slopes: Any) -> Any:
        """(n, s) lower bounds of linear functions with the slopes (n, s, d) over the region.

        Exact with Linf; with the others the better of the bound of the whole ball and that of the box.
        """
        middle, half = (self.low + self.high).flatten(1) / 2, (self.high - self.low).flatten(1) / 2
        box = _along(slopes, middle) - _along(slopes.abs(), half)
        if self.norm is Norm.LINF:
            return box
        dual = slopes.norm(dim=2) if self.norm is Norm.L2 else slopes.abs().amax(dim=2)
        return torch.maximum(box, _along(slopes, self.center.flatten(1)) - self.eps[:, None] * dual)


def make_region(norm: Norm, center: Any, eps: Any, low: Any, high: Any) -> Region:
    """The region of rows (n, *shape) with radii (n,), or one for all, in a valid range (1, *shape).

    Raises:
        WrongSamples: The norm is L0, which no bound here knows.
    """
    match norm:
        case Norm.LINF | Norm.L2 | Norm.L1:
            pass
        case Norm.L0:
            raise WrongSamples(where="norm", expected="linf, l2 or l1", got=norm)
        case _:
            assert_never(norm)
    radii = torch.as_tensor(eps, dtype=center.dtype).expand(len(center))
    wide = radii.reshape(-1, *[1] * (center.ndim - 1))
    box = torch.maximum(center - wide, low.to(center)), torch.minimum(center + wide, high.to(center))
    return Region(norm=norm, center=center, eps=radii, low=box[0], high=box[1])


def _along(slopes: Any, at: Any) -> Any:
    return (slopes @ at[:, :, None])[:, :, 0]
