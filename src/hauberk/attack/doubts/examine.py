"""All signs asked, and the verdict: `trusted`, or `weak` and why.

A robustness figure says that an attack failed; whether that is the model's merit or the attack's fault is what the
signs decide. Each can only raise a doubt. None can prove that an attack is strong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.doubts.agreement import doubt_agreement
from hauberk.attack.doubts.alone import doubt_alone
from hauberk.attack.doubts.black_box import doubt_black_box
from hauberk.attack.doubts.bounds import doubt_bounds
from hauberk.attack.doubts.finite_difference import doubt_finite_difference
from hauberk.attack.doubts.largest_eps import doubt_largest_eps
from hauberk.attack.doubts.loss_rise import doubt_loss_rise
from hauberk.attack.doubts.more_effort import doubt_more_effort
from hauberk.attack.doubts.noise import doubt_noise
from hauberk.attack.doubts.probabilities import doubt_probabilities
from hauberk.attack.doubts.repeated import doubt_repeated
from hauberk.attack.doubts.steps import doubt_steps
from hauberk.attack.doubts.subject import Attack, Subject, make_subject
from hauberk.attack.doubts.torch_mode import doubt_mode
from hauberk.attack.doubts.torch_slope import make_gradients
from hauberk.attack.doubts.transfer import doubt_transfer
from hauberk.attack.doubts.valid_range import doubt_valid_range
from hauberk.attack.doubts.white_box import doubt_white_box
from hauberk.attack.doubts.zero_gradient import doubt_zero_gradient
from hauberk.attack.evasion.ball import Ball
from hauberk.attack.evasion.samples import Adversarial
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress, silent
from hauberk.models import HasGradients, Model

__all__ = ["SIGNS", "Sign", "Verdict", "Word", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One question.

    Attributes:
        name: Of the sign, as the documentation lists it.
        ask: Gives what it found; nothing where it is silent.
        network: Whether it needs gradients, and so is asked of networks only.
    """

    name: str
    ask: Callable[[Subject], tuple[Finding, ...]]
    network: bool = False


SIGNS = (
    Sign(name="valid_range", ask=doubt_valid_range),
    Sign(name="bounds", ask=doubt_bounds),
    Sign(name="repeated", ask=doubt_repeated),
    Sign(name="alone", ask=doubt_alone),
    Sign(name="steps", ask=doubt_steps),
    Sign(name="mode", ask=doubt_mode, network=True),
    Sign(name="agreement", ask=doubt_agreement, network=True),
    Sign(name="probabilities", ask=doubt_probabilities, network=True),
    Sign(name="zero_gradient", ask=doubt_zero_gradient, network=True),
    Sign(name="finite_difference", ask=doubt_finite_difference, network=True),
    Sign(name="loss_rise", ask=doubt_loss_rise, network=True),
    Sign(name="noise", ask=doubt_noise),
    Sign(name="black_box", ask=doubt_black_box),
    Sign(name="transfer", ask=doubt_transfer),
    Sign(name="white_box", ask=doubt_white_box, network=True),
    Sign(name="largest_eps", ask=doubt_largest_eps),
    Sign(name="more_effort", ask=doubt_more_effort),
)
"""Every sign, cheapest first."""


class Word(StrEnum):
    """What the signs together say."""

    TRUSTED = "trusted"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What all signs together say of a figure.

    Attributes:
        word: `trusted` only where every sign was asked and none raised a doubt.
        findings: Of all signs; information does not make a figure weak.
        asked: Names of the signs that gave an answer.
        probed: How many rows that the model is right about were questioned.
        standing: How many rows that withstood the attack its rivals tried.
    """

    word: Word
    findings: tuple[Finding, ...]
    asked: tuple[str, ...]
    probed: int
    standing: int

    @property
    def weak_because(self) -> tuple[str, ...]:
        """The codes of the findings that raise a doubt, each once."""
        return tuple(dict.fromkeys(one.code for one in self.findings if one.severity is not Severity.INFO))


def examine(
    model: Model,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    ball: Ball,
    found: Adversarial,
    *,
    attack: Attack,
    stronger: Attack,
    goal: int | None = None,
    sample: int = 96,
    seed: int = 0,
    signs: Sequence[Sign] = SIGNS,
    progress: Progress = silent,
) -> Verdict:
    """Whether the figure that an attack gave for a model may be believed.

    Args:
        model: As it will be served. Where it grants gradients, their signs are asked too.
        rows: (n, d) float64, all rows that were attacked.
        labels: (n,) class codes.
        ball: Of the attack.
        found: What the attack reported for these rows.
        attack: The same attack, to be run again on a few rows with the largest radius.
        stronger: It with more steps, more restarts and another seed.
        goal: Code of the class that the adversary wants; None: any wrong one.
        sample: Most rows for each kind of question; all rows are only looked at where that costs one answer.
        seed: Of every random choice.
        signs: Which; fewer than `SIGNS` are for tests, and give no verdict worth printing.
        progress: Told the number of signs asked.

    A sign that fails is itself a reason, `attack.doubt.not_asked`: what could not be looked at is not known.
    """
    network = isinstance(model, HasGradients)
    subject = make_subject(
        model,
        rows,
        labels,
        ball,
        found,
        attack=attack,
        stronger=stronger,
        goal=goal,
        gradients=make_gradients(model, goal=goal) if isinstance(model, HasGradients) else None,
        sample=sample,
        seed=seed,
    )
    findings, asked = list[Finding](), list[str]()
    todo = [sign for sign in signs if network or not sign.network]
    for number, sign in enumerate(todo):
        progress(number, len(todo), sign.name)
        try:
            findings += sign.ask(subject)
        except Exception as error:
            findings.append(_not_asked(sign, error))
        else:
            asked.append(sign.name)
    trusted = all(finding.severity is Severity.INFO for finding in findings)
    return Verdict(
        word=Word.TRUSTED if trusted else Word.WEAK,
        findings=tuple(findings),
        asked=tuple(asked),
        probed=len(subject.probe),
        standing=len(subject.standing),
    )


def _not_asked(sign: Sign, error: Exception) -> Finding:
    reason = (str(error).strip().splitlines() or [""])[0][:160]
    return Finding(
        code="attack.doubt.not_asked",
        severity=Severity.ERROR,
        message=f"Every sign should be asked; {sign.name} failed with {type(error).__name__}: {reason}",
    )
