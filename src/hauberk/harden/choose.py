"""Which candidate takes the place of the plain model, and why no other does.

The best under attack is taken among those whose loss of clean accuracy is within the limit, with confidence: a
candidate whose loss only happens to look small on the validation rows would break the promise on the next ones. The
gain has to be more than chance, also after having looked at many candidates (Bonferroni). Doubt keeps the plain
model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hauberk.core.claim import Estimate
from hauberk.harden.errors import BadHardening
from hauberk.harden.trial import Trial
from hauberk.stats import exact_mcnemar

__all__ = ["Choice", "Confirm", "Judgement", "Reason", "Rules", "Verdict", "choose_candidate"]


_HOPELESS = 0.99
"""Confidence beyond which a candidate is not worth training again on the other folds."""


class Verdict(StrEnum):
    """What became of a candidate."""

    CHOSEN = "chosen"
    BEATEN = "beaten"
    """Allowed, but another one withstands more."""
    NO_GAIN = "no-gain"
    """Not more robust than the plain model beyond chance."""
    TOO_COSTLY = "too-costly"
    """The loss of clean accuracy is not shown to be within the limit."""


class Reason(StrEnum):
    """Why the model is what it is."""

    HARDENED = "hardened"
    """A candidate was chosen."""
    NO_CANDIDATES = "no-candidates"
    """Every recipe was skipped."""
    NO_GAIN = "no-gain"
    """The plain model stays: no candidate is more robust beyond chance."""
    TOO_COSTLY = "too-costly"
    """The plain model stays: what is more robust costs more clean accuracy than allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a candidate may be taken.

    Attributes:
        max_clean_loss: Most clean accuracy, as a share, that robustness may cost; 0 to below 1.
        loss_confidence: Confidence, one-sided, with which the loss must be within that; above 0.5 and below 1.
        gain_confidence: Confidence, two-sided and for all candidates together, with which the attacked accuracy
            must be higher.

    Raises:
        BadHardening: A number is out of its range.
    """

    max_clean_loss: float = 0.01
    loss_confidence: float = 0.95
    gain_confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0 <= self.max_clean_loss < 1:
            got = f"{self.max_clean_loss:g}"
            raise BadHardening(where="max-clean-loss", expected="a share from 0 to below 1", got=got)
        if not (0.5 < self.loss_confidence < 1 and 0 < self.gain_confidence < 1):
            got = f"{self.loss_confidence:g} and {self.gain_confidence:g}"
            raise BadHardening(where="confidence", expected="above 0.5 for the loss, above 0 for the gain", got=got)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """A candidate as it was judged.

    Attributes:
        trial: What was measured.
        loss: Clean accuracy that it costs, with a 95 % interval.
        gain: Attacked accuracy that it adds, with an interval that holds for all candidates together.
        verdict: What became of it.
    """

    trial: Trial
    loss: Estimate
    gain: Estimate
    verdict: Verdict

    @property
    def allowed(self) -> bool:
        """Whether it could take the place of the plain model."""
        return self.verdict in (Verdict.CHOSEN, Verdict.BEATEN)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """Every candidate's judgement, in the order of the trials, and the name of the chosen one, if any."""

    judgements: tuple[Judgement, ...]
    chosen: str | None
    reason: Reason


Confirm = Callable[[str], Sequence[Trial]]
"""Measures the clean accuracy of the candidates of a recipe on all other folds; gives their completed trials."""


def choose_candidate(trials: Sequence[Trial], rules: Rules, confirm: Confirm) -> Choice:
    """The best candidate within the rules.

    Candidates are taken from the most robust downwards; each is confirmed on the other folds before it is believed,
    and the first that holds is chosen, so no recipe is trained again without need.

    Args:
        trials: Candidates other than the plain model, with different names.
        rules: When one may be taken.
        confirm: Called at most once for a recipe.
    """
    current = {trial.name: trial for trial in trials}
    level = 1 - (1 - rules.gain_confidence) / max(len(trials), 1)
    ranked = sorted(trials, key=lambda trial: (-trial.attacked.mean(), -trial.clean.mean()))
    gaining = [trial for trial in ranked if _gains(trial, level)]
    confirmed: set[str] = set()
    for trial in gaining:
        if trial.recipe not in confirmed and _could_hold(trial, rules):
            confirmed.add(trial.recipe)
            current |= {better.name: better for better in confirm(trial.recipe)}
        if trial.recipe in confirmed and _holds(current[trial.name], rules):
            break
    # From the top again: a recipe that was confirmed for one candidate has cleared others that ranked before it.
    cleared = (trial.name for trial in gaining if trial.recipe in confirmed and _holds(current[trial.name], rules))
    chosen = next(cleared, None)
    judgements = tuple(_judge(current[trial.name], rules, level, chosen) for trial in trials)
    return Choice(judgements=judgements, chosen=chosen, reason=_reason(judgements, chosen))


def _gains(trial: Trial, level: float) -> bool:
    # The interval is a score interval; the exact test guards it where the rows are few.
    beyond_chance = exact_mcnemar(trial.attacked, trial.plain_attacked) <= 1 - level
    return beyond_chance and trial.gain(level).low > 0


def _could_hold(trial: Trial, rules: Rules) -> bool:
    """Whether more rows could still show that the loss is within the limit; one fold alone seldom can."""
    return trial.loss(_HOPELESS).low <= rules.max_clean_loss


def _holds(trial: Trial, rules: Rules) -> bool:
    return trial.loss(2 * rules.loss_confidence - 1).high <= rules.max_clean_loss


def _judge(trial: Trial, rules: Rules, level: float, chosen: str | None) -> Judgement:
    if trial.name == chosen:
        verdict = Verdict.CHOSEN
    elif not _gains(trial, level):
        verdict = Verdict.NO_GAIN
    else:
        verdict = Verdict.BEATEN if _holds(trial, rules) else Verdict.TOO_COSTLY
    return Judgement(trial=trial, loss=trial.loss(0.95), gain=trial.gain(level), verdict=verdict)


def _reason(judgements: Sequence[Judgement], chosen: str | None) -> Reason:
    if chosen is not None:
        return Reason.HARDENED
    verdicts = {judgement.verdict for judgement in judgements}
    if not verdicts:
        return Reason.NO_CANDIDATES
    return Reason.TOO_COSTLY if Verdict.TOO_COSTLY in verdicts else Reason.NO_GAIN
