"""Charts: places follow from numbers, and every chart says in words what it shows."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from hauberk.prove.charts import (
    BarPair,
    Interval,
    Point,
    ScoredRow,
    parse_interval,
    render_bars,
    render_curve,
    render_frontier,
    render_gauge,
    render_histogram,
    render_shares,
    render_suspects,
)
from hauberk.prove.charts.scale import Scale, fitted_scale

NAME = "{http://www.w3.org/2000/svg}"


def found(svg, tag, kind):
    elements = ElementTree.fromstring(svg).iter(f"{NAME}{tag}")
    return [element for element in elements if element.get("class") == kind]


def interval(value, half=0.01):
    return Interval(low=value - half, value=value, high=value + half)


def test_bars_are_as_long_as_their_values():
    pairs = [
        BarPair(label="a", before=interval(0.25), after=interval(0.75)),
        BarPair(label="b", before=None, after=None),
    ]
    svg = render_bars(pairs, title="t")
    (before,), (after,) = found(svg, "rect", "before"), found(svg, "rect", "after")
    assert float(after.get("width")) == pytest.approx(3 * float(before.get("width")), abs=0.2)
    assert len(found(svg, "line", "whisker")) == 6
    assert svg.count("not measured") == 4  # two bars, two words of the summary
    assert "0.250" in svg
    assert "b: before not measured, after not measured" in svg


def test_the_frontier_places_points_and_marks_them():
    points = [
        Point(name="low", clean=interval(0.8), attacked=interval(0.2), chosen=False, allowed=True),
        Point(name="high", clean=interval(0.9), attacked=interval(0.6), chosen=True, allowed=True),
        Point(name="out", clean=interval(0.7), attacked=interval(0.7), chosen=False, allowed=False),
    ]
    svg = render_frontier(points, title="t")
    ((low,), (high,), (out,)) = (found(svg, "circle", f"dot {kind}") for kind in ("open", "chosen", "refused"))
    assert float(out.get("cx")) < float(low.get("cx")) < float(high.get("cx"))
    assert float(out.get("cy")) < float(high.get("cy")) < float(low.get("cy"))
    assert len(found(svg, "circle", "ring")) == 1
    assert len(found(svg, "line", "cross chosen")) == 2


@pytest.mark.parametrize("step", [0.0, 0.0002, 0.001, 0.004])
def test_numbers_in_the_frontier_do_not_cover_one_another(step):
    points = [
        Point(name=str(n), clean=interval(0.85 + n * step), attacked=interval(0.4), chosen=n == 2, allowed=True)
        for n in range(12)
    ]
    svg = render_frontier(points, title="t")
    texts = [e for e in ElementTree.fromstring(svg).iter(f"{NAME}text") if "name" in e.get("class")]
    places = [(float(text.get("x")), float(text.get("y"))) for text in texts]
    assert [text.text for text in texts] == [str(n + 1) for n in range(12)]
    for number, (x, y) in enumerate(places):
        assert all(abs(x - a) >= 14 or abs(y - b) >= 11 for a, b in places[:number])


def test_numbers_in_the_frontier_do_not_cover_dots():
    """The second point lies where the number of the first would stand."""
    spread = [(0.80, 0.20), (0.8031, 0.2145), (0.9, 0.7)]
    points = [
        Point(name="p", clean=interval(clean), attacked=interval(attacked), chosen=False, allowed=True)
        for clean, attacked in spread
    ]
    root = ElementTree.fromstring(render_frontier(points, title="t"))
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter(f"{NAME}circle")]
    first, second, _ = dots
    assert (second[0] - first[0], second[1] - first[1]) == pytest.approx((12.1, -7), abs=2)
    for text in root.iter(f"{NAME}text"):
        if "name" in text.get("class"):
            x, y = float(text.get("x")), float(text.get("y")) - 4
            assert all(abs(x - a) >= 8.9 or abs(y - b) >= 8.9 for a, b in dots)


def test_shares_are_ordered_and_clipped():
    svg = render_shares([("b", 0.5), ("a", 1.5), ("c" * 60, -1.0)], title="t")
    widths = [float(bar.get("width")) for bar in found(svg, "rect", "after")]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0
    tracks = {float(bar.get("width")) for bar in found(svg, "rect", "track")}
    assert widths[0] == tracks.pop()
    assert "…" in svg


def test_the_histogram_shows_few_rows_beside_many():
    svg = render_histogram([-2, -1, 0, 1], [10_000, 100, 4], title="t", axis="margin")
    heights = [float(bar.get("height")) for kind in ("after", "suspect") for bar in found(svg, "rect", kind)]
    assert heights[0] == pytest.approx(10 * heights[1], rel=0.01)
    assert heights[2] > 2
    assert len(found(svg, "rect", "suspect")) == 1
    assert "10,104 rows from -2.0 to 1.0; about 4 above zero" in svg
    assert len(found(svg, "line", "zero")) == 1


def test_the_curve():
    svg = render_curve([(2, 0.5), (0, 0.0), (4, 1.0)], title="t", across="cost", upwards="share")
    (line,) = found(svg, "polyline", "curve")
    xs = [float(point.split(",")[0]) for point in line.get("points").split()]
    ys = [float(point.split(",")[1]) for point in line.get("points").split()]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)


@pytest.mark.parametrize(("upwards", "value", "passed"), [(True, 0.9, True), (True, 0.7, False), (False, 0.7, True)])
def test_the_gauge(upwards, value, passed):
    svg = render_gauge(interval(value), threshold=0.8, upwards=upwards, passed=passed)
    (shade,) = found(svg, "rect", "admitted")
    (dot,) = found(svg, "circle", "dot passed" if passed else "dot failed")
    start, width, place = float(shade.get("x")), float(shade.get("width")), float(dot.get("cx"))
    assert (start <= place <= start + width) is passed


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.8612, 0.8797), (-6, 5.5), (0, 36_000), (1e-9, 2e-9), (-1e6, 1e6)])
def test_ticks_are_round_and_within(low, high):
    scale = Scale(low=low, high=high, start=0, end=100)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 7
    steps = {round((b - a) / (high - low), 6) for (a, _), (b, _) in itertools.pairwise(ticks)}
    assert len(steps) == 1
    for value, label in ticks:
        assert low - 1e-9 * abs(high) <= value <= high + 1e-9 * abs(high)
        assert float(label) == pytest.approx(value, abs=1e-12)
    assert re.fullmatch(r"-?[125]0*|-?0\.0*[125]|[125]e-\d+", f"{float(f'{ticks[1][0] - ticks[0][0]:.6g}'):.12g}")


@pytest.mark.parametrize("values", [[0.5], [0, 0], [1.0, 1.0, 1.0], [-3, 7]])
def test_a_fitted_scale_has_a_length(values):
    scale = fitted_scale(values, start=0, end=10)
    assert all(0 < scale(value) < 10 for value in values)
    assert math.isfinite(scale(values[0]))


@pytest.mark.parametrize("document", [None, {}, [], {"value": 1}, {"value": "1", "low": 0, "high": 2}, 5])
def test_what_is_no_interval(document):
    assert parse_interval(document) is None


def test_an_interval_of_a_claim():
    assert parse_interval({"value": 1, "low": 0.5, "high": 2, "rung": "measured"}) == Interval(low=0.5, value=1, high=2)


def test_suspects_stand_where_their_score_is():
    rows = [ScoredRow(words="row 7: a, looks like b", score=4.0, flagged=True),
            ScoredRow(words="row 2: b, looks like a", score=1.0, flagged=False)]  # fmt: skip
    svg = render_suspects(
        [-4, 0, 2, 4], [90, 10, 4], [0, 1, 4], threshold=1.5, promise="5 flagged", rows=rows, title="t"
    )
    (bad,), (open_,) = found(svg, "circle", "dot failed"), found(svg, "circle", "dot open")
    (line,) = found(svg, "line", "zero")
    left, right = float(open_.get("cx")), float(bad.get("cx"))
    assert left < float(line.get("x1")) < right
    assert (float(line.get("x1")) - left) / (right - left) == pytest.approx(0.5 / 3, abs=0.01)
    heights = [float(one.get("height")) for one in found(svg, "rect", "suspect")]
    assert heights[0] == 0 < heights[1] < heights[2]
    assert "104 rows, 5 flagged" in svg


def test_without_a_threshold_no_line_is_drawn():
    svg = render_suspects([0, 0], [3], [0], threshold=None, promise="ranked only", rows=[], title="t")
    assert not found(svg, "line", "zero")
    assert "ranked only" in svg
