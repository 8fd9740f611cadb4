"""`hauberk attack [FOLDER]` and its verb `poison`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.attack_poison import poison
from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]


class _Attack(click.Group):
    """A group whose name alone, or with a folder, attacks the model at prediction."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["evasion", *args]
        return super().parse_args(ctx, args)


@click.group("attack", cls=_Attack)
def command() -> None:
    """Measure what an attacker can do to the model: at prediction, or by what is written into the training rows.

    `hauberk attack FOLDER` is short for `hauberk attack evasion FOLDER`.
    """


@command.command("evasion")
@folder_argument
@door_options
def evasion(folder: Path, door: Door) -> int:
    """Measure what an attacker can do to the model of the system in FOLDER."""
    with door.watching() as watch:
        stages = run_until(folder, "attack", seed=door.seed, watch=watch)
    last = stages[-1]
    door.show(last.document(), *stage_tables(last))
    return 1 if last.alarming else 0


command.add_command(poison)
