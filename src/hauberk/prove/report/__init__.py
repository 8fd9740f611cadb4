"""The report: one self-contained HTML page and its JSON twin, made from the statements and nothing else."""

from hauberk.prove.report.document import render_report_json
from hauberk.prove.report.page import render_report
from hauberk.prove.report.source import LoggedResult, ReportSource

__all__ = ["LoggedResult", "ReportSource", "render_report", "render_report_json"]
