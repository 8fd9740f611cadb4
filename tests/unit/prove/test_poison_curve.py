"""The picture of a poison curve, out of the details of its statement."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hauberk.prove.report import render_poison_file


def number(value):
    return {"value": value, "low": max(0, value - 0.05), "high": min(1, value + 0.05)}


def point(share, rows, success):
    return {"share": share, "rows": rows, "accuracy": number(0.9), "success": number(success)}


DETAILS = {
    "kind": "backdoor-rare",
    "model": "train.py:<b>fit</b>",
    "goal": "<i>yes</i>",
    "victims": 40,
    "harm": 0.1,
    "broken": {"share": 0.01, "rows": 1200, "above": 0.0},
    "curve": [point(0.0, 0, 0.02), point(0.01, 1200, 0.95)],
    "election": [
        {"rows": rows, "changes": 2 * rows, "certified": number(0.7), "attacked": number(0.8), "success": number(0.1)}
        for rows in (0, 1, 5)
    ],
}


def texts(data):
    return [one.text or "" for one in ElementTree.fromstring(data).iter() if one.tag.endswith("text")]


def test_the_file_stands_alone_and_says_what_it_shows():
    data = render_poison_file(DETAILS)
    told = texts(data)
    for words in ("1 %", "1,200 rows", "10% more turned by 1,200 rows", "2 changes", "accuracy certified"):
        assert words in told
    assert any("40 victims decided as <i>yes</i>" in words for words in told)
    assert any("train.py:<b>fit</b>" in words for words in told)
    assert b"--paper:" in data
    assert b"<script" not in data
    assert b"curve failed" in data


def test_without_election_or_harm_there_is_one_panel_and_no_mark():
    details = DETAILS | {"election": [], "broken": None, "kind": "random-flips", "goal": ""}
    told = texts(render_poison_file(details))
    assert not [words for words in told if "turned by" in words or "certified" in words or "success" in words]


@pytest.mark.parametrize("details", [{}, {"curve": []}, {"curve": "x"}, {"curve": [point(0, 0, 0)]}])
def test_nothing_to_draw_is_no_file(details):
    assert render_poison_file(details) == b""
