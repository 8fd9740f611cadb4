"""Images in the report: a PNG file that others read, and the picture around it."""

from __future__ import annotations

import base64
import re
import struct
import zlib

import numpy as np
import pytest

from hauberk.prove.charts import Tile, render_images, triptych
from hauberk.prove.charts.png import encode_png


def decode(data: bytes) -> np.ndarray:
    """The pixels of a PNG file without filters, chunk by chunk as the specification says."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + size
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    assert depth == 8
    lines = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, {0: 1, 2: 3}[colour])


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 1), (8, 8, 1)])
def test_the_pixels_come_back(shape):
    pixels = np.random.default_rng(0).random(shape)
    assert np.array_equal(decode(encode_png(pixels)), np.rint(pixels * 255).astype(np.uint8))


def test_what_lies_beyond_is_cut_and_what_is_no_image_refused():
    assert decode(encode_png(np.array([[[-1.0], [2.0], [np.nan]]]))).ravel().tolist() == [0, 255, 0]
    for shape in ((4, 4), (4, 4, 2), (0, 4, 3)):
        with pytest.raises(ValueError, match="image"):
            encode_png(np.zeros(shape))


def test_a_triptych_shows_input_change_and_result():
    before = np.full(12, 0.5)
    after = before + np.where(np.arange(12) < 4, 0.02, 0.0)
    left, middle, right = triptych(before, after, (3, 2, 2), words=("stop", "yield"))
    assert left.pixels.shape == middle.pixels.shape == right.pixels.shape == (2, 2, 3)
    assert np.allclose(left.pixels, 0.5)
    assert np.allclose(middle.pixels[..., 0], 0.7)  # ten times 0.02 on grey, in the channel that changed
    assert np.allclose(middle.pixels[..., 1:], 0.5)
    assert (left.loud, right.loud) == (False, True)
    svg = render_images([(left, middle, right)], title="t", columns=("in", "<change>", "out"))
    images = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    assert len(images) == 3
    assert np.array_equal(decode(base64.b64decode(images[2])), np.rint(right.pixels * 255).astype(np.uint8))
    assert "&lt;change&gt;" in svg
    assert "stop, change x10, yield" in svg


def test_grey_images_and_nothing():
    (tile, *_) = triptych(np.zeros(4), np.ones(4), (2, 2), words=("0", "1"))
    assert tile.pixels.shape == (2, 2, 1)
    with pytest.raises(ValueError, match="no image"):
        render_images([], title="t")
    assert "<title>t</title>" in render_images([[Tile(pixels=np.zeros((1, 1, 1)))]], title="t")


def test_large_images_are_drawn_in_blocks_and_long_words_are_cut():
    noise = np.random.default_rng(0).random((3, 1000, 700))
    words = ("speed limit 80 kilometres an hour", "x" * 3000)
    drawn = render_images([triptych(noise.ravel(), noise.ravel(), noise.shape, words=words)], title="large")
    assert len(drawn) < 500_000
    assert "speed limit 80 …" in drawn
    assert f"<title>{words[1]}</title>" in drawn
    assert "x" * 3000 not in drawn.replace(f"<title>{words[1]}</title>", "").split("</desc>")[-1]
