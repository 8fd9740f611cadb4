"""Images as a table: one column for each number of a picture, so that every row of the house stays a row.

A picture of shape (channels, height, width) is d = channels * height * width numbers in that order, as
`encode_rows` gives them back; the shape travels beside the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hauberk.data.dataset import Dataset
from hauberk.data.errors import BadImages
from hauberk.data.schema import Feature, Kind, Role, Schema

__all__ = ["Images", "image_shape", "images_dataset", "pool_images"]

GROUP = "group"
"""Name of the column of groups where the user gives it none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """What a user's reading function gives.

    Attributes:
        pixels: (n, channels, height, width) or (n, height, width); uint8, or float in the range of `hauberk.toml`.
        labels: (n,) names of the classes, or codes of `classes`.
        classes: Names in code order; where left out, the labels in the order of the training data's sorted names.
        groups: (n,) whole numbers: pictures of one group (one physical sign, one patient) are held out together. None
            where nobody says.
    """

    pixels: NDArray[np.generic]
    labels: NDArray[np.generic]
    classes: tuple[str, ...] = ()
    groups: NDArray[np.integer] | None = None


def image_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(channels, height, width) of a shape of two or three numbers.

    >>> image_shape((8, 8))
    (1, 8, 8)

    Raises:
        BadImages: Another count of numbers, or one below 1.
    """
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise BadImages(where="data.shape", expected="[channels, height, width] or [height, width]", got=f"{shape}")
    channels, height, width = (1, *shape)[-3:]
    return channels, height, width


def images_dataset(
    images: Images,
    *,
    shape: tuple[int, ...],
    target: str,
    low: float = 0.0,
    high: float = 1.0,
    group: str = "",
    classes: tuple[str, ...] = (),
    where: str = "",
) -> Dataset:
    """The pictures as a dataset: a number for each pixel, the target, and a column of groups.

    Args:
        images: As the user gives them; uint8 is laid over the range.
        shape: Of one picture.
        target: Name of the target.
        low: Least valid number of a pixel.
        high: Largest one.
        group: Name of the column of groups.
        classes: Those of the training data, for the test data; else they are those that the images name.
        where: Source, for messages.

    Raises:
        BadImages: Pixels of another shape or type, out of range or not finite; labels or groups that do not fit.
    """
    sizes = image_shape(shape)
    rows = _pixels(images.pixels, sizes, low, high, where)
    labels, known = _labels(images, len(rows), classes, where)
    groups = None if images.groups is None else np.asarray(images.groups)
    if groups is not None and (groups.shape != (len(rows),) or groups.dtype.kind not in "iu"):
        got = f"{groups.dtype} {groups.shape}"
        raise BadImages(where=f"{where}: groups", expected=f"({len(rows)},) whole numbers", got=got)
    features = [Feature(name=name, kind=Kind.NUMBER, low=low, high=high) for name in _names(sizes)]
    features.append(Feature(name=target, kind=Kind.CATEGORY, role=Role.TARGET, categories=known))
    features.append(Feature(name=group or GROUP, kind=Kind.INTEGER, role=Role.GROUP, nullable=True))
    names = [feature.name for feature in features]
    if len(set(names)) < len(names):
        expected = "names for target and groups that no pixel has"
        raise BadImages(where=where, expected=expected, got=f"{target}, {group or GROUP}")
    last = pa.nulls(len(rows), pa.int64()) if groups is None else pa.array(groups.astype(np.int64))
    columns = [pa.array(np.ascontiguousarray(column)) for column in rows.T]
    table = pa.table([*columns, pa.array(labels, pa.string()), last], names=names)
    return Dataset(table=table, schema=Schema(features=tuple(features)))


def pool_images(rows: NDArray[np.float64], shape: tuple[int, ...], *, most: int = 8) -> NDArray[np.float64]:
    """(n, channels * a * b) means over blocks, so that no side has more than `most` of them: a cheap look at a picture.

    Args:
        rows: (n, d) float64.
        shape: Of one picture.
        most: Blocks of a side; what does not divide is cut off at the far end.
    """
    channels, height, width = image_shape(shape)
    block = math.ceil(height / most), math.ceil(width / most)
    tall, wide = height // block[0], width // block[1]
    images = rows.reshape(-1, channels, height, width)[:, :, : tall * block[0], : wide * block[1]]
    blocks = images.reshape(-1, channels, tall, block[0], wide, block[1])
    return np.asarray(blocks.mean(axis=(3, 5)).reshape(len(rows), -1))


def _names(sizes: tuple[int, int, int]) -> list[str]:
    channels, height, width = sizes
    return [f"c{c}y{y}x{x}" for c in range(channels) for y in range(height) for x in range(width)]


def _pixels(
    pixels: NDArray[np.generic], sizes: tuple[int, int, int], low: float, high: float, where: str
) -> NDArray[np.float64]:
    """(n, d) float64 within the range."""
    spot, found = f"{where}: pixels".removeprefix(": "), np.asarray(pixels)
    flat = sizes[0] == 1 and found.ndim == 3
    if found.ndim < 2 or found.shape[1:] != (sizes[1:] if flat else sizes):
        hint = "channels come before height and width: array.transpose(0, 3, 1, 2)" if found.ndim == 4 else ""
        hint = hint or "set data.shape to the shape of one picture"
        expected = "(n, " + ", ".join(map(str, sizes)) + ")"
        raise BadImages(where=spot, expected=expected, got=f"{found.shape}", hint=hint)
    if not len(found):
        raise BadImages(where=spot, expected="at least one picture", got="none")
    if found.dtype == np.uint8:
        laid = found.reshape(len(found), -1).astype(np.float64) / 255 * (high - low) + low
        return np.clip(laid, low, high)
    if found.dtype.kind != "f":
        hint = "give uint8, or divide into the range yourself"
        raise BadImages(where=spot, expected="uint8 or float", got=str(found.dtype), hint=hint)
    # The ends of the range in the pixels' own precision: float32 has its own nearest number to each.
    ends = found.dtype.type(low), found.dtype.type(high)
    flat_rows = found.reshape(len(found), -1)
    bad = np.flatnonzero(~((flat_rows >= ends[0]) & (flat_rows <= ends[1])).all(axis=1))
    rows = np.clip(flat_rows.astype(np.float64), low, high)
    if bad.size:
        one = flat_rows[bad[0]]
        got = f"{one.min():g} to {one.max():g}" + (f", and {bad.size - 1} rows more" if bad.size > 1 else "")
        hint = "divide 8-bit values by 255, or set data.pixel-low and data.pixel-high"
        expected = f"numbers from {low:g} to {high:g}"
        raise BadImages(where=f"{spot}, row {bad[0]}", expected=expected, got=got, hint=hint)
    return rows


def _labels(images: Images, count: int, given: tuple[str, ...], where: str) -> tuple[list[str], tuple[str, ...]]:
    """(n) names of classes, and all classes in code order."""
    labels, spot = np.asarray(images.labels), f"{where}: labels".removeprefix(": ")
    named = tuple(str(one) for one in images.classes)
    if len(set(named)) < len(named):
        twice = next(one for one in named if named.count(one) > 1)
        raise BadImages(where=spot, expected="classes of different names", got=f"{twice[:60]!r} twice")
    if labels.shape != (count,) or labels.dtype.kind not in "iuU":
        got = f"{labels.dtype} {labels.shape}"
        raise BadImages(where=spot, expected=f"({count},) names or codes of classes", got=got)
    if labels.dtype.kind != "U" and named:
        outside = np.flatnonzero((labels < 0) | (labels >= len(named)))
        if outside.size:
            expected, got = f"codes from 0 to {len(named) - 1}", f"{labels[outside[0]]}"
            raise BadImages(where=f"{spot}, row {outside[0]}", expected=expected, got=got)
        names = [named[code] for code in labels.tolist()]
    else:
        names = [str(label) for label in labels.tolist()]
    known = given or named or tuple(str(label) for label in np.unique(labels).tolist())
    unspelt = [name for name in known if not _is_text(name)]
    if unspelt:
        raise BadImages(where=spot, expected="names in Unicode text", got=ascii(unspelt[0])[:60])
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise BadImages(where=spot, expected=f"one of {', '.join(known[:12])}", got=unknown[0][:60])
    return names, known


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
