"""The picture of the suspects, out of the details of `verify`."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hauberk.prove.report import render_suspects_file

DETAILS = {
    "scores": {"edges": [-3.0, 0.0, 3.0], "counts": [80, 6], "flagged": [0, 2]},
    "suspects": {"n": 2, "q": 0.1, "threshold": 1.5},
    "suspicious": [
        {"row": 1234, "given": "<b>ok</b>", "proposed": "no", "margin": 2.0, "score": 2.5, "flagged": True},
        {"row": 5, "given": "no", "proposed": "<b>ok</b>", "margin": 1.0, "score": 0.5, "flagged": False},
    ],
}


def test_the_file_stands_alone():
    data = render_suspects_file(DETAILS)
    root = ElementTree.fromstring(data)
    assert root.get("viewBox").startswith("-16 -16 ")
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "row 1234: <b>ok</b>, looks like no" in texts
    assert "flagged from 1.50" in texts
    assert any("at most 10% of the flags" in (text or "") for text in texts)
    assert b"--paper:" in data
    assert b"<script" not in data
    assert b"href" not in data


def test_without_trusted_rows_no_flag_is_promised():
    details = DETAILS | {"suspects": {"n": 0, "q": None, "threshold": None}}
    assert b"nothing is flagged" in render_suspects_file(details)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"scores": {"edges": [0.0, 1.0], "counts": [1, 2], "flagged": [0]}, "suspects": DETAILS["suspects"]},
        {"scores": {"edges": [0.0, "x"], "counts": [1], "flagged": [0]}, "suspects": DETAILS["suspects"]},
    ],
)
def test_nothing_to_draw_is_no_file(details):
    assert render_suspects_file(details) == b""
