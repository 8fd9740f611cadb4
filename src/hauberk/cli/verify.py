"""`hauberk verify [FOLDER]` and its verbs `diff`, `pin`, `quarantine` and `deidentify`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import RenderableType
from rich.table import Table

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.cli.tables import stage_tables, treatment_table
from hauberk.core.encoding import Json
from hauberk.flows.differences import Differences, find_differences
from hauberk.flows.pin import pin_schema
from hauberk.flows.quarantine import quarantine_rows, undo_quarantine
from hauberk.flows.secure import verify_project
from hauberk.flows.stage import StageResult

__all__ = ["command"]

_SHOWN = 20
_PATH = click.Path(path_type=Path)


class _Verify(click.Group):
    """A group whose name alone, or with a folder, checks the data."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["data", *args]
        return super().parse_args(ctx, args)


@click.group("verify", cls=_Verify)
def command() -> None:
    """Check the data: schema, integrity, label errors, poisoning; quarantine rows; name what changed.

    `hauberk verify FOLDER` is short for `hauberk verify data FOLDER`.
    """


@command.command("data")
@folder_argument
@door_options
def data(folder: Path, door: Door) -> int:
    """Check the data of the system in FOLDER; the suspects go to suspects.parquet in its evidence folder."""
    with door.watching() as watch:
        stage, document = verify_project(folder, seed=door.seed, watch=watch)
    door.show(document, *stage_tables(stage))
    return 1 if stage.alarming else 0


@command.command("diff")
@folder_argument
@click.option("--since", type=click.IntRange(min=0), help="Leaf of a statement of verify (default: the latest).")
@door_options
def diff(folder: Path, since: int | None, door: Door) -> int:
    """Which training rows changed, came or went since a logged state. Exit code 1 where any did."""
    found = find_differences(folder, since=since, seed=door.seed)
    door.show(found.document(), *_differences(found))
    return 0 if found.changes.none else 1


@command.command("quarantine")
@folder_argument
@click.option("--row", "rows", type=click.IntRange(min=0), multiple=True, help="A row number (default: the flagged).")
@click.option("--reason", default="", help="Why, for those who read the ledger.")
@click.option("--undo", is_flag=True, help="Bring all rows back.")
@door_options
def quarantine(folder: Path, rows: tuple[int, ...], reason: str, undo: bool, door: Door) -> int:
    """Take rows out of the training data by a statement in the ledger; the files stay as they are."""
    if undo and (rows or reason):
        raise click.UsageError("--undo brings all rows back and takes neither --row nor --reason")
    with door.watching() as watch:
        if undo:
            stage = undo_quarantine(folder, seed=door.seed, watch=watch)
        else:
            stage = quarantine_rows(folder, rows=rows, reason=reason, seed=door.seed, watch=watch)
    count = stage.details["rows"]
    told = f"{count} rows are back" if undo else f"{count} rows are left out from now on; --undo brings them back"
    document = stage.document() | {"details": dict(stage.details)} | _claims(stage)
    door.show(document, *stage_tables(stage), told)
    return 0


@command.command("pin")
@folder_argument
@door_options
def pin(folder: Path, door: Door) -> int:
    """Accept the schema that the data have now; later runs tell what differs from it. The first run pins by itself."""
    with door.watching() as watch:
        stage = pin_schema(folder, seed=door.seed, watch=watch)
    told = f"the schema of {stage.details['columns']} columns is pinned"
    door.show(stage.document() | {"details": dict(stage.details)}, *stage_tables(stage), told)
    return 0


@command.command("deidentify")
@folder_argument
@click.option("--out", type=_PATH, help="File for the training data, or for those of --data (csv, parquet, arrow).")
@click.option("--out-test", type=_PATH, help="File for the test data, under the same plan and key.")
@click.option("--data", type=_PATH, help="A file with the columns of the training data, instead of the project's data.")
@click.option("--plan", type=_PATH, help="What to do to each column (default: what the findings ask for).")
@click.option("--show-plan", is_flag=True, help="Print the plan and write nothing.")
@click.option("--safe-harbor", is_flag=True, help="Propose to drop keys of persons instead of making pseudonyms.")
@click.option("--key", default="", help="Name of the key of the pseudonyms (default: that of the plan).")
@click.option("--force", is_flag=True, help="Replace a file that stands at --out; inputs never are.")
@door_options
def deidentify(
    folder: Path,
    out: Path | None,
    out_test: Path | None,
    data: Path | None,
    plan: Path | None,
    show_plan: bool,
    safe_harbor: bool,
    key: str,
    force: bool,
    door: Door,
) -> int:
    """Write a copy of the data in which persons are hard to recognise, and log how; the files stay as they are."""
    from hauberk.flows.deidentify import Wishes, deidentify_data, propose_plan  # national numbers: slow to import

    wishes = Wishes(data=data, plan=plan, safe_harbor=safe_harbor, key=key)
    if show_plan == (out is not None):
        raise click.UsageError("give one of --out and --show-plan")
    with door.watching() as watch:
        if out is None:
            proposal = propose_plan(folder, wishes=wishes, seed=door.seed, watch=watch)
        else:
            stage = deidentify_data(
                folder, out=out, out_test=out_test, wishes=wishes, force=force, seed=door.seed, watch=watch
            )
    if out is None:
        door.show_text(proposal.document(), proposal.text)
        return 0
    written: dict[str, Json] = {"out": str(out), "out_test": str(out_test) if out_test else None}
    document = stage.document() | written | {"details": dict(stage.details)} | _claims(stage)
    door.show(
        document,
        *stage_tables(stage),
        treatment_table(stage),
        f"written: {out}" + (f", {out_test}" if out_test else ""),
    )
    return 0


def _claims(stage: StageResult) -> dict[str, Json]:
    return {"claims": {name: claim.document() for name, claim in stage.claims.items()}}


def _differences(found: Differences) -> list[RenderableType]:
    changes = found.changes
    if changes.none:
        return [f"the {found.after} training rows are those of leaf {found.leaf}"]
    table = Table("what", "rows", "the first", box=None, pad_edge=False)
    first = [f"{a} → {b}" if a != b else str(a) for a, b in changes.changed[:_SHOWN].tolist()]
    table.add_row("changed", str(len(changes.changed)), ", ".join(first))
    for name, rows in (("went", changes.went), ("came", changes.came)):
        table.add_row(name, str(len(rows)), ", ".join(map(str, rows[:_SHOWN].tolist())))
    head = f"since leaf {found.leaf}: {found.before} rows then, {found.after} now"
    return [head, table, *(["rows that stayed stand in another order"] if changes.moved else [])]
