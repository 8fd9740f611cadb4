"""`hauberk prove`: `report` makes report and proof, `verify` checks a proof offline."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import outcome_tables
from hauberk.flows.secure import secure_project

__all__ = ["command"]


@click.group("prove")
def command() -> None:
    """Report, proof, and the offline verifier."""


@command.command("report")
@folder_argument
@door_options
def report(folder: Path, door: Door) -> int:
    """Write report, proof and public key of the system in FOLDER, running what is not done yet."""
    with door.watching() as watch:
        outcome = secure_project(folder, seed=door.seed, watch=watch)
    door.show(outcome.document(), *outcome_tables(outcome))
    return 0 if outcome.passed else 1


@command.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> int:
    """Verify a proof offline (see `hauberk prove verify --help`)."""
    # The verifier parses its own arguments, so that it also runs where click is not installed.
    from hauberk.prove.verify.command import main

    return main(arguments)
