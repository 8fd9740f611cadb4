"""`hauberk attack physical MODEL`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import RenderableType
from rich.table import Table

from hauberk.cli.door import Door, door_options
from hauberk.core.encoding import Json

__all__ = ["KINDS", "physical"]

KINDS = ("corruptions", "sticker", "patch")
"""`PhysicalKind`, spelt out so that `--help` needs not import it."""
_PATH = click.Path(path_type=Path)


@click.command("physical")
@click.argument("model", type=_PATH)
@click.option("--data", type=_PATH, required=True, help="A table of pixels from 0 to 1, channels first.")
@click.option("--target", required=True, help="The column of right labels.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What happens to the images.")
@click.option("--victim", default="", help="Class of the images (default: all).")
@click.option("--goal", default="", help="Class that they are to be taken for (default: any wrong one).")
@click.option("--area", type=float, default=0.06, show_default=True, help="Share of the image that is covered.")
@click.option("--frontal", is_flag=True, help="Seen as they are; without it, turned, shifted and blurred.")
@click.option("--steps", type=click.IntRange(min=1), default=300, show_default=True, help="Of the climb.")
@click.option("--rows", type=click.IntRange(min=0), default=0, help="Most images, drawn by the seed (default: all).")
@click.option("--picture", type=_PATH, help="Where to write an SVG.")
@door_options
def physical(
    model: Path,
    data: Path,
    target: str,
    kind: str,
    victim: str,
    goal: str,
    area: float,
    frontal: bool,
    steps: int,
    rows: int,
    picture: Path | None,
    door: Door,
) -> int:
    """Show a network worn, hazy and blurred images, or such with a sticker or a patch that is made against it."""
    from hauberk.flows.attack_physical import PhysicalKind, PhysicalRequest, attack_physical

    request = PhysicalRequest(
        model=model, data=data, target=target, kind=PhysicalKind(kind), victim=victim, goal=goal, area=area,
        frontal=frontal, steps=steps, rows=rows, picture=picture, seed=door.seed or 0,
    )  # fmt: skip
    with door.watching() as watch:
        document = attack_physical(request, watch=watch)
    door.show(document, _table(document), *([f"picture: {picture}"] if picture else []))
    return 0


def _table(document: dict[str, Json]) -> RenderableType:
    points = document.get("corruptions")
    if isinstance(points, list):
        table = Table("corruption", "severity", "accuracy", "95 % interval", box=None, pad_edge=False)
        for point in points:
            if isinstance(point, dict):
                table.add_row(str(point["corruption"]), str(point["severity"]), *_words(point))
        return table
    table = Table("images turned", "share", "95 % interval", box=None, pad_edge=False)
    for name, words in (("turned", "with the pattern"), ("turned_grey", "the same area grey"), ("turned_bare", "bare")):
        point = document[name]
        if isinstance(point, dict):
            table.add_row(words, *_words(point))
    return table


def _words(point: dict[str, Json]) -> tuple[str, str]:
    return f"{point['value']:.3f}", f"({point['low']:.3f}, {point['high']:.3f})"
