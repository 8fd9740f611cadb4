"""`hauberk attack [FOLDER | MODEL]` and its verbs `poison` and `physical`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hauberk.attack import NORMS, BoundedResult
from hauberk.cli.attack_physical import physical
from hauberk.cli.attack_poison import poison
from hauberk.cli.door import Door, default_group, door_options
from hauberk.cli.tables import stage_tables
from hauberk.flows.attack_file import SCALES, AttackRequest, attack_file
from hauberk.flows.attack_folder import attack_folder

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_MODEL_ONLY = ("data", "target", "schema", "norm", "eps")


@click.group("attack", cls=default_group("evasion"))
def command() -> None:
    """Measure what an attacker can do to the model: at prediction, or by what is written into the training rows.

    `hauberk attack FOLDER` is short for `hauberk attack evasion FOLDER`, and so with a model file.
    """


@command.command("evasion")
@click.argument("subject", metavar="[FOLDER | MODEL]", type=_PATH, default=Path())
@click.option("--data", type=_PATH, help="With a model file: the table to attack it on.")
@click.option("--target", help="With a model file: the column of right labels.")
@click.option("--schema", type=_PATH, help="hauberk.toml (or its folder) that says what the columns are.")
@click.option("--norm", type=click.Choice(NORMS), help="With a model file: how changes are measured.")
@click.option("--eps", type=float, help="With a model file: how large they may be.")
@click.option("--scale", type=click.Choice(SCALES), default="unit", show_default=True, help="Unit of a feature.")
@click.option("--range", "ends", type=float, nargs=2, help="Least and largest valid value of every number.")
@click.option("--goal", default="", help="The class that the attacker wants (default: any wrong one).")
@click.option("--rows", type=click.IntRange(min=0), default=0, help="Most rows, drawn by the seed (default: all).")
@door_options
def evasion(
    subject: Path,
    data: Path | None,
    target: str | None,
    schema: Path | None,
    norm: str | None,
    eps: float | None,
    scale: str,
    ends: tuple[float, float] | None,
    goal: str,
    rows: int,
    door: Door,
) -> int:
    """Measure what an attacker can do to the model of the system in FOLDER, or to the model in a file."""
    if not subject.is_file():
        given = [
            f"--{name}" for name, value in zip(_MODEL_ONLY, (data, target, schema, norm, eps), strict=True) if value
        ]
        if given:
            raise click.UsageError(f"{given[0]} goes with a model file; {subject} is none")
        return _system(subject, door)
    if data is None or target is None or norm is None or eps is None:
        raise click.UsageError("a model file needs --data, --target, --norm and --eps")
    request = AttackRequest(
        model=subject, data=data, target=target, schema=schema, norm=norm, eps=eps, scale=scale, ends=ends, goal=goal,
        rows=rows, seed=door.seed or 0,
    )  # fmt: skip
    with door.watching() as watch:
        result = attack_file(request, watch=watch)
    door.show(result.document(), *_tables(result))
    return 1 if result.weak_because else 0


command.add_command(poison)
command.add_command(physical)


def _system(folder: Path, door: Door) -> int:
    with door.watching() as watch:
        found = attack_folder(folder, seed=door.seed, watch=watch)
    fragile = Table("row", "label", "becomes", "what is enough", box=None, pad_edge=False)
    for row in found.worst():
        enough = row.get("words") or f"{row.get('upper'):.4g}"  # a picture has no words, but a distance
        fragile.add_row(*(str(row.get(name)) for name in ("row", "label", "becomes")), str(enough))
    more: list[RenderableType] = ["", fragile] if fragile.row_count else []
    door.show(found.document(), *stage_tables(found.stage), *more)
    return 1 if found.stage.alarming else 0


def _tables(result: BoundedResult) -> list[RenderableType]:
    found = result.robustness
    table = Table("on the rows", "value", "95 % interval", box=None, pad_edge=False)
    for name, estimate in (("clean", found.clean), ("attacked", found.attacked), ("certified", found.certified)):
        if estimate:
            table.add_row(name, f"{estimate.value:.4f}", f"({estimate.low:.4f}, {estimate.high:.4f})")
    style = "bold red" if result.weak_because else "green"
    verdict = Text.assemble(f"{result.norm} {result.eps:g}, {found.n} rows: ", (result.verdict, style))
    parts: list[RenderableType] = [verdict, *(Text(f"  {why}") for why in result.weak_because), "", table]
    fragile = Table("row", result.norm, "the smallest change that was found", box=None, pad_edge=False)
    for number, size, words in result.worst():
        fragile.add_row(str(number), f"{size:.4g}", words)
    return [*parts, "", fragile] if fragile.row_count else parts
