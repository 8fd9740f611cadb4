"""Randomised smoothing: what a classifier answers under Gaussian noise cannot be changed within an L2 radius."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm

from hauberk.core.progress import Progress, silent
from hauberk.harden.errors import BadHardening
from hauberk.models import NetworkModel
from hauberk.models.protocols import Matrix
from hauberk.stats import estimate_proportion

__all__ = ["ABSTAINED", "Smoothed", "smooth_certify"]

ABSTAINED = -1
_BATCH = 2048


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothed:
    """The smoothed classifier's answers to n rows.

    Attributes:
        predicted: (n,) class codes; `ABSTAINED` where the noise leaves no class with more than half, for sure.
        radius: (n,) L2 radius within which the smoothed classifier gives the same code; 0 where it abstained.
        share: (n,) lower bound of the probability of the code under noise.
        sigma: Standard deviation of the noise.
        alpha: Probability, for each row, that its radius is too large.
    """

    predicted: NDArray[np.int64]
    radius: Matrix
    share: Matrix
    sigma: float
    alpha: float


def smooth_certify(
    model: NetworkModel,
    rows: Matrix,
    *,
    sigma: float,
    select: int = 100,
    draws: int = 10_000,
    alpha: float = 1e-3,
    seed: int = 0,
    progress: Progress = silent,
) -> Smoothed:
    """Codes and certified L2 radii of the classifier that answers with the most likely class under Gaussian noise.

    The certificate is of that classifier, not of the network itself: who serves the network alone has none. It holds
    for real-valued noise; noise in floating point can be told apart by an attacker who knows its low bits (Jin and
    others 2022), which needs radii far below what is usually asked for.

    Args:
        model: Best trained with `gaussian_recipe(sigma)`.
        rows: (n, d) float64.
        sigma: Above 0, in units of the rows.
        select: Draws that name the class; they are not counted again.
        draws: That its probability is bounded with (Clopper and Pearson, one-sided).
        alpha: Of the bound, for each row.
        seed: Of the noise.
        progress: Told of each row.

    Raises:
        BadHardening: A number is out of its range.

    Source: Cohen, Rosenfeld and Kolter 2019, "Certified Adversarial Robustness via Randomized Smoothing", figure 1.
    """
    if not 0 < sigma < np.inf or select < 1 or draws < 1 or not 0 < alpha < 0.5:
        got = f"sigma {sigma}, {select} and {draws} draws, alpha {alpha}"
        raise BadHardening(where="smoothing", expected="sigma and draws above 0, alpha below a half", got=got)
    generator = torch.Generator().manual_seed(seed)
    predicted = np.full(len(rows), ABSTAINED, dtype=np.int64)
    radius, share = np.zeros(len(rows)), np.zeros(len(rows))
    images = torch.from_numpy(np.ascontiguousarray(rows, np.float32)).reshape(-1, *model.shape)
    for row, image in enumerate(images):
        progress(row, len(rows), "smoothing")
        best = int(_count(model, image, select, sigma, generator).argmax())
        counted = int(_count(model, image, draws, sigma, generator)[best])
        share[row] = estimate_proportion(counted, draws, level=1 - 2 * alpha).low
        if share[row] > 0.5:
            predicted[row], radius[row] = best, sigma * norm.ppf(share[row])
    return Smoothed(predicted=predicted, radius=radius, share=share, sigma=sigma, alpha=alpha)


def _count(model: NetworkModel, image: Any, draws: int, sigma: float, generator: torch.Generator) -> Any:
    """(k,) how often each class is answered."""
    counts = torch.zeros(len(model.classes), dtype=torch.int64)
    with torch.inference_mode():
        for first in range(0, draws, _BATCH):
            size = (min(_BATCH, draws - first), *image.shape)
            noisy = image + sigma * torch.empty(size).normal_(generator=generator)
            counts += torch.bincount(model.logits(noisy).argmax(dim=1), minlength=len(counts))
    return counts
