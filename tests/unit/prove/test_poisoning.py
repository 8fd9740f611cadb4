"""The section about bad training rows: there where it was measured, and honest about which model it is of."""

from __future__ import annotations

import re

import pytest

from hauberk.prove.report import render_report

TITLE = "What bad training rows can do"


def point(rows, value):
    return {"rows": rows, "value": value, "low": max(0.0, value - 0.01), "high": min(1.0, value + 0.01)}


def details(points=26, **changes):
    found = {
        "partitions": 50,
        "sealed": False,
        "rule": "run-off election",
        "threat": "at most k training rows put in, taken out or relabelled",
        "assumes": ["The categories of <job> are read off the training rows."],
        "rows": {"least": 601, "median": 651.0, "most": 702},
        "constant": 0,
        "majority": 0.7638,
        "radius": [-1.0, 18.0, 24.0, 25.0, 25.0],
        "curve": [point(rows, round(0.86 * (1 - rows / points), 4)) for rows in range(points + 1)],
    }
    return found | changes


@pytest.fixture
def page(lending):
    def make(found):
        return render_report(
            lending(lambda predicates: predicates["harden"]["details"].update(poisoning=found))
        ).decode()

    return make


def section(page):
    return page.partition(f"<h2>{TITLE}</h2>")[2].partition("</section>")[0]


def test_the_curve_and_its_numbers(page):
    told = section(page(details()))
    assert told.count("<svg") == 1
    assert told.count("<circle") == 27
    assert "50 boosters were trained on 601 to 702 rows each" in told
    assert "This is not the sealed model" in told
    assert "&lt;job&gt;" in told
    assert "always gives the most frequent class is right on 0.764" in told
    assert "0.860" in told
    assert "0.850\xa0to\xa00.870" in told
    assert "wrong" in told  # the smallest radius is of a row that is decided wrongly
    assert len(re.findall("<tr>", told)) == 1 + 9 + 2


def test_a_sealed_election_and_a_long_curve(page):
    told = section(page(details(points=125, sealed=True)))
    assert "This is the sealed model." in told
    assert "<circle" not in told
    assert len(re.findall("<tr>", told)) <= 1 + 12 + 2


@pytest.mark.parametrize("found", [None, 3, [], {}, {"curve": []}, {"curve": [point(0, 0.8)]}, {"curve": "all"}])
def test_nothing_is_told_where_nothing_was_measured(page, found):
    assert TITLE not in page(found)


def test_strange_details_give_a_page_all_the_same(page):
    strange = {
        "radius": "x",
        "assumes": 4,
        "rows": None,
        "partitions": "many",
        "curve": [*details()["curve"], {"rows": 1}],
    }
    told = section(page(details(**strange)))
    assert "<svg" in told
