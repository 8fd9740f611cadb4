"""`hauberk ledger show|verify|proof`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.flows.ledger import LedgerAudit, LedgerView, audit_ledger, leaf_receipt, show_ledger

__all__ = ["command"]


@click.group("ledger")
def command() -> None:
    """Show, audit and prove the transparency log."""


@command.command("show")
@folder_argument
@door_options
def show(folder: Path, door: Door) -> int:
    """The checkpoint and every statement of the ledger in FOLDER."""
    view = show_ledger(folder)
    door.show(view.document(), _leaves(view))
    return 0


@command.command("verify")
@folder_argument
@click.option("--since", type=click.Path(path_type=Path), multiple=True, help="A checkpoint kept from earlier.")
@door_options
def verify(folder: Path, since: tuple[Path, ...], door: Door) -> int:
    """Re-hash every entry, tile, checkpoint and stored blob of FOLDER; say what was altered and where."""
    audit = audit_ledger(folder, since=since)
    door.show(audit.document(), *_findings(audit))
    return 0 if audit.clean else 1


@command.command("proof")
@folder_argument
@click.option("--leaf", type=click.IntRange(min=0), required=True, help="Index of the statement.")
@door_options
def proof(folder: Path, leaf: int, door: Door) -> int:
    """The .tlog-proof receipt of one statement of the ledger in FOLDER."""
    receipt = leaf_receipt(folder, leaf)
    door.show(receipt.document(), receipt.text)
    return 0


def _leaves(view: LedgerView) -> Table:
    title = f"{view.origin}: {view.size} statements, root {view.root}"
    table = Table("leaf", "type", "subjects", "envelope", title=title, box=None, pad_edge=False, title_justify="left")
    for leaf in view.leaves:
        subjects = ", ".join(f"{subject.name} {subject.digest.short}" for subject in leaf.subjects)
        table.add_row(str(leaf.index), leaf.predicate_type, subjects, leaf.digest.short)
    return table


def _findings(audit: LedgerAudit) -> list[str | Table]:
    if audit.clean:
        return [f"clean: {audit.statements} statements, {audit.blobs} blobs, root {audit.root}"]
    table = Table("what", "where", box=None, pad_edge=False)
    for finding in audit.findings:
        table.add_row(finding.message, finding.feature)
    return [table]
