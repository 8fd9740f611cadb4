"""The report: one self-contained HTML page and its JSON twin, of the statements and rows that the store keeps."""

from hauberk.prove.report.document import render_report_json
from hauberk.prove.report.page import render_report
from hauberk.prove.report.poison_curve import render_poison_file
from hauberk.prove.report.source import ChangedImage, FragileRow, LoggedResult, ReportSource
from hauberk.prove.report.suspects import render_suspects_file

__all__ = [
    "ChangedImage",
    "FragileRow",
    "LoggedResult",
    "ReportSource",
    "render_poison_file",
    "render_report",
    "render_report_json",
    "render_suspects_file",
]
