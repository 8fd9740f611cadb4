"""Common corruptions of images: what wear, weather, lenses and compression do, in five severities.

Nobody means them, so they are no attack; they are reported beside one, because a model that falls to haze needs no
attacker.

Source: Hendrycks, Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations":
the kinds; the strengths here are chosen for images of about 32 x 32 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn
from scipy.ndimage import convolve, gaussian_filter, zoom

from hauberk.attack.errors import WrongSamples
from hauberk.attack.evasion.judge import predicted
from hauberk.core.claim import Estimate
from hauberk.core.progress import Progress, silent
from hauberk.models import Model
from hauberk.stats import estimate_proportion

__all__ = ["CORRUPTIONS", "SEVERITIES", "CorruptedAccuracy", "corrupt", "measure_corruptions"]

Images = NDArray[np.float64]
Corruption = Callable[[Images, int, np.random.Generator], Images]
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorruptedAccuracy:
    """Accuracy on images that were corrupted.

    Attributes:
        name: Of the corruption.
        severity: 1 to 5.
        accuracy: Share of the rows that are right.
    """

    name: str
    severity: int
    accuracy: Estimate


def corrupt(images: Images, name: str, severity: int, *, seed: int = 0) -> Images:
    """(n, c, h, w) images from 0 to 1 as a corruption leaves them, from 0 to 1.

    Raises:
        WrongSamples: No such corruption or severity, or images of another shape or range.
    """
    if name not in CORRUPTIONS or severity not in SEVERITIES:
        expected = f"one of {', '.join(CORRUPTIONS)}, severity 1 to 5"
        raise WrongSamples(where="corruption", expected=expected, got=f"{name!r}, {severity}")
    if images.ndim != 4 or not ((images >= 0) & (images <= 1)).all():
        raise WrongSamples(where="images", expected="(n, c, h, w) from 0 to 1", got=f"{images.shape}")
    rng = np.random.default_rng([seed, list(CORRUPTIONS).index(name), severity])
    return np.asarray(np.clip(CORRUPTIONS[name](images, severity, rng), 0.0, 1.0))


def measure_corruptions(
    model: Model,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    shape: tuple[int, int, int],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[CorruptedAccuracy, ...]:
    """Accuracy under each corruption and severity.

    Args:
        model: A classifier.
        rows: (n, d) float64 from 0 to 1, channels, then height, then width.
        labels: (n,) class codes.
        shape: Channels, height and width.
        seed: Of all random choices.
        progress: Told of each.

    Raises:
        WrongSamples: No rows, or a shape that does not fit.
    """
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != np.prod(shape) or labels.shape != (len(rows),):
        raise WrongSamples(expected=f"rows of {shape} with a label for each", got=f"{rows.shape} and {labels.shape}")
    images, found = rows.reshape(-1, *shape), list[CorruptedAccuracy]()
    for number, name in enumerate(CORRUPTIONS):
        progress(number, len(CORRUPTIONS), name)
        for severity in SEVERITIES:
            changed = corrupt(images, name, severity, seed=seed).reshape(rows.shape)
            right = int((predicted(model.predict(changed)) == labels).sum())
            accuracy = estimate_proportion(right, len(rows))
            found.append(CorruptedAccuracy(name=name, severity=severity, accuracy=accuracy))
    return tuple(found)


def _gaussian_noise(images: Images, severity: int, rng: np.random.Generator) -> Images:
    return images + rng.normal(0, (0.03, 0.05, 0.08, 0.12, 0.18)[severity - 1], images.shape)


def _shot_noise(images: Images, severity: int, rng: np.random.Generator) -> Images:
    """Light comes in packets."""
    packets = (400, 200, 100, 50, 25)[severity - 1]
    return np.asarray(rng.poisson(images * packets) / packets, dtype=np.float64)


def _impulse_noise(images: Images, severity: int, rng: np.random.Generator) -> Images:
    """Pixels that are stuck, black or white."""
    stuck = rng.random(images.shape) < (0.01, 0.02, 0.04, 0.07, 0.12)[severity - 1]
    return np.where(stuck, rng.integers(2, size=images.shape), images)


def _gaussian_blur(images: Images, severity: int, _: np.random.Generator) -> Images:
    sigma = (0.4, 0.6, 0.8, 1.1, 1.5)[severity - 1]
    return np.asarray(gaussian_filter(images, sigma=(0, 0, sigma, sigma), mode="nearest"))


def _defocus_blur(images: Images, severity: int, _: np.random.Generator) -> Images:
    """A disc in place of a point."""
    radius = (0.7, 1.0, 1.4, 1.9, 2.5)[severity - 1]
    reach = int(np.ceil(radius))
    across = np.arange(-reach, reach + 1)
    # The edge is soft by one pixel, so that small radii differ.
    disc = np.clip(radius + 0.5 - np.hypot(across[:, None], across), 0, 1)
    return np.asarray(convolve(images, (disc / disc.sum())[None, None], mode="nearest"))


def _motion_blur(images: Images, severity: int, rng: np.random.Generator) -> Images:
    """Sideways, each image in a direction of its own."""
    length = (2, 3, 4, 6, 8)[severity - 1]
    moved = np.empty_like(images)
    for place, angle in enumerate(rng.uniform(-np.pi / 4, np.pi / 4, len(images))):
        line = np.zeros((2 * length + 1, 2 * length + 1))
        for step in np.linspace(-length / 2, length / 2, 4 * length + 1):
            line[length + round(step * np.sin(angle)), length + round(step * np.cos(angle))] += 1
        moved[place] = convolve(images[place], (line / line.sum())[None], mode="nearest")
    return moved


def _brightness(images: Images, severity: int, _: np.random.Generator) -> Images:
    return images + (0.1, 0.2, 0.3, 0.4, 0.5)[severity - 1]


def _darkness(images: Images, severity: int, _: np.random.Generator) -> Images:
    return images * (0.8, 0.6, 0.45, 0.3, 0.2)[severity - 1]


def _contrast(images: Images, severity: int, _: np.random.Generator) -> Images:
    """Towards the mean of each image."""
    middle = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.asarray(middle + (images - middle) * (0.75, 0.55, 0.4, 0.25, 0.15)[severity - 1])


def _haze(images: Images, severity: int, rng: np.random.Generator) -> Images:
    """A veil that is denser here than there."""
    density = (0.15, 0.25, 0.4, 0.55, 0.7)[severity - 1]
    size = max(images.shape[2:]) / 6
    cloud = gaussian_filter(rng.random((len(images), *images.shape[2:])), sigma=(0, size, size), mode="wrap")
    low, high = cloud.min(axis=(1, 2), keepdims=True), cloud.max(axis=(1, 2), keepdims=True)
    veil = density * (0.5 + 0.5 * (cloud - low) / np.maximum(high - low, 1e-12))[:, None]
    return np.asarray(images * (1 - veil) + veil * 0.9)


def _pixelate(images: Images, severity: int, _: np.random.Generator) -> Images:
    """Fewer pixels, and back."""
    height, width = images.shape[2:]
    share = (0.85, 0.7, 0.55, 0.45, 0.35)[severity - 1]
    rows, columns = (np.arange(height) * share).astype(np.intp), (np.arange(width) * share).astype(np.intp)
    # Each matrix takes the mean of the pixels that fall together, and lays it over all of them.
    down, across = ((one[:, None] == one) / (one[:, None] == one).sum(axis=1) for one in (rows, columns))
    return np.asarray(np.einsum("ij,ncjk,lk->ncil", down, images, across))


def _jpeg(images: Images, severity: int, _: np.random.Generator) -> Images:
    """Cosines of 8 x 8 blocks, rounded more coarsely the faster they turn (the idea of ITU-T T.81, annex A)."""
    step = (0.02, 0.035, 0.06, 0.09, 0.14)[severity - 1]
    height, width = images.shape[2:]
    edges = ((0, 0), (0, 0), (0, -height % 8), (0, -width % 8))
    padded = np.pad(images, edges, mode="edge")
    blocks = padded.reshape(*padded.shape[:2], padded.shape[2] // 8, 8, padded.shape[3] // 8, 8).swapaxes(3, 4)
    frequency = np.add.outer(np.arange(8), np.arange(8))
    grain = step * (1 + frequency)
    rounded = np.rint(dctn(blocks, axes=(4, 5), norm="ortho") / grain) * grain
    back = idctn(rounded, axes=(4, 5), norm="ortho").swapaxes(3, 4).reshape(padded.shape)
    return np.asarray(back[:, :, :height, :width])


def _stretch(images: Images, severity: int, rng: np.random.Generator) -> Images:
    """A little larger, and cut to size around a random place."""
    factor = 1 + (0.06, 0.12, 0.18, 0.26, 0.36)[severity - 1]
    larger = zoom(images, (1, 1, factor, factor), order=1, mode="nearest", grid_mode=True)
    rest = larger.shape[2] - images.shape[2], larger.shape[3] - images.shape[3]
    top, left = rng.integers(rest[0] + 1), rng.integers(rest[1] + 1)
    return np.asarray(larger[:, :, top : top + images.shape[2], left : left + images.shape[3]])


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        "gaussian_noise": _gaussian_noise,
        "shot_noise": _shot_noise,
        "impulse_noise": _impulse_noise,
        "gaussian_blur": _gaussian_blur,
        "defocus_blur": _defocus_blur,
        "motion_blur": _motion_blur,
        "brightness": _brightness,
        "darkness": _darkness,
        "contrast": _contrast,
        "haze": _haze,
        "pixelate": _pixelate,
        "jpeg": _jpeg,
        "stretch": _stretch,
    }
)
"""By name."""
