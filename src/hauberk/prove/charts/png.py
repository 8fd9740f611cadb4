"""Pixels as a PNG file: true colour or grey, 8 bit, no filter.

Source: W3C Recommendation "Portable Network Graphics (PNG) Specification", third edition, sections 5, 9 and 11.2.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR = {1: 0, 3: 2}


def encode_png(pixels: NDArray[np.float64]) -> bytes:
    """The file of an image.

    Args:
        pixels: (h, w, 1) or (h, w, 3), from 0 (black) to 1; what lies beyond is cut.

    Raises:
        ValueError: Another shape, or no pixels.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in _COLOUR or not pixels.size:
        raise ValueError(f"an image of shape {pixels.shape}")
    height, width, channels = pixels.shape
    bytes_ = np.rint(np.clip(np.nan_to_num(pixels), 0.0, 1.0) * 255).astype(np.uint8)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), bytes_.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR[channels], 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + _chunk(b"IEND")


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
