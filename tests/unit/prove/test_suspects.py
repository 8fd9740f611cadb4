"""The picture of the suspects, out of the details of `verify`."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.prove.report import render_suspects_file
from hauberk.prove.report.quarantine import quarantine_part

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


def claim(name, value, low, high):
    return Claim(
        name=name,
        estimate=Estimate(value=value, low=low, high=high, n=100, method="m"),
        rung=Rung.MEASURED,
    ).document()


def test_a_quarantine_is_told_with_its_paired_differences():
    claims = [
        claim("accuracy_gain", 0.04, 0.01, 0.07),
        claim("accuracy_with", 0.9, 0.85, 0.94),
        claim("accuracy_without", 0.94, 0.9, 0.97),
        claim("recall_gain.<bad>", -0.01, -0.05, 0.02),
    ]
    html = quarantine_part({"leaf": 4, "rows": 17, "reason": "flagged", "claims": claims})
    assert "17 training rows are in quarantine since leaf 4 (flagged)" in html
    assert "+0.040" in html
    assert html.count("may be chance") == 1
    assert "recall of &lt;bad&gt;" in html
    assert quarantine_part(None) == ""
