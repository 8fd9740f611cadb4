"""`hauberk keys`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.flows.keys import public_identity

__all__ = ["command"]


@click.command("keys")
@folder_argument
@door_options
def command(folder: Path, door: Door) -> int:
    """The public key that verifies the statements and checkpoints of the system in FOLDER; made if there is none.

    Keys are encrypted when they are made if HAUBERK_PASSPHRASE_FILE names a file that holds a passphrase.
    """
    identity = public_identity(folder)
    door.show({"identity": identity}, identity)
    return 0
