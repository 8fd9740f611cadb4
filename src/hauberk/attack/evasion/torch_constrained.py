"""CAPGD: gradients of a network, followed within everything that the schema's adversary must keep to.

Each start climbs with momentum and a step that halves when it stops paying; each point is repaired before the network
sees it, so that what succeeds is already within reach. The first step goes as far as the reach allows, because on a
linear model the nearest point within reach of a far point up the slope is the exact optimum. What cannot move a
little (categories, one-hot groups) is chosen between climbs: where the network sees the columns of a group, its slope
says which options to try; where it sees a code, the options are tried.

Source: Simonetto et al. 2024, "Constrained adaptive attack: effective adversarial attack against deep neural networks
for tabular data", section 3; the schedule of Croce, Hein 2020, "Reliable evaluation of adversarial robustness with an
ensemble of diverse parameter-free attacks", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import STANDARD, Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.knobs import draw_setting, make_knobs
from hauberk.attack.evasion.repair import Choice, Ground, make_ground, repair_rows
from hauberk.attack.evasion.samples import Adversarial, cost_of, verify_samples
from hauberk.core.progress import Progress, silent
from hauberk.data import Reach
from hauberk.models import NetworkModel

__all__ = ["attack_constrained"]

Matrix = NDArray[np.float64]
Index = NDArray[np.intp]

_STEPS = 21
"""Gradient steps of a climb."""
_ROUNDS = 2
"""Climbs of a start, each followed by a choice of what is set as a whole."""
_MOMENTUM = 0.75
_FAR = 8.0
"""First step, in spans. Where the slope stays the same, projected steps of one length end at the exact optimum."""
_LONG = 0.5
"""First step after the far ones."""
_STRAIGHT = 4
"""Far steps along the slope itself, before those with momentum."""
_CHECK = 4
"""Steps between decisions to halve."""
_TRIED = 12
"""Most options of a choice that are tried where no slope says which."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Climb:
    """The network, the rows and the best that was found of each; arrays are changed in place.

    Attributes:
        lead: (n,) by how much the logit that the adversary does not want leads at `best`; falls.
        best: (n, d) float64, within reach.
    """

    model: NetworkModel
    ground: Ground
    labels: NDArray[np.int64]
    goal: int | None
    best: Matrix
    lead: Matrix
    success: NDArray[np.bool_]
    queries: Index

    def look(self, index: Index, points: Matrix) -> tuple[Matrix, Matrix]:
        """Leads (m,) and their slopes (m, d) at points within reach; what is better is kept."""
        batch = torch.from_numpy(points.astype(np.float32)).reshape(-1, *self.model.shape).requires_grad_(True)
        with torch.enable_grad():
            logits = self.model.logits(batch)
            lead = _lead(logits, torch.from_numpy(self.labels[index]), self.goal)
            (slope,) = torch.autograd.grad(lead.sum(), batch, allow_unused=True)
        gradient = np.zeros(points.shape) if slope is None else slope.reshape(len(points), -1).numpy()
        self._keep(index, points, logits.detach().numpy(), lead.detach().numpy())
        return lead.detach().numpy().astype(np.float64), np.nan_to_num(gradient.astype(np.float64), posinf=0, neginf=0)

    def ask(self, index: Index, points: Matrix) -> Matrix:
        """Leads (m,) alone."""
        with torch.inference_mode():
            batch = torch.from_numpy(points.astype(np.float32)).reshape(-1, *self.model.shape)
            logits = self.model.logits(batch)
            lead = _lead(logits, torch.from_numpy(self.labels[index]), self.goal).numpy()
        self._keep(index, points, logits.numpy(), lead)
        return np.asarray(lead, dtype=np.float64)

    def _keep(self, index: Index, points: Matrix, logits: Matrix, lead: Matrix) -> None:
        success = wanted(predicted(logits), self.labels[index], self.goal)
        better = (success | (lead < self.lead[index])) & ~self.success[index]
        self.best[index[better]], self.lead[index[better]] = points[better], lead[better]
        self.success[index] |= success
        self.queries[index] += 1


def attack_constrained(
    model: NetworkModel,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None = None,
    effort: Effort = STANDARD,
    seed: int = 0,
    progress: Progress = silent,
) -> Adversarial:
    """Attack rows (n, d) with labels (n,) within their reach, by the gradients of a network.

    Args:
        model: A network, its columns as the schema encodes them.
        rows: Encoded rows, without missing values.
        labels: Class codes.
        reach: Resolved for these rows.
        goal: The class that the adversary wants for rows of other classes; None: any wrong class.
        effort: Its `restarts` say how many starts there are.
        seed: Of all random choices; no global generator is used.
        progress: Told the number of starts done.

    Raises:
        WrongSamples, NotAttackable, BadTarget: See `verify_samples`.
        WrongRows: A missing value.
    """
    verify_samples(rows, labels, reach, width=model.width, classes=len(model.classes), goal=goal)
    model.predict(rows[np.isnan(rows).any(axis=1)][:1])  # says which cell a network cannot take
    ground, count = make_ground(rows, reach), len(rows)
    climb = _Climb(
        model=model, ground=ground, labels=labels, goal=goal, best=rows.copy(), lead=np.full(count, np.inf),
        success=np.zeros(count, dtype=np.bool_), queries=np.zeros(count, dtype=np.intp),
    )  # fmt: skip
    climb.ask(np.arange(count), rows)
    wants = ~ground.still & (True if goal is None else labels != goal)
    starts = 2 * (1 + effort.restarts)
    for start in range(starts):
        index = np.flatnonzero(wants & ~climb.success)
        if not len(index):
            break
        _run(climb, index, start, np.random.default_rng([seed, start]))
        progress(start + 1, starts, "following gradients")
    changed = np.where(climb.success[:, None], climb.best, rows)
    return Adversarial(rows=changed, success=climb.success, cost=cost_of(reach, rows, changed), queries=climb.queries)


def _run(climb: _Climb, index: Index, start: int, rng: np.random.Generator) -> None:
    """One start: the row itself, then the row with its choices made first, then points at random."""
    points = (climb.ground.rows if start < 2 else _drawn(climb.ground, rng))[index]
    lead = climb.ask(index, points)
    noise = rng.standard_normal(climb.ground.rows.shape)  # of all rows, so that no row depends on which others stand
    dice = rng.random((2 * _ROUNDS, *climb.ground.rows.shape[:1], max(len(climb.ground.choices), 1)))
    for turn in range(2 * _ROUNDS):
        left = np.flatnonzero(~climb.success[index])
        if not len(left):
            return
        if turn % 2 == start % 2:
            found = _ascend(climb, index[left], points[left], noise[index[left]])
        else:
            found = _choose(climb, index[left], points[left], lead[left], dice[turn][index[left]])
        points[left], lead[left] = found


def _ascend(climb: _Climb, index: Index, points: Matrix, noise: Matrix) -> tuple[Matrix, Matrix]:
    """Points (m, d) and leads (m,) at the end of a climb of the numbers; what is set as a whole stays as it is."""
    span = climb.ground.span[index]
    lead, slope = climb.look(index, points)
    if not (span > 0).any():
        return points, lead
    top, top_lead, top_slope = points.copy(), lead.copy(), slope.copy()
    before, step = points, np.full(len(index), _FAR)
    gains, least = np.zeros(len(index)), lead.copy()
    for number in range(_STEPS):
        far = number < _STRAIGHT
        wish = points + step[:, None] * span * _direction(slope * span, span, noise, straight=far)
        if number > _STRAIGHT:
            wish = points + _MOMENTUM * (wish - points) + (1 - _MOMENTUM) * (points - before)
        before, points, last = points, repair_rows(climb.ground, index, wish), lead
        lead, slope = climb.look(index, points)
        gains += lead < last
        better = lead < top_lead
        top[better], top_lead[better], top_slope[better] = points[better], lead[better], slope[better]
        if climb.success[index].all():
            break
        if number == _STRAIGHT - 1:
            halved, step = np.ones(len(index), dtype=np.bool_), np.full(len(index), _LONG)
        elif far or number % _CHECK:
            continue
        else:
            halved = (gains < 0.75 * _CHECK) | (top_lead >= least)
            step = np.where(halved, step / 2, step)
        back = halved[:, None]
        points, before = np.where(back, top, points), np.where(back, top, before)
        slope = np.where(back, top_slope, slope)
        lead, gains, least = np.where(halved, top_lead, lead), np.zeros(len(index)), top_lead.copy()
    return top, top_lead


def _direction(slope: Matrix, span: Matrix, noise: Matrix, *, straight: bool) -> Matrix:
    """(m, d) downhill in spans, the largest component 1; at random where the network has no slope."""
    flat = np.abs(slope).max(axis=1, keepdims=True) == 0
    slope = np.where(flat, noise * (span > 0), slope)
    most = np.abs(slope).max(axis=1, keepdims=True)
    way = -slope / np.where(most > 0, most, 1.0)
    return way if straight else np.sign(way) * np.sqrt(np.abs(way))


def _choose(climb: _Climb, index: Index, points: Matrix, lead: Matrix, dice: Matrix) -> tuple[Matrix, Matrix]:
    """Points and leads after each choice was set to the best option that was tried, one choice after the other."""
    points, lead = points.copy(), lead.copy()
    for number, choice in enumerate(climb.ground.choices):
        options = _options(climb, index, points, choice, dice[:, number])
        at = list(choice.columns)
        for rank in range(options.shape[1]):
            some = np.flatnonzero((options[:, rank] >= -1) & ~climb.success[index])
            if not len(some):
                continue
            rows, pick = climb.ground.rows[index[some]], options[some, rank]
            wish = points[some].copy()
            wish[:, at] = np.where(pick[:, None] >= 0, choice.options[np.maximum(pick, 0)], rows[:, at])
            order = np.zeros((len(some), len(climb.ground.choices)))
            order[:, number] = 1  # what is tried is paid before what was chosen earlier
            tried = repair_rows(climb.ground, index[some], wish, order=order)
            differs = (tried != points[some]).any(axis=1)
            some, tried = some[differs], tried[differs]
            if not len(some):
                continue
            found = climb.ask(index[some], tried)
            better = found < lead[some]
            points[some[better]], lead[some[better]] = tried[better], found[better]
    return points, lead


def _options(climb: _Climb, index: Index, points: Matrix, choice: Choice, dice: Matrix) -> NDArray[np.intp]:
    """(m, T) which options are tried: numbers of `choice.options`, -1 for the row's own, -2 for nothing."""
    allowed = choice.allowed[index]
    most = min(_TRIED, allowed.shape[1])
    rank = (np.arange(allowed.shape[1]) + (dice[:, None] * allowed.shape[1]).astype(np.intp)) % allowed.shape[1]
    if len(choice.columns) > 1:
        _, slope = climb.look(index, points)
        most, rank = min(3, most), slope[:, list(choice.columns)] @ choice.options.T
    wish = np.where(allowed, rank.astype(np.float64), np.inf)
    picks = wish.argsort(axis=1, kind="stable")[:, :most]
    known = np.take_along_axis(allowed, picks, axis=1)
    return np.column_stack([np.where(known, picks, -2), np.full(len(index), -1)])


def _drawn(ground: Ground, rng: np.random.Generator) -> Matrix:
    """(n, d) a point at random within reach of each row; numbers anywhere, and half of the choices made."""
    drawn, everyone = ground.rows.copy(), np.arange(len(ground.rows))
    for knob in make_knobs(ground.rows, ground.reach):
        setting = draw_setting(knob, everyone, drawn, rng)
        turned = knob.open & (rng.random(len(drawn)) < 0.5)
        place = np.flatnonzero(turned)[:, None], list(knob.columns)
        drawn[place] = setting[turned]
    order = rng.random((len(drawn), len(ground.choices)))
    return repair_rows(ground, everyone, drawn, order=order)


def _lead(logits: torch.Tensor, labels: torch.Tensor, goal: int | None) -> torch.Tensor:
    """(m,) by how much the label leads; with a goal, by how much the goal trails the best other class."""
    mine = labels if goal is None else torch.full_like(labels, goal)
    here = logits.gather(1, mine[:, None])[:, 0]
    others = logits.scatter(1, mine[:, None], -torch.inf).amax(dim=1)
    return here - others if goal is None else others - here
