"""`hauberk attack`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]


@click.command("attack")
@folder_argument
@door_options
def command(folder: Path, door: Door) -> int:
    """Measure what an attacker can do to the model of the system in FOLDER."""
    with door.watching() as watch:
        stages = run_until(folder, "attack", seed=door.seed, watch=watch)
    last = stages[-1]
    door.show(last.document(), *stage_tables(last))
    return 1 if last.alarming else 0
