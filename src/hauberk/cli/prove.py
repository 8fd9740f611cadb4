"""`hauberk prove verify`: check a proof offline. Report and proof are made by `hauberk secure`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group("prove")
def command() -> None:
    """The offline verifier; report and proof are made by `hauberk secure`."""


@command.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> int:
    """Verify a proof offline (see `hauberk prove verify --help`)."""
    # The verifier parses its own arguments, so that it also runs where click is not installed.
    from hauberk.prove.verify.command import main

    return main(arguments)
