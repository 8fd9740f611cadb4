"""What is doubted: a model, an attack, what the attack reported, and the rows on which both are questioned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.ball import Ball
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.samples import Adversarial
from hauberk.models import Model

__all__ = ["Attack", "Gradients", "Slope", "Subject", "make_subject"]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]


class Attack(Protocol):
    """Attacks rows (n, d) with labels (n,) within a ball; its effort, goal and seed are already chosen."""

    def __call__(self, rows: Matrix, labels: Labels, ball: Ball, /) -> Adversarial:
        """What it makes of the rows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """What a network says at n rows, as an attack sees it: in float32, then widened.

    Attributes:
        logits: (n, k).
        entropy: (n,) cross-entropy of the label, rising towards an error.
        margin: (n,) best other logit minus the label's; above 0 where the network is wrong. With a goal, the goal's
            logit minus the best other one.
        entropy_gradient, margin_gradient: (n, d), of these by the input.
    """

    logits: Matrix
    entropy: Matrix
    margin: Matrix
    entropy_gradient: Matrix
    margin_gradient: Matrix


Gradients = Callable[[Matrix, Labels], Slope]
"""Rows (n, d) and labels (n,) to the slope there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """All that a sign may look at.

    Attributes:
        model: As it will be served.
        rows: (n, d) float64, as they were attacked.
        labels: (n,) class codes.
        ball: Of the attack.
        found: What the attack reported for the rows.
        attack: The attack itself.
        stronger: The same attack with more steps, more restarts and another seed.
        goal: Code of the class that the adversary wants; None: any wrong one.
        gradients: Of the network; None where the model only answers.
        probe: (m,) rows that the model is right about, drawn at random.
        standing: (s,) rows that the attack did not beat, drawn at random.
        seed: Of every random choice of a sign.
    """

    model: Model
    rows: Matrix
    labels: Labels
    ball: Ball
    found: Adversarial
    attack: Attack
    stronger: Attack
    goal: int | None
    gradients: Gradients | None
    probe: Index
    standing: Index
    seed: int

    def slope(self, rows: Matrix, labels: Labels) -> Slope:
        """The slope at rows, for signs that are only asked of networks.

        Raises:
            TypeError: The model only answers.
        """
        if self.gradients is None:
            raise TypeError("the model shows no gradients")
        return self.gradients(rows, labels)

    def beaten(self, rows: Matrix, labels: Labels) -> Mask:
        """(n,) whether the model itself gives the adversary what they want."""
        return wanted(predicted(self.model.predict(rows)), labels, self.goal)

    def lead(self, rows: Matrix, labels: Labels) -> Matrix:
        """(n,) how far the adversary is from the goal by the answers alone: a log ratio, at most 0 where they are."""
        scores, here = np.log(np.maximum(self.model.predict(rows), 1e-300)), np.arange(len(rows))
        mine = labels if self.goal is None else np.full(len(rows), self.goal)
        others = scores.copy()
        others[here, mine] = -np.inf
        lead = scores[here, mine] - others.max(axis=1)
        return np.asarray(lead if self.goal is None else -lead)

    def generator(self, sign: int) -> np.random.Generator:
        """The randomness of one sign, which does not depend on what other signs drew."""
        return np.random.default_rng([self.seed, sign])


def make_subject(
    model: Model,
    rows: Matrix,
    labels: Labels,
    ball: Ball,
    found: Adversarial,
    *,
    attack: Attack,
    stronger: Attack,
    goal: int | None,
    gradients: Gradients | None,
    sample: int,
    seed: int,
) -> Subject:
    """The subject, with at most `sample` rows drawn for each kind of question."""
    rng = np.random.default_rng([seed, 0])
    correct = predicted(model.predict(rows)) == labels
    wants = correct if goal is None else correct & (labels != goal)
    return Subject(
        model=model,
        rows=rows,
        labels=labels,
        ball=ball,
        found=found,
        attack=attack,
        stronger=stronger,
        goal=goal,
        gradients=gradients,
        probe=_draw(wants, sample, rng),
        standing=_draw(wants & ~found.success, sample, rng),
        seed=seed,
    )


def _draw(mask: Mask, most: int, rng: np.random.Generator) -> Index:
    return np.sort(rng.permutation(np.flatnonzero(mask))[:most])
