"""`hauberk harden`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]


@click.command("harden")
@folder_argument
@door_options
def command(folder: Path, door: Door) -> int:
    """Train robust candidates for the system in FOLDER and choose one."""
    with door.watching() as watch:
        stages = run_until(folder, "harden", seed=door.seed, watch=watch)
    last = stages[-1]
    door.show(last.document(), *stage_tables(last))
    return 1 if last.alarming else 0
