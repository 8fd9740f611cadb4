"""Certificates of networks: rows that no change within a ball can make wrong, by interval and linear bounds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, assert_never

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Ball
from hauberk.core.progress import Progress, silent
from hauberk.harden.errors import NotCertifiable
from hauberk.harden.network_certificate import CertificateMethod, NetworkCertificate
from hauberk.harden.torch_certified_loss import margin_slopes
from hauberk.harden.torch_interval import propagate, rounding_error
from hauberk.harden.torch_lines import interval_lowest, lines_lowest, tighten_with
from hauberk.harden.torch_region import make_region
from hauberk.models import NetworkModel
from hauberk.models.protocols import Matrix

__all__ = ["certified_network_radius", "certify_network"]

_ROWS = 64
_UNIT = 2.0**-24
_ROOM = 1.01  # for the rounding of the bounds themselves, in float64: 2^-29 of the rounding in float32
_SOFTMAX = 1e-12  # logits nearer than this could have equal probabilities in float64
_HALVINGS = 24


def certify_network(
    model: NetworkModel,
    rows: Matrix,
    labels: NDArray[np.integer],
    ball: Ball,
    *,
    method: CertificateMethod = CertificateMethod.CROWN,
    progress: Progress = silent,
) -> NetworkCertificate:
    """Which rows keep their label, whatever happens within the ball.

    Holds for the network as it is computed in float32, in evaluation mode: bounds are taken in float64, and a margin
    has to be wider than all roundings together could be (see `rounding_error` for the model of them).

    Args:
        model: Of layers that bounds are known for.
        rows: (n, d) float64 within the range of the ball.
        labels: (n,) codes of the model's classes.
        ball: Linf, L2 or L1.
        method: Intervals alone (fast), lines over intervals, or lines over lines (best, slow).
        progress: Told of each batch.

    Raises:
        NotCertifiable: A layer that no bounds are known for.
        WrongSamples: The norm is L0.
    """
    lowest = _prepare(model, ball, method)
    margin, slack = np.empty(len(rows)), np.empty(len(rows))
    for first in range(0, len(rows), _ROWS):
        progress(first, len(rows), "bounds")
        part = slice(first, first + _ROWS)
        margin[part], slack[part] = lowest(rows[part], labels[part], np.full(len(rows[part]), ball.eps))
    return NetworkCertificate(certified=margin > slack, margin=margin, slack=slack)


def certified_network_radius(
    model: NetworkModel,
    rows: Matrix,
    labels: NDArray[np.integer],
    ball: Ball,
    *,
    method: CertificateMethod = CertificateMethod.CROWN_IBP,
    progress: Progress = silent,
) -> Matrix:
    """(n,) radii within which rows keep their label, up to the radius of the ball; -1 where they do not have it.

    Each is certified as it is given: bisection keeps the end that was.
    """
    lowest = _prepare(model, ball, method)
    radius = np.empty(len(rows))
    for first in range(0, len(rows), _ROWS):
        progress(first, len(rows), "radii")
        part = slice(first, first + _ROWS)
        radius[part] = _bisect(lowest, rows[part], labels[part], ball.eps)
    return radius


Lowest = Callable[[Matrix, NDArray[np.integer], Matrix], tuple[Matrix, Matrix]]


def _bisect(lowest: Lowest, rows: Matrix, labels: NDArray[np.integer], most: float) -> Matrix:
    def holds(radii: Matrix) -> NDArray[np.bool_]:
        margin, slack = lowest(rows, labels, radii)
        return margin > slack

    low, high = np.zeros(len(rows)), np.full(len(rows), most)
    right, whole = holds(low), holds(high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = holds(middle)
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.where(right, np.where(whole, most, low), -1.0)


def _prepare(model: NetworkModel, ball: Ball, method: CertificateMethod) -> Lowest:
    if not isinstance(model.network, torch.nn.Sequential):
        raise NotCertifiable(expected="nn.Sequential of known layers", got=type(model.network).__name__)
    module = copy.deepcopy(model.network).double().eval().requires_grad_(False)
    ends = [torch.from_numpy(np.asarray(end, np.float64)).reshape(1, *model.shape) for end in (ball.low, ball.high)]

    def lowest(rows: Matrix, labels: NDArray[np.integer], radii: Matrix) -> tuple[Matrix, Matrix]:
        center = torch.from_numpy(np.ascontiguousarray(rows)).reshape(-1, *model.shape)
        region = make_region(ball.norm, center, torch.from_numpy(radii), *ends)
        tighten = tighten_with(region) if method is CertificateMethod.CROWN else None
        with torch.no_grad():
            steps, low, _ = propagate(module, region, tighten=tighten)
            codes = torch.from_numpy(labels.astype(np.int64))
            slopes = _margins(codes, low.shape[1], len(model.classes))
            margins = _bound(method, steps, slopes, region)
            size = torch.maximum(region.low.abs(), region.high.abs())
            error = rounding_error(steps, _UNIT * size)
            slack = (slopes.abs() @ error[:, :, None])[:, :, 0] * _ROOM + _SOFTMAX
        margins, slack = margins.numpy(), slack.numpy()
        own = np.arange(margins.shape[1]) == labels[:, None]
        # A bound that overflowed to no number is none.
        worst = np.where(own, np.inf, np.nan_to_num(margins - slack, nan=-np.inf)).argmin(axis=1)
        at = np.arange(len(rows)), worst
        return margins[at], slack[at]

    return lowest


def _bound(method: CertificateMethod, steps: Any, slopes: Any, region: Any) -> Any:
    match method:
        case CertificateMethod.IBP:
            return interval_lowest(steps, slopes, region)
        case CertificateMethod.CROWN_IBP | CertificateMethod.CROWN:
            return torch.maximum(lines_lowest(steps, slopes, region), interval_lowest(steps, slopes, region))
        case _:
            assert_never(method)


def _margins(labels: Any, outputs: int, classes: int) -> Any:
    """Margins as functions of the network's outputs: of one output for two classes the first logit is zero."""
    slopes = margin_slopes(labels, classes).double()
    return slopes[:, :, 1:] if outputs == 1 and classes == 2 else slopes
