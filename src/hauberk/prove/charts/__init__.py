"""Charts as SVG text, one file a chart: no script, no style of their own, colours by class."""

from hauberk.prove.charts.bars import BarPair, render_bars
from hauberk.prove.charts.frontier import Point, render_frontier
from hauberk.prove.charts.histogram import render_histogram
from hauberk.prove.charts.shares import render_shares

__all__ = ["BarPair", "Point", "render_bars", "render_frontier", "render_histogram", "render_shares"]
