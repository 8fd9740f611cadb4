"""What hardening came to: the model, and the frontier that it was chosen from."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json
from hauberk.harden.candidate import Skipped
from hauberk.harden.choose import Choice, Judgement, Reason
from hauberk.harden.plain import PLAIN
from hauberk.harden.trial import Trial
from hauberk.models import LibraryModel

__all__ = ["FrontierPoint", "HardenResult", "frontier_points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """One candidate on the validation rows.

    Attributes:
        name: Of the candidate; `plain` is the model without hardening.
        clean: Accuracy, over all validation rows that the candidate was measured on.
        attacked: Accuracy under attack.
        loss: Clean accuracy lost against the plain model, paired; None for the plain model.
        gain: Attacked accuracy won against it, paired; None for the plain model.
        seconds: Wall time that the candidate took.
        allowed: Whether it is within the rules; the plain model always is.
        chosen: Whether it is the model.
        verdict: Why, as `Verdict` says it; empty for the plain model.
        note: How it was made.
    """

    name: str
    clean: Estimate
    attacked: Estimate
    loss: Estimate | None
    gain: Estimate | None
    seconds: float
    allowed: bool
    chosen: bool
    verdict: str
    note: str

    def document(self) -> dict[str, Json]:
        """The point as it stands in a predicate; without the seconds, so that a repeated run says the same."""
        document: dict[str, Json] = {
            "name": self.name,
            "clean": _number(self.clean),
            "attacked": _number(self.attacked),
        }
        document |= {"chosen": self.chosen, "allowed": self.allowed, "verdict": self.verdict, "note": self.note}
        if self.loss is not None and self.gain is not None:
            document |= {"loss": _number(self.loss), "gain": _number(self.gain)}
        return document


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HardenResult:
    """The model to use and how it was found.

    Attributes:
        plain: Trained on all rows without hardening.
        model: Trained on all rows by the chosen recipe; `plain` itself where nothing was chosen.
        chosen: Name of the candidate, `plain` where nothing was chosen.
        reason: Why.
        frontier: The plain model and every candidate.
        skipped: Recipes that had nothing to offer.
    """

    plain: LibraryModel
    model: LibraryModel
    chosen: str
    reason: Reason
    frontier: tuple[FrontierPoint, ...]
    skipped: tuple[Skipped, ...]


def frontier_points(plain: Trial, choice: Choice) -> tuple[FrontierPoint, ...]:
    """The plain model first, then the candidates in their order."""
    kept = choice.chosen is None
    base = FrontierPoint(
        name=PLAIN,
        clean=plain.accuracy(),
        attacked=plain.attacked_accuracy(),
        loss=None,
        gain=None,
        seconds=plain.seconds,
        allowed=True,
        chosen=kept,
        verdict="",
        note=plain.note,
    )
    return (base, *(_point(judgement) for judgement in choice.judgements))


def _point(judgement: Judgement) -> FrontierPoint:
    trial = judgement.trial
    return FrontierPoint(
        name=trial.name,
        clean=trial.accuracy(),
        attacked=trial.attacked_accuracy(),
        loss=judgement.loss,
        gain=judgement.gain,
        seconds=trial.seconds,
        allowed=judgement.allowed,
        chosen=judgement.verdict == "chosen",
        verdict=str(judgement.verdict),
        note=trial.note,
    )


def _number(estimate: Estimate) -> dict[str, Json]:
    document: dict[str, Json] = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return document | {"n": estimate.n, "method": estimate.method, "level": estimate.level}
