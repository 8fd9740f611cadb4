"""`hauberk harden retrain`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hauberk.cli.door import Door, door_options, folder_argument
from hauberk.core.encoding import Json
from hauberk.flows.champion import Champion
from hauberk.flows.retrain import KEPT, Retrained, retrain_system, roll_back
from hauberk.flows.retrain_status import Status, retrain_status
from hauberk.flows.schedule import follow_schedule

__all__ = ["retrain"]

_FIGURES = ("accuracy", "robust_accuracy", "certified_accuracy")


@click.command("retrain")
@folder_argument
@click.option("--data", type=click.Path(path_type=Path), help="A file of further training rows.")
@click.option("--status", is_flag=True, help="Which model is in use, what was decided, when the next run is due.")
@click.option("--rollback", is_flag=True, help="Bring back the model that was in use before.")
@click.option("--watch", is_flag=True, help="Retrain by harden.retrain.schedule until stopped.")
@door_options
def retrain(folder: Path, data: Path | None, *, status: bool, rollback: bool, watch: bool, door: Door) -> int:
    """Train a challenger on the data of now; it takes over only if it passes the gates and is no worse.

    The new data are verified first. Challenger and model in use are attacked with the same seeds on rows that neither
    has seen, and compared in accuracy, accuracy under attack, differences between groups and privacy. Every step is a
    statement in the ledger.
    """
    if status + rollback + watch + (data is not None) > 1:
        raise click.UsageError("--data, --status, --rollback and --watch: one of them")
    if status:
        found = retrain_status(folder)
        door.show(found.document(), *_status_tables(found))
        return 0
    if watch:
        return _watch(folder, door)
    with door.watching() as bars:
        if rollback:
            result = roll_back(folder, watch=bars)
        else:
            result = retrain_system(folder, more=data, seed=door.seed, watch=bars)
    door.show(result.document(), *_tables(result))
    return 1 if result.verdict == KEPT else 0


def _watch(folder: Path, door: Door) -> int:
    """Run each retraining as a process of its own, so that none takes this one down, or its memory."""
    words = [sys.executable, "-m", "hauberk", "harden", "retrain", str(folder), "--json", "--quiet"]
    words += [] if door.seed is None else ["--seed", str(door.seed)]

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own words

    def told(code: int, out: str) -> None:
        if door.json:
            sys.stdout.write(json.dumps({"exit": code, "result": _document(out)}) + "\n")
            sys.stdout.flush()
        elif not door.quiet:
            document = _document(out)
            verdict = document.get("verdict", "failed") if isinstance(document, dict) else "failed"
            click.echo(f"{verdict} (exit code {code})")

    def due(when: str) -> None:
        click.echo(f"next retraining: {when}", err=True)

    return follow_schedule(folder, begin=begin, told=told, due=due)


def _document(out: str) -> Json:
    try:
        document: Json = json.loads(out)
    except ValueError:
        return None
    return document


def _tables(result: Retrained) -> list[RenderableType]:
    style = "bold red" if result.verdict == KEPT else "bold green"
    parts: list[RenderableType] = [Text.assemble("\nthe challenger: ", (result.verdict, style))]
    parts += [Text(f"  {reason}") for reason in result.reasons]
    changes = Table("new minus old, same rows", "change", "95 % interval", box=None, pad_edge=False)
    for claim in result.changes:
        if claim.name.startswith("change."):
            number = claim.estimate
            interval = f"({number.low:+.4f}, {number.high:+.4f})"
            changes.add_row(claim.name.removeprefix("change."), f"{number.value:+.4f}", interval)
    parts += ["", changes] if changes.row_count else []
    parts += ["", *_champion_tables(result.champion)]
    if result.evidence:
        parts += ["", Text(f"report  {result.evidence.report}"), Text(f"bundle  {result.evidence.bundle}")]
    return parts


def _champion_tables(champion: Champion | None) -> list[RenderableType]:
    if champion is None:
        return [Text("no model is in use yet")]
    table = Table("in use", champion.model.digest.short, box=None, pad_edge=False)
    table.add_row("since", f"{champion.since} ({champion.deed}, leaf {champion.leaf})")
    for name in _FIGURES:
        claim = champion.stages["attack"].claims.get(name)
        if claim:
            number = claim.estimate
            table.add_row(name.replace("_", " "), f"{number.value:.4f} ({number.low:.4f}, {number.high:.4f})")
    before = "none" if champion.replaces is None else f"leaf {champion.replaces}"
    table.add_row("before it", before)
    return [table]


def _status_tables(found: Status) -> list[RenderableType]:
    parts = _champion_tables(found.champion)
    if found.decisions:
        table = Table("leaf", "when", "model", "decision", "why", box=None, pad_edge=False)
        for one in found.decisions:
            reasons = one.get("reasons")
            why = "; ".join(str(reason) for reason in reasons) if isinstance(reasons, list) else ""
            model = str(one.get("model") or "-").removeprefix("sha256:")[:12]
            table.add_row(str(one.get("leaf")), str(one.get("time")), model, str(one.get("deed")), why)
        parts += ["", table]
    if found.schedule:
        parts += ["", Text(f"schedule  {found.schedule}, next {found.due or 'never'}")]
    return parts
