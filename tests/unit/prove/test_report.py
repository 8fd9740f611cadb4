"""The report: everything that was logged is on the page, nothing of anybody else's can become a part of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from hauberk.core.digest import digest_bytes
from hauberk.core.encoding import render_json
from hauberk.crypto import SigningKey
from hauberk.prove.errors import ContradictoryReport
from hauberk.prove.report import ChangedImage, FragileRow, render_report, render_report_json

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;\x1b[31m\u202e"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """The elements and texts of a page; fails where tags do not close as they opened."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def values(self, name):
        return [value for key, value in self.attributes if key == name]


def section(page: bytes, title: str) -> str:
    """The markup of the section under this title."""
    found = [part for part in page.decode().split("<section>") if f">{title}</h2>" in part]
    assert len(found) == 1, title
    return found[0].partition("</section>")[0]


def test_it_loads_and_runs_nothing(lending):
    page = render_report(lending())
    parsed = Page(page)
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & set(parsed.tags)
    assert not [name for name, _ in parsed.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert all(value.startswith("#leaf-") for value in parsed.values("href"))
    # The one address is that of a predicate type, as text; the SVG name spaces are no addresses.
    assert b"url(" not in page
    assert b"@import" not in page


def test_the_policy_admits_the_one_style_sheet(lending):
    page = render_report(lending()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;; "
        "base-uri &#x27;none&#x27;; form-action &#x27;none&#x27;"
    )
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert "unsafe" not in page
    for scheme in ("prefers-color-scheme:dark", "@media print", "size:A4"):
        assert scheme in style


def test_links_lead_to_leaves_that_are_there(lending):
    parsed = Page(render_report(lending()))
    assert set(parsed.values("href")) <= {f"#{name}" for name in parsed.values("id")}
    assert len(parsed.values("id")) == len(set(parsed.values("id"))) == 5


def test_every_claim_has_its_value_interval_rung_and_leaf(lending):
    source = lending()
    markup = section(render_report(source), "Every claim")
    rows = re.findall(r"<tr>(.*?)</tr>", markup.partition("<tbody>")[2])
    claims = [(claim, one.leaf) for one in source.results for claim in one.claims]
    assert len(rows) == len(claims) == 15
    for row, (claim, leaf) in zip(rows, claims, strict=True):
        assert f"<code>{claim.name}</code>" in row
        assert f'<span class="rung {claim.rung}">{claim.rung}</span>' in row
        assert f'href="#leaf-{leaf}"' in row
        assert ("exact" if claim.estimate.n == 0 else f"{claim.estimate.low:.3f}\xa0to") in row


def test_every_finding_is_there_gravest_first(lending):
    def worsen(predicates):
        predicates["seal"]["findings"] = [{"severity": "error", "message": "worst of all", "count": 1}]

    text = section(render_report(lending(worsen)), "Findings")
    assert text.index("worst of all") < text.index("3 rows of the test data") < text.index("fnlwgt")


def test_the_gates_and_the_verdict(lending):
    parsed = Page(render_report(lending()))
    assert "✓ Passed" in parsed.text
    assert "4 of 4 gates hold for exactly this bundle." in parsed.text
    assert parsed.text.count("✓ pass") == 4
    failed = Page(render_report(lending(gates={"accuracy": ">= 0.9", "epsilon": "<= 3"})))
    assert "✗ Failed" in failed.text
    assert "0 of 2 gates hold" in failed.text
    assert "no evidence" in failed.text
    none = Page(render_report(lending(gates={})))
    assert "✗ Failed" in none.text
    assert "Without a promise nothing is admitted" in none.text


def test_what_it_tells_in_words(lending):
    text = Page(render_report(lending())).text.replace("\xa0", " ")
    assert "Of 12,211 test rows the sealed model decides 86.9 % rightly." in text
    assert "it still decides 40.7 % rightly; before hardening it was 13.7 %." in text
    assert "For 39.1 % it is proved" in text
    assert "1.6 points that are neither proved nor broken" in text
    assert "hauberk prove verify lending.proof.json --key lending.pub" in text
    assert "raised to at most 5,100 USD" in text
    assert "hauberk/lending+" in text
    assert "Example Lender (declared)" in text


@pytest.mark.parametrize(
    ("certified", "words"), [(None, "no certificate for this kind of model"), (0.4074, "Attack and certificate meet")]
)
def test_the_gap_is_told(lending, certified, words):
    def change(predicates):
        for claim in list(predicates["attack"]["claims"]):
            if claim["name"] == "certified_accuracy":
                predicates["attack"]["claims"].remove(claim)
                if certified:
                    predicates["attack"]["claims"].append(dict(claim) | {"value": certified})

    assert words in Page(render_report(lending(change))).text


def test_gates_on_declared_claims_are_told(lending):
    def declare(predicates):
        predicates["seal"]["claims"].append(
            dict(predicates["seal"]["claims"][0]) | {"name": "oversight", "rung": "declared"}
        )

    text = Page(render_report(lending(declare, gates={"oversight": ">= 1"}))).text
    assert "rest on what somebody declares, not on a measurement: oversight" in text


def test_the_charts(lending):
    page = render_report(lending()).decode()
    pictures = re.findall(r"<svg.*?</svg>", page)
    assert len(pictures) == 8  # four gates, bars, frontier, shares, histogram
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        name = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{name}title").text
        assert len(root.find(f"{name}desc").text) > 10
        assert root.get("role") == "img"
    descriptions = " ".join(re.findall(r"<desc>(.*?)</desc>", page))
    assert "accuracy under attack: before 0.137 (0.131 to 0.143), after 0.407" in descriptions
    assert "3 adversarial-3 (chosen): clean 0.869, attacked 0.407" in descriptions
    assert "6 without-mutable (not allowed)" in descriptions
    assert "capital-gain 81%" in descriptions


def curve(*accuracy):
    return {"unit": "features changed", "spent": list(range(len(accuracy))), "accuracy": list(accuracy)}


def test_a_curve_is_drawn_where_there_is_one(lending):
    def change(predicates):
        predicates["attack"]["details"] |= {"curves": [curve(0.86, 0.8, 0.7)], "curves_before": [curve(0.87, 0.3, 0.1)]}

    markup = section(render_report(lending(change)), "How the attacks succeed")
    assert markup.count("<polyline") == 2
    assert "0: 0.860; 1: 0.800; 2: 0.700; before: 0: 0.870; 1: 0.300; 2: 0.100" in markup
    assert "0.300" in Page(f"<x>{markup}</x>".encode()).text


def test_a_baseline_that_is_the_model_has_no_line_of_its_own(lending):
    def change(predicates):
        predicates["attack"]["details"] |= {"curves": [curve(0.86, 0.8)], "curves_before": [curve(0.86, 0.8)]}

    assert section(render_report(lending(change)), "How the attacks succeed").count("<polyline") == 1


def image(row, becomes="yield"):
    before = np.full((3, 4, 4), 0.5)
    return ChangedImage(row=row, label="stop", becomes=becomes, before=before, after=before + 0.03)


def test_rows_that_fall_first_are_told_in_words(lending):
    fragile = FragileRow(row=17, label="refused", becomes="approved", size=2.0, words="capital gain from 0 to 4,700")
    page = render_report(lending(fragile=(fragile,)))
    markup = section(page, "What falls first")
    assert all(word in markup for word in (">17<", "refused", "approved", "capital gain from 0 to 4,700"))
    assert b"img-src" not in page
    twin = json.loads(render_report_json(lending(fragile=(fragile,))))
    assert twin["fragile"][0]["words"] == "capital gain from 0 to 4,700"


def test_pictures_that_fall_first_lie_within_the_page(lending):
    page = render_report(lending(images=(image(3), image(8))))
    parsed = Page(page)
    drawn = [
        value for name, value in parsed.attributes if name == "href" and value.startswith("data:image/png;base64,")
    ]
    assert len(drawn) == 6
    assert b"; img-src data:" in page
    assert "img" not in parsed.tags
    assert "Rows 3, 8." in section(page, "What falls first")


def test_hostile_classes_of_pictures_become_no_markup(lending):
    page = render_report(lending(images=(image(3, becomes=EVIL),)))
    assert b"<script" not in page
    assert Page(page).text.count("<script>alert(1)</script>") >= 1


def test_the_verdict_on_attacks_is_told(lending):
    backdoor = {"looked_at": 10_000, "rows": 300, "label": "approved"}
    backdoor["conditions"] = [{"column": "capital-loss", "condition": "one value"}]

    def attacked(kind, **facts):
        attack = {"kind": kind, "confidence": 0.81, "basis": "retraining", "rows": 300, "atlas": "AML.T0020"} | facts
        found = {"attack": attack, "backdoor": backdoor if kind == "backdoor" else {"looked_at": 0}}
        return section(
            render_report(lending(lambda predicates: predicates["verify"]["details"].update(found))),
            "Whether the labels hold",
        )

    told = attacked("backdoor", nist="backdoor poisoning")
    assert "look attacked: a backdoor, 300 rows, by retraining; confidence 0.810 (AML.T0020 backdoor poisoning)" in told
    assert all(word in told for word in ("capital-loss", "one value", "approved"))
    quiet = attacked("none")
    assert "No attack on the training data is claimed. No trigger was looked for." in quiet


# Hostile texts, wherever a text can come from.


def poison(value, keep=()):
    """Every text in a predicate replaced by a hostile one, but for what readers match on."""
    if isinstance(value, dict):
        return {key: item if key in keep else poison(item, keep) for key, item in value.items()}
    if isinstance(value, list):
        return [poison(item, keep) for item in value]
    return value + EVIL if isinstance(value, str) else value


def test_no_text_becomes_markup(lending):
    clean = Page(render_report(lending()))

    def change(predicates):
        for stage, predicate in list(predicates.items()):
            poisoned = poison(predicate, keep={"rung", "severity"})
            poisoned |= {"command": EVIL, "tool": {"name": EVIL, "version": EVIL}}
            predicates[stage] = poisoned

    source = lending(change, owner=EVIL, intended_use=EVIL, system=EVIL, identity=EVIL, root=EVIL, gates={EVIL: ">= 1"})
    page = render_report(source)
    parsed = Page(page)
    assert set(parsed.tags) <= set(clean.tags)
    assert b"<script" not in page
    assert b"<img" not in page
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    assert parsed.text.count("<script>alert(1)</script>") > 30
    # What steers a terminal or turns the direction of reading is spelt out.
    assert "\x1b" not in page.decode()
    assert "\u202e" not in page.decode()


def test_a_severity_that_nobody_knows_adds_no_class(lending):
    def change(predicates):
        predicates["verify"]["findings"][0]["severity"] = 'x" onclick="y'

    assert Page(render_report(lending(change))).values("onclick") == []


# Details that are not there, or not what they should be.


@pytest.mark.parametrize("stage", ["verify", "harden", "attack", "seal"])
@pytest.mark.parametrize("details", [None, {}, [], "text", 5])
def test_missing_details_leave_the_rest_of_the_page(lending, stage, details):
    def change(predicates):
        predicates[stage]["details"] = details

    Page(render_report(lending(change)))


@pytest.mark.parametrize("value", [None, [], {}, 7, "text", [None], [{}], [{"name": 5}], [[1, 2]], True])
@pytest.mark.parametrize("field", ["frontier", "features", "curves", "suspicious", "margins", "adversary"])
def test_malformed_details_are_left_out(lending, field, value):
    def change(predicates):
        for predicate in predicates.values():
            if field in predicate.get("details", {}):
                predicate["details"][field] = value
        predicates["attack"]["details"].setdefault("curves", value)

    Page(render_report(lending(change)))


@pytest.mark.parametrize(
    "margins",
    [
        {"edges": [0.0, 0.0], "counts": [5]},
        {"edges": [1.0, 2.0], "counts": [0]},
        {"edges": [-1, 0, 1], "counts": [1, 2]},
        {"edges": [0, 1], "counts": [1, 2]},
        {"edges": [], "counts": []},
        {"edges": ["a", 1], "counts": [1]},
    ],
)
def test_odd_histograms(lending, margins):
    Page(render_report(lending(lambda predicates: predicates["verify"]["details"].update(margins=margins))))


def test_candidates_in_one_place(lending):
    def change(predicates):
        point = predicates["harden"]["details"]["frontier"][0]
        point["clean"] = point["attacked"] = {"value": 1.0, "low": 1.0, "high": 1.0}
        predicates["harden"]["details"]["frontier"] = [point] * 12

    Page(render_report(lending(change)))


def test_without_claims_there_are_no_charts_of_them(lending):
    def change(predicates):
        for predicate in predicates.values():
            predicate.pop("claims", None)
            predicate.pop("details", None)

    page = render_report(lending(change, gates={"accuracy": ">= 0"}))
    assert b"<svg" not in page
    assert "No attack was measured" in Page(page).text


# The report says what the log says.


def test_a_verdict_that_was_not_logged_is_not_printed(lending):
    source = lending()
    for wrong in (
        replace(source, passed=False),
        replace(source, bundle=digest_bytes(b"another")),
        replace(source, results=source.results[:-1]),
        replace(source, results=()),
    ):
        for render in (render_report, render_report_json):
            with pytest.raises(ContradictoryReport) as caught:
                render(wrong)
            assert caught.value.code == "PROVE-102"


def test_the_twin_says_the_same(lending):
    source = lending()
    data = render_report_json(source)
    document = json.loads(data)
    assert data == render_json(document) + b"\n"
    assert document["verdict"] == "PASSED"
    assert [one["leaf"] for one in document["statements"]] == [0, 1, 2, 3, 4]
    assert [gate["leaf"] for gate in document["gates"]] == [2, 2, 2, 2]
    assert document["statements"][2]["predicate"] == source.results[2].statement.predicate
    text = Page(render_report(source)).text
    for sentence in document["limits"]:
        assert sentence in text


def test_the_same_statements_give_the_same_bytes(lending):
    assert render_report(lending()) == render_report(lending())
    assert render_report_json(lending()) == render_report_json(lending())


def test_both_keys_of_a_hybrid_identity_are_named(lending):
    key = SigningKey("hauberk/lending", [bytes(32), bytes(range(32))])
    page = render_report(lending(identity=key.identity.text))
    for public in key.identity.keys:
        assert public.label.encode() in page
    assert len(page) < 60_000
