"""`hauberk attack poison [FOLDER]`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import poison_tables

__all__ = ["KINDS", "poison"]

KINDS = (
    "random-flips", "class-flips", "surest-flips", "region", "backdoor-rare", "backdoor-natural", "clean-label",
    "collision", "patch", "blend",
)  # fmt: skip
"""`PoisonKind`, spelt out so that `--help` needs not import it."""


@click.command("poison")
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
