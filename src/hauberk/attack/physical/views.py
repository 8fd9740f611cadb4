"""How differently one thing can be seen: turned, nearer or farther, lighter or darker, out of focus."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.attack.errors import WrongSamples

__all__ = ["FRONTAL", "STREET", "Views"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Ranges of what changes between two looks at a thing; each look draws from all of them.

    Attributes:
        rotation: Most degrees, either way.
        scale: Largest relative change of size, either way.
        shift: Farthest, as a share of the image, in each direction.
        brightness: Most that is added to or taken from every pixel.
        contrast: Largest relative change of contrast, either way.
        blur: Largest standard deviation of the blur, in pixels.

    Raises:
        WrongSamples: A number below 0, or a scale or contrast of 1 or more.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.rotation, self.scale, self.shift, self.brightness, self.contrast, self.blur)
        if not all(0 <= number < float("inf") for number in numbers) or self.scale >= 1 or self.contrast >= 1:
            raise WrongSamples(where="views", expected="numbers from 0, scale and contrast below 1", got=str(self))


FRONTAL = Views()
"""The image as it is."""
STREET = Views(rotation=12, scale=0.12, shift=0.06, brightness=0.15, contrast=0.25, blur=0.8)
"""A sign as a car sees it."""
