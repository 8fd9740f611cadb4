"""`hauberk harden [FOLDER]` and its verb `retrain`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, default_group, door_options, folder_argument
from hauberk.cli.harden_retrain import retrain
from hauberk.cli.tables import stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]


@click.group("harden", cls=default_group("train"))
def command() -> None:
    """Train the model so that the attack fails, and keep it so: retrain, compare, promote, roll back.

    `hauberk harden FOLDER` is short for `hauberk harden train FOLDER`.
    """


@command.command("train")
@folder_argument
@door_options
def train(folder: Path, door: Door) -> int:
    """Train robust candidates for the system in FOLDER and choose one."""
    with door.watching() as watch:
        stages = run_until(folder, "harden", seed=door.seed, watch=watch)
    last = stages[-1]
    door.show(last.document(), *stage_tables(last))
    return 1 if last.alarming else 0


command.add_command(retrain)
