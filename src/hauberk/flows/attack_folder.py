"""`hauberk attack FOLDER`: the stage and, from the store, what became of every row. Rows stay out of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hauberk.core.claim import Claim
from hauberk.core.encoding import Json
from hauberk.core.finding import Severity
from hauberk.core.progress import Watcher, unwatched
from hauberk.flows.fragile import kept_rows, worst_rows
from hauberk.flows.project import open_project
from hauberk.flows.secure import run_stages
from hauberk.flows.stage import StageResult

__all__ = ["FolderAttack", "attack_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAttack:
    """The stage `attack` of a system, with its rows.

    Attributes:
        stage: What was logged.
        rows: One document a row, as `BoundedResult.document` has them; with the change in words.
    """

    stage: StageResult
    rows: tuple[Mapping[str, Json], ...]

    @property
    def weak_because(self) -> tuple[str, ...]:
        """Why the attacked accuracy must not be believed."""
        return tuple(str(one["message"]) for one in self.stage.findings if one.get("severity") != Severity.INFO)

    def worst(self) -> list[Mapping[str, Json]]:
        """The beaten rows that the smallest changes turn."""
        return worst_rows(self.rows)

    def document(self) -> dict[str, Json]:
        """As `--json` prints it: what `hauberk attack MODEL` says, and where it is logged."""
        claims = self.stage.claims
        rows: list[Json] = [dict(row) for row in self.rows]
        return self.stage.document() | {
            "clean": claims["accuracy"].estimate.value if "accuracy" in claims else None,
            "attacked": _interval(claims.get("robust_accuracy")),
            "certified": _interval(claims.get("certified_accuracy")),
            "claims": {name: _interval(claim) for name, claim in claims.items()},
            "verdict": "weak" if self.weak_because else "trusted",
            "weak_because": list(self.weak_because),
            "rows": rows,
        }


def attack_folder(folder: Path, *, seed: int | None = None, watch: Watcher = unwatched) -> FolderAttack:
    """Run the stages up to the attack.

    Raises:
        HauberkError: See the flows of the stages.
    """
    with open_project(folder, seed=seed) as project:
        stage = run_stages(project, "attack", watch)[-1]
        return FolderAttack(stage=stage, rows=kept_rows(project, stage))


def _interval(claim: Claim | None) -> Json:
    if claim is None:
        return None
    return {"value": claim.estimate.value, "low": claim.estimate.low, "high": claim.estimate.high}
