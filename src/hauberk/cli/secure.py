"""`hauberk secure`: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import outcome_tables
from hauberk.flows.secure import secure_project

__all__ = ["command"]


@click.command("secure")
@folder_argument
@door_options
def command(folder: Path, door: Door) -> int:
    """Verify, harden, attack, seal, gate and prove the system in FOLDER; what is done already is reused."""
    with door.watching() as watch:
        outcome = secure_project(folder, seed=door.seed, watch=watch)
    door.show(outcome.document(), *outcome_tables(outcome))
    return 0 if outcome.passed else 1
