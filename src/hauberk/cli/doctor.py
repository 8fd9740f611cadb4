"""`hauberk doctor`."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from hauberk.cli.door import Door, door_options
from hauberk.flows.doctor import Health, Report, examine

__all__ = ["command"]

_STYLE = {Health.OK: "green", Health.OPTIONAL: "yellow", Health.BROKEN: "bold red"}


@click.command("doctor")
@door_options
def command(door: Door) -> int:
    """What is installed, what is missing and how to get it."""
    report = examine()
    door.show(report.document(), _table(report))
    return 0 if report.healthy else 2


def _table(report: Report) -> Table:
    table = Table("part", "found", "state", "how to get it", box=None, pad_edge=False)
    for check in report.checks:
        table.add_row(check.part, check.found, Text(check.health, _STYLE[check.health]), check.hint)
    return table
