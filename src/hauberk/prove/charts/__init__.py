"""Charts as SVG markup, one file a chart: no script and no style of their own, colours by the classes of the page."""

from hauberk.prove.charts.bars import BarPair, render_bars
from hauberk.prove.charts.curve import render_curve
from hauberk.prove.charts.frontier import Point, render_frontier
from hauberk.prove.charts.gauge import render_gauge
from hauberk.prove.charts.histogram import render_histogram
from hauberk.prove.charts.images import Tile, render_images, triptych
from hauberk.prove.charts.interval import Interval, parse_interval
from hauberk.prove.charts.series import Panel, Series, render_panels
from hauberk.prove.charts.shares import render_shares
from hauberk.prove.charts.suspects import ScoredRow, render_suspects

__all__ = [
    "BarPair",
    "Interval",
    "Panel",
    "Point",
    "ScoredRow",
    "Series",
    "Tile",
    "parse_interval",
    "render_bars",
    "render_curve",
    "render_frontier",
    "render_gauge",
    "render_histogram",
    "render_images",
    "render_panels",
    "render_shares",
    "render_suspects",
    "triptych",
]
