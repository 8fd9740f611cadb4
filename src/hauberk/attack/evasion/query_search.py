"""Attack on any model by asking it: an evolutionary search over what the adversary can change.

Each round proposes one change of every row that still stands, all are asked together, and a change is kept where it
brings the model closer to the adversary's wish. At first each knob is turned by itself, to both of its ends and to
somewhere; then changes are drawn at random, stepped back, or copied from rows on which the attack went further,
because what fools a model about one row often fools it about others. A proposal beyond reach is not wasted but moved
to the nearest row within. Scores are enough; labels alone work too, without the sense of direction.

Source: random coordinate search from the ends of the intervals as in Andriushchenko et al. 2020, "Square attack",
section 3.1; exchange between rows as in differential evolution (Storn, Price 1997). A population for each row, as in
Simonetto et al. 2022, "A unified framework for adversarial attack and defense in constrained feature space" (MoEvA2),
found no more rows at 200 and 1,000 queries on Adult and card payments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.knobs import Knob, copy_setting, draw_setting, end_setting, make_knobs, restore_setting
from hauberk.attack.evasion.repair import Ground, make_ground, repair_rows
from hauberk.attack.evasion.samples import Adversarial, cost_of, verify_samples
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach, check_reach
from hauberk.models import Model

__all__ = ["search_queries"]

Matrix = NDArray[np.float64]

_OPENINGS = 3
"""Rounds in which each knob is turned by itself."""
_COPY, _RESTORE = 0.35, 0.1
"""Shares of the proposals that copy another row, or step back to the original."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Herd:
    """The rows under attack and how far each has come; changed in place.

    Attributes:
        rows: (n, d) float64, as they were.
        best: (n, d) float64, as they are.
        loss: (n,) float64, how much is missing to what the adversary wants.
        success: (n,) bool.
        queries: (n,) intp.
    """

    rows: Matrix
    labels: NDArray[np.int64]
    goal: int | None
    ground: Ground
    best: Matrix
    loss: Matrix
    success: NDArray[np.bool_]
    queries: NDArray[np.intp]

    def ask(self, model: Model, index: NDArray[np.intp], proposed: Matrix) -> None:
        """Keep those proposals for the rows `index` that are no worse."""
        scores = model.predict(proposed)
        self.queries[index] += 1
        loss = _loss(scores, self.labels[index], self.goal)
        success = wanted(predicted(scores), self.labels[index], self.goal)
        kept = success | (loss <= self.loss[index])
        self.best[index[kept]], self.loss[index[kept]] = proposed[kept], loss[kept]
        self.success[index] |= success


def search_queries(
    model: Model,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
) -> Adversarial:
    """Attack rows (n, d) with labels (n,) within their reach, with at most `effort.queries` model calls a row.

    Args:
        model: A classifier; only its scores are used.
        rows: Encoded rows.
        labels: Class codes.
        reach: Resolved for these rows.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: How many queries.
        seed: Of all random choices.
        progress: Told the number of rounds done.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
    """
    verify_samples(rows, labels, reach, width=model.width, classes=len(model.classes), goal=goal)
    rng = np.random.default_rng(seed)
    knobs = make_knobs(rows, reach)
    herd = _Herd(
        rows=rows,
        labels=labels,
        goal=goal,
        ground=make_ground(rows, reach),
        best=rows.copy(),
        loss=np.full(len(rows), np.inf),
        success=np.zeros(len(rows), dtype=np.bool_),
        queries=np.zeros(len(rows), dtype=np.intp),
    )
    herd.ask(model, np.arange(len(rows)), rows)
    wants = np.ones(len(rows), dtype=np.bool_) if goal is None else labels != goal
    for number in range(effort.queries - 1 if knobs else 0):
        index = np.flatnonzero(~herd.success & wants)
        if not len(index):
            break
        turned = _turned(knobs, index, number, rng)
        proposed = _propose(herd, knobs, index, turned, number, rng)
        fresh = _differs(proposed, herd.best[index])
        herd.ask(model, index[fresh], proposed[fresh]) if fresh.any() else None
        progress(number + 1, effort.queries, "asking the model")
    changed = np.where(herd.success[:, None], herd.best, rows)
    return Adversarial(rows=changed, success=herd.success, cost=cost_of(reach, rows, changed), queries=herd.queries)


def _loss(scores: Matrix, labels: NDArray[np.int64], goal: int | None) -> Matrix:
    """(n,) by how much the label leads; with a goal, by how much the goal trails the best other class."""
    here = np.arange(len(scores))
    mine = labels if goal is None else np.full(len(scores), goal)
    others = scores.copy()
    others[here, mine] = -np.inf
    lead = scores[here, mine] - others.max(axis=1)
    return np.asarray(lead if goal is None else -lead)


def _turned(
    knobs: tuple[Knob, ...], index: NDArray[np.intp], number: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(m, knobs) which knobs each row turns: one after the other first, then a few at random, mostly one."""
    possible = np.stack([knob.open[index] for knob in knobs], axis=1)
    if number < _OPENINGS * len(knobs):
        alone = np.zeros_like(possible)
        alone[:, number % len(knobs)] = True
        return possible & alone
    wish = np.where(possible, rng.random(possible.shape), np.inf)
    several = np.minimum(rng.geometric(0.5, size=len(index)), len(knobs))
    return np.asarray((wish.argsort(axis=1).argsort(axis=1) < several[:, None]) & possible)


def _propose(
    herd: _Herd,
    knobs: tuple[Knob, ...],
    index: NDArray[np.intp],
    turned: NDArray[np.bool_],
    number: int,
    rng: np.random.Generator,
) -> Matrix:
    """(m, d) proposals within reach."""
    current = herd.best[index]
    settings = _openings(knobs, index, turned, current, number, rng) if number < _OPENINGS * len(knobs) else None
    settings = _variations(herd, knobs, index, turned, rng) if settings is None else settings
    reach, rows = herd.ground.reach.rows(index), herd.rows[index]
    beyond = np.flatnonzero(~check_reach(reach, rows, settings, exact=True))
    if len(beyond):
        order = rng.random((len(beyond), len(herd.ground.choices)))
        settings[beyond] = repair_rows(herd.ground, index[beyond], settings[beyond], order=order)
    return settings


def _openings(
    knobs: tuple[Knob, ...],
    index: NDArray[np.intp],
    turned: NDArray[np.bool_],
    current: Matrix,
    number: int,
    rng: np.random.Generator,
) -> Matrix:
    """(m, d) one knob at its low end in the first round over the knobs, its high end in the second, then anywhere."""
    which, settings = number % len(knobs), current.copy()
    at, knob = np.flatnonzero(turned[:, which]), knobs[which]
    turn = number // len(knobs)
    drawn = draw_setting(knob, index[at], current[at], rng) if turn == 2 else end_setting(knob, index[at], turn, rng)
    settings[at[:, None], list(knob.columns)] = drawn
    return settings


def _variations(
    herd: _Herd, knobs: tuple[Knob, ...], index: NDArray[np.intp], turned: NDArray[np.bool_], rng: np.random.Generator
) -> Matrix:
    """(m, d) the rows as they are, with knobs copied from another row, stepped back or drawn."""
    current = herd.best[index]
    donors, way = herd.best[_donors(herd, index, rng)], rng.random(len(index))
    settings = current.copy()
    for number, knob in enumerate(knobs):
        at = np.flatnonzero(turned[:, number])
        drawn = draw_setting(knob, index[at], current[at], rng)
        copied = copy_setting(knob, index[at], donors[at])
        restored = restore_setting(knob, herd.rows[index[at]])
        copying, restoring = way[at, None] < _COPY, way[at, None] > 1 - _RESTORE
        settings[at[:, None], list(knob.columns)] = np.where(copying, copied, np.where(restoring, restored, drawn))
    return settings


def _donors(herd: _Herd, index: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """(m,) rows of the same label to copy from: of two at random, the one on which the attack went further."""
    donors = index.copy()
    for label in np.unique(herd.labels[index]):
        pool = np.flatnonzero(herd.labels == label)
        mine = herd.labels[index] == label
        pairs = pool[rng.integers(len(pool), size=(2, int(mine.sum())))]
        donors[mine] = np.where(herd.loss[pairs[0]] <= herd.loss[pairs[1]], pairs[0], pairs[1])
    return donors


def _differs(proposed: Matrix, current: Matrix) -> NDArray[np.bool_]:
    return np.asarray(((proposed != current) & ~(np.isnan(proposed) & np.isnan(current))).any(axis=1))
