"""Which model is in use, what was decided, and when the next retraining is due."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hauberk.core.encoding import Json
from hauberk.flows.champion import PROMOTION, REFUSAL, Champion, find_champion
from hauberk.flows.configuration import parse_cron
from hauberk.flows.project import open_project
from hauberk.flows.statements import statements_of

__all__ = ["Status", "retrain_status"]

_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Status:
    """The model in use, and what was decided before.

    Attributes:
        champion: None where there is none yet.
        decisions: Promotions, roll-backs and refusals, the latest first.
        schedule: The cron expression, empty for none.
        due: When the next retraining is due, RFC 3339; empty where there is no schedule.
    """

    champion: Champion | None
    decisions: tuple[dict[str, Json], ...]
    schedule: str
    due: str

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        return {
            "champion": self.champion.document() if self.champion else None,
            "decisions": list(self.decisions),
            "schedule": self.schedule,
            "due": self.due,
        }


def retrain_status(folder: Path) -> Status:
    """Which model is in use, what was decided, and when the next retraining is due."""
    with open_project(folder) as project:
        champion = find_champion(project)
        found = [(one.leaf, one.statement) for kind in (PROMOTION, REFUSAL) for one in statements_of(project, kind)]
        found.sort(key=lambda pair: -pair[0])
        decisions: list[dict[str, Json]] = []
        for leaf, statement in found[:_TOLD]:
            details = statement.predicate.get("details")
            told = details if isinstance(details, dict) else {}
            kept: dict[str, Json] = {name: told.get(name) for name in ("deed", "time", "reasons")}
            models: list[Json] = [str(one.digest) for one in statement.subjects if one.name == "model"]
            decisions.append({"leaf": leaf, "model": models[0] if models else None} | kept)
        schedule, due = project.configuration.harden.retrain.schedule, ""
        if schedule:
            now = project.now()
            following = parse_cron(schedule, where="hauberk.toml: harden.retrain.schedule").get_next_fire_time(
                None, now.astimezone()
            )
            due = following.isoformat(timespec="minutes") if following else ""
        return Status(champion=champion, decisions=tuple(decisions), schedule=schedule, due=due)
