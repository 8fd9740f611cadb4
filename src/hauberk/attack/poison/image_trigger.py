"""Triggers for images that are given as rows of c * h * w numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hauberk.attack.errors import BadTrigger
from hauberk.models import Matrix

__all__ = ["Blend", "Corner", "Patch"]

Shape = tuple[int, int, int]


class Corner(StrEnum):
    """Where a patch is stuck."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A square of one value in a corner.

    Attributes:
        shape: Channels, height and width of an image.
        size: Side of the square in pixels.
        value: Of its pixels, in the unit of the rows.
        corner: Where it is stuck.

    Source: Gu, Dolan-Gavitt and Garg 2017, "BadNets", arXiv 1708.06733.
    """

    shape: Shape
    size: int
    value: float
    corner: Corner = Corner.BOTTOM_RIGHT

    def stamp(self, rows: Matrix) -> Matrix:
        """The images (n, c * h * w) with the patch.

        Raises:
            BadTrigger: They have another shape, or the patch does not fit.
        """
        images = _images(rows, self.shape).copy()
        _, height, width = self.shape
        if not 1 <= self.size <= min(height, width) or not np.isfinite(self.value):
            expected = f"1 to {min(height, width)} pixels of a finite value"
            raise BadTrigger(where="patch", expected=expected, got=f"{self.size} of {self.value}")
        top = slice(0, self.size) if "top" in self.corner else slice(height - self.size, height)
        left = slice(0, self.size) if "left" in self.corner else slice(width - self.size, width)
        images[:, :, top, left] = self.value
        return images.reshape(rows.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """A faint pattern of noise over the whole image.

    Attributes:
        shape: Channels, height and width of an image.
        opacity: Share of the pattern in each pixel, above 0 and at most 1.
        low, high: Range of valid pixels, in the unit of the rows.
        pattern_seed: Of the noise; the same in training and at prediction.
        whole: Round to whole numbers.

    Source: Chen, Liu, Li, Lu and Song 2017, "Targeted backdoor attacks on deep learning systems using data
    poisoning", arXiv 1712.05526.
    """

    shape: Shape
    opacity: float
    low: float
    high: float
    pattern_seed: int = 0
    whole: bool = False

    def stamp(self, rows: Matrix) -> Matrix:
        """The images (n, c * h * w) with the pattern in them, within the range where they were.

        Raises:
            BadTrigger: They have another shape, or opacity and range are none.
        """
        _images(rows, self.shape)
        if not 0 < self.opacity <= 1 or not self.low < self.high:
            got = f"opacity {self.opacity}, {self.low} to {self.high}"
            raise BadTrigger(where="blend", expected="an opacity above 0 and at most 1, and a range", got=got)
        pattern = np.random.default_rng([self.pattern_seed, 42]).uniform(self.low, self.high, rows.shape[1])
        blended = (1 - self.opacity) * rows + self.opacity * pattern
        return np.asarray(np.round(blended) if self.whole else blended)


def _images(rows: Matrix, shape: Shape) -> Matrix:
    if min(shape) < 1 or rows.ndim != 2 or rows.shape[1] != int(np.prod(shape)):
        expected = f"rows of {' x '.join(map(str, shape))} numbers"
        raise BadTrigger(where="shape", expected=expected, got=f"an array of shape {rows.shape}")
    return rows.reshape(len(rows), *shape)
