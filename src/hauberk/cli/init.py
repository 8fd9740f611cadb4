"""`hauberk init`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.flows.init import Initialised, init_project

__all__ = ["command"]


@click.command("init")
@folder_argument
@click.option(
    "--train", type=click.Path(path_type=Path), required=True, help="Training data (csv, parquet, arrow, npz)."
)
@click.option("--target", required=True, help="Column to predict.")
@click.option("--test", type=click.Path(path_type=Path), help="Test data; a quarter is held out without it.")
@click.option("--delimiter", default=",", show_default=True, help="Character that separates the cells of a CSV file.")
@click.option("--force", is_flag=True, help="Overwrite an existing hauberk.toml.")
@door_options
def command(folder: Path, train: Path, target: str, test: Path | None, delimiter: str, force: bool, door: Door) -> int:
    """Write hauberk.toml into FOLDER from a training file."""
    made = init_project(folder, train=train, target=target, test=test, delimiter=delimiter, force=force)
    door.show(
        made.document(), _table(made), f"\nWrote {made.path}. Read the adversary's part, then run: hauberk secure"
    )
    return 0


def _table(made: Initialised) -> Table:
    table = Table("column", "kind", "role", "noted", box=None, pad_edge=False)
    for feature in made.schema.features:
        noted = [word for word in ("protected", "personal", "sensitive") if getattr(feature, word)]
        table.add_row(feature.name, feature.kind, feature.role, ", ".join(noted))
    return table
