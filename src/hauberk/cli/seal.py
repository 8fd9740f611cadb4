"""`hauberk seal`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]


@click.command("seal")
@folder_argument
@door_options
def command(folder: Path, door: Door) -> int:
    """Sign and encrypt the model of the system in FOLDER into a bundle."""
    with door.watching() as watch:
        stages = run_until(folder, "seal", seed=door.seed, watch=watch)
    last = stages[-1]
    door.show(last.document(), *stage_tables(last))
    return 1 if last.alarming else 0
