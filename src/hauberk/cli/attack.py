"""`hauberk attack [FOLDER]` and its verb `poison`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import poison_tables, stage_tables
from hauberk.flows.secure import run_until

__all__ = ["command"]

KINDS = (
    "random-flips", "class-flips", "surest-flips", "region", "backdoor-rare", "backdoor-natural", "clean-label",
    "collision", "patch", "blend",
)  # fmt: skip
"""`PoisonKind`, spelt out so that `--help` needs not import it."""


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


@command.command("poison")
@folder_argument
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What is done to training rows.")
@click.option("--share", "shares", type=float, multiple=True, help="Of the training rows (default: 0.001 to 0.1).")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Draws of the poison.")
@click.option("--harm", type=float, default=0.1, show_default=True, help="Gain of the attacker that is harm.")
@click.option("--goal", default="", help="Class that the victims are to be given (default: see the docs).")
@click.option("--victim", default="", help="Class of the victims.")
@click.option(
    "--row", type=click.IntRange(min=0), help="Test row that region and collision aim at, as its file counts."
)
@click.option("--column", "columns", multiple=True, help="A column of the trigger.")
@click.option("--region", type=float, help="Share of the training rows around the row (default: 0.02 or more).")
@click.option("--image", type=(int, int, int), metavar="C H W", help="Shape of the rows, for patch and blend.")
@door_options
def poison(
    folder: Path,
    kind: str,
    shares: tuple[float, ...],
    seeds: int,
    harm: float,
    goal: str,
    victim: str,
    row: int | None,
    columns: tuple[str, ...],
    region: float | None,
    image: tuple[int, int, int] | None,
    door: Door,
) -> int:
    """Train the model with more and more poison in memory: which share of the training rows breaks it?"""
    from hauberk.attack.poison import PoisonKind  # numpy and scipy: slow to import
    from hauberk.flows.poison import PoisonWish, poison_project

    wish = PoisonWish(
        kind=PoisonKind(kind),
        shares=shares,
        seeds=seeds,
        harm=harm,
        goal=goal,
        victim=victim,
        row=row,
        columns=columns,
        region=region,
        image=image,
    )
    with door.watching() as watch:
        stage, document = poison_project(folder, wish=wish, seed=door.seed, watch=watch)
    door.show(document, *poison_tables(stage), f"picture: {document['picture']}")
    return 1 if stage.alarming else 0
