"""How much poison breaks a model: harm against the share of training rows that an attacker writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hauberk.attack.errors import BadBudget, BadPoison
from hauberk.attack.poison.aim import Aim
from hauberk.attack.poison.budget import budget_rows
from hauberk.attack.poison.labelled import Codes, Labelled, Mask
from hauberk.attack.poison.poisoned import Poisoned
from hauberk.attack.poison.surrogate import FitScores
from hauberk.core.claim import Estimate
from hauberk.core.progress import Progress, silent
from hauberk.stats import estimate_paired_difference, estimate_proportion

__all__ = ["PoisonCurve", "PoisonPoint", "poison_curve", "require_harm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonPoint:
    """One share of poison.

    Values are means over the seeds. So are the ends of the intervals: all seeds are asked about the same test rows, so
    the mean is not known better than each; `spread` says how far the seeds lie apart.

    Attributes:
        share: Budget of the attacker, 0 for clean rows.
        rows: Rows that were really touched, the most over the seeds.
        changes: The same as the certificate of partitions counts them.
        accuracy: Share of all test rows that are decided rightly, as they are.
        victim_accuracy: The same of the victims.
        success: Share of the victims, as they are handed in, that are decided as the attacker wants.
        loss: Accuracy of the clean model minus this, paired by test row.
        gain: Success minus that against the clean model, paired by victim.
        spread: Smallest and largest success over the seeds.
    """

    share: float
    rows: int
    changes: int
    accuracy: Estimate
    victim_accuracy: Estimate
    success: Estimate
    loss: Estimate
    gain: Estimate
    spread: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonCurve:
    """All shares, ascending, the clean rows first.

    Attributes:
        points: Of each share.
        harm: The gain that was said to be harm.
        seeds: Of the poison and the trainings.
        victims: Their number.
    """

    points: tuple[PoisonPoint, ...]
    harm: float
    seeds: tuple[int, ...]
    victims: int

    @property
    def broken(self) -> PoisonPoint | None:
        """The first point at which the harm is seen: a gain of at least so much, whose interval excludes 0.

        None where it never is, which is no proof that such a share does no harm: a better attack may.
        """
        return next((point for point in self.points if point.gain.value >= self.harm and point.gain.low > 0), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outcome:
    """What one trained model does: (n,) and (v,) bool."""

    right: Mask
    turned: Mask


def poison_curve(
    fit: FitScores,
    train: Labelled,
    test: Labelled,
    aim: Aim,
    *,
    shares: Sequence[float],
    seeds: Sequence[int],
    harm: float = 0.1,
    progress: Progress = silent,
) -> PoisonCurve:
    """Train with more and more poison, and ask each model about the same test rows.

    Args:
        fit: Trains the model.
        train: Clean training rows.
        test: Rows that are taken for good.
        aim: The attack.
        shares: Of the training rows, each above 0 and below 1.
        seeds: Each trains once on clean rows and once for each share.
        harm: Gain of the attacker that is called harm, above 0 and at most 1.
        progress: Told of every training.

    Raises:
        BadBudget: No shares, or one that is out of range or cannot be spent.
        BadPoison: No seeds, no victims, or a harm out of range.
    """
    asked = sorted(set(shares))
    _require(len(train.labels), test, aim, asked, seeds, harm)
    total, done = len(seeds) * (len(asked) + 1), 0
    clean: list[_Outcome] = []
    found: dict[float, list[tuple[Poisoned, _Outcome]]] = {share: [] for share in asked}
    for seed in seeds:
        progress(done, total, "training on clean rows")
        clean.append(_outcome(fit, train, test, aim, seed))
        done += 1
        for share in asked:
            progress(done, total, f"training with {share:.3g} of the rows poisoned")
            poison = aim.poison(share, seed)
            found[share].append((poison, _outcome(fit, poison.data, test, aim, seed)))
            done += 1
    progress(total, total, "poison")
    points = [_point(0.0, [], clean, clean, aim)]
    for share, results in found.items():
        points.append(_point(share, [poison for poison, _ in results], [one for _, one in results], clean, aim))
    return PoisonCurve(points=tuple(points), harm=harm, seeds=tuple(seeds), victims=int(aim.victims.sum()))


def require_harm(harm: float) -> None:
    """Refuse what is no gain that could be seen.

    Raises:
        BadPoison: It is not above 0 and at most 1.
    """
    if not 0 < harm <= 1:
        raise BadPoison(where="harm", expected="a share above 0 and at most 1", got=f"{harm}")


def _require(rows: int, test: Labelled, aim: Aim, shares: Sequence[float], seeds: Sequence[int], harm: float) -> None:
    if not shares:
        raise BadBudget(where="shares", expected="at least one share of the rows", got="none")
    for share in shares:  # before anything is trained
        budget_rows(share, rows)
    if not seeds or len(set(seeds)) < len(seeds):
        raise BadPoison(where="seeds", expected="one or more different seeds", got=f"{list(seeds)}")
    require_harm(harm)
    if aim.victims.shape != test.labels.shape or not aim.victims.any():
        hint = "choose another goal, class, row or trigger, or give more test rows"
        raise BadPoison(where="victims", expected="at least one test row to work on", got="none", hint=hint)


def _outcome(fit: FitScores, train: Labelled, test: Labelled, aim: Aim, seed: int) -> _Outcome:
    score = fit(train, seed)

    def decide(rows: np.ndarray) -> Codes:
        return np.asarray(score(rows).argmax(axis=1), np.int64)

    return _Outcome(
        right=np.asarray(decide(test.rows) == test.labels), turned=aim.turned(decide(aim.presented(test)), test)
    )


def _point(
    share: float, poisons: Sequence[Poisoned], after: Sequence[_Outcome], before: Sequence[_Outcome], aim: Aim
) -> PoisonPoint:
    turned = [float(one.turned.mean()) for one in after]
    return PoisonPoint(
        share=share,
        rows=max((poison.count for poison in poisons), default=0),
        changes=max((poison.changes for poison in poisons), default=0),
        accuracy=_mean([_share(one.right) for one in after]),
        victim_accuracy=_mean([_share(one.right[aim.victims]) for one in after]),
        success=_mean([_share(one.turned) for one in after]),
        loss=_mean([estimate_paired_difference(b.right, a.right) for a, b in zip(after, before, strict=True)]),
        gain=_mean([estimate_paired_difference(a.turned, b.turned) for a, b in zip(after, before, strict=True)]),
        spread=(min(turned), max(turned)),
    )


def _share(mask: Mask) -> Estimate:
    return estimate_proportion(int(mask.sum()), mask.size)


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of value and ends; see `PoisonPoint` for why not a smaller interval."""
    value, low, high = (float(np.mean([getattr(one, name) for one in estimates])) for name in ("value", "low", "high"))
    first = estimates[0]
    method = first.method if len(estimates) == 1 else f"{first.method}, mean over seeds"
    return Estimate(value=value, low=low, high=high, n=first.n, method=method, level=first.level)
