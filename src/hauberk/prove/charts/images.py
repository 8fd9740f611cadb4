"""Images side by side, line by line: what a model was shown, what was changed, and what it says then."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.prove.charts.png import encode_png
from hauberk.prove.charts.svg import picture, text
from hauberk.prove.markup import Markup, element

__all__ = ["Tile", "pixels_of", "render_images", "triptych"]

_SIZE, _GAP, _HEAD = 96, 10, 20
_FINEST = 2 * _SIZE
"""Pixels of a side beyond which nobody sees more; larger images are drawn as means of blocks."""
_LETTERS = 16
"""Letters that fit below a tile; the whole word is told on hovering and to readers of the summary."""
_AMPLIFIED = 10.0
_QUIET, _LOUD = "#333333", "#b3261e"
"""Where no style sheet is at hand, as in a file of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """One image of the picture.

    Attributes:
        pixels: (h, w, 1) or (h, w, 3) from 0 to 1.
        words: Below it.
        loud: Whether the words are what must not be.
    """

    pixels: NDArray[np.float64]
    words: str = ""
    loud: bool = False


def pixels_of(row: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(h, w, channels) of a row (d,) of channels, height and width, or of height and width alone."""
    whole = row.reshape(shape if len(shape) == 3 else (1, *shape))
    image = np.moveaxis(whole, 0, 2)
    return image if image.shape[2] in (1, 3) else image.mean(axis=2, keepdims=True)


def triptych(
    before: NDArray[np.float64], after: NDArray[np.float64], shape: tuple[int, ...], *, words: tuple[str, str]
) -> tuple[Tile, Tile, Tile]:
    """Input, change (ten times, on grey) and result of one row, (d,) from 0 to 1; words of input and result."""
    change = np.clip(0.5 + _AMPLIFIED * (after - before), 0.0, 1.0)
    return (
        Tile(pixels=pixels_of(before, shape), words=words[0]),
        Tile(pixels=pixels_of(change, shape), words=f"change x{_AMPLIFIED:g}"),
        Tile(pixels=pixels_of(after, shape), words=words[1], loud=words[0] != words[1]),
    )


def render_images(lines: Sequence[Sequence[Tile]], *, title: str, columns: Sequence[str] = ()) -> Markup:
    """The tiles of each line beside one another, all of one size, under the names of the columns.

    Raises:
        ValueError: There is no tile.
    """
    widest = max((len(line) for line in lines), default=0)
    if not widest:
        raise ValueError("no image")
    top = _HEAD if columns else 0
    body = [text(_left(place), _HEAD - 6, name, kind="axis") for place, name in enumerate(columns)]
    for number, line in enumerate(lines):
        y = top + number * (_SIZE + _HEAD)
        for place, tile in enumerate(line):
            data = base64.b64encode(encode_png(_coarser(tile.pixels))).decode()
            where = {"x": f"{_left(place):g}", "y": f"{y:g}", "width": f"{_SIZE}", "height": f"{_SIZE}"}
            look = {"href": f"data:image/png;base64,{data}", "image-rendering": "pixelated"}
            body.append(element("image", attributes=where | look))
            if tile.words:
                kind = "value failed" if tile.loud else "value"
                look = {"class": kind, "fill": _LOUD if tile.loud else _QUIET, "font-size": "11"}
                where = {"x": f"{_left(place):g}", "y": f"{y + _SIZE + 13:g}"}
                short = tile.words if len(tile.words) <= _LETTERS else f"{tile.words[: _LETTERS - 1]}…"
                words = [element("title", tile.words), short] if short != tile.words else [short]
                body.append(element("text", *words, attributes=where | look | {"font-family": "sans-serif"}))
    said = "; ".join(", ".join(tile.words for tile in line if tile.words) for line in lines)
    return picture(_left(widest), top + len(lines) * (_SIZE + _HEAD), title=title, summary=said, body=body)


def _coarser(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The image in blocks, so that no side has more than twice the pixels that are shown."""
    block = -(-max(pixels.shape[:2]) // _FINEST)
    if block == 1:
        return pixels
    tall, wide = pixels.shape[0] // block, pixels.shape[1] // block
    if not tall or not wide:
        return pixels[::block, ::block]
    kept = pixels[: tall * block, : wide * block]
    return np.asarray(kept.reshape(tall, block, wide, block, -1).mean(axis=(1, 3)))


def _left(place: int) -> float:
    return _GAP + place * (_SIZE + _GAP)
