"""Trigger enrichment: conjunctions whose label is far purer than the rest of the row lets expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.verify.backdoors.conjunction import Condition, Conjunction, matches
from hauberk.verify.backdoors.inputs import Labels, Mask, Matrix

__all__ = ["Candidate", "Expected", "divergence", "grow", "screen_pairs", "simplify", "weigh"]

_PURE = 0.5
"""Conjunctions of a lower share of the target are not looked at."""
_WIDEST = 0.1
"""Nor are those of more than this share of the rows."""
_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """Labels, and what is expected of them.

    Attributes:
        rows: (n, d) float64.
        labels: (n,) int64.
        groups: (d,) group of each column.
        chances: (g, n, k) probabilities without each group.
        least: Fewest rows of a conjunction.
    """

    rows: Matrix
    labels: Labels
    groups: NDArray[np.intp]
    chances: NDArray[np.float64]
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A conjunction, the label it goes with, and its log-likelihood ratio in nats."""

    conjunction: Conjunction
    target: int
    weight: float


def divergence(
    count: NDArray[np.float64], hits: NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log-likelihood ratio in nats of the observed share of hits to the expected one; 0 where it is no excess."""
    size = np.maximum(count, 1.0)
    seen, usual = np.clip(hits / size, 1e-6, 1 - 1e-6), np.clip(expected / size, 1e-6, 1 - 1e-6)
    ratio = size * (seen * np.log(seen / usual) + (1 - seen) * np.log((1 - seen) / (1 - usual)))
    return np.where((seen > usual) & (count > 0), ratio, 0.0)


def screen_pairs(conditions: tuple[Condition, ...], expected: Expected) -> tuple[Candidate, ...]:
    """The heaviest single conditions and pairs, heaviest first; all are weighed, by matrix products."""
    if not conditions:
        return ()
    shown = np.stack([matches(expected.rows, (one,)) for one in conditions], axis=1).astype(np.float32)
    column = np.array([one.column for one in conditions])
    found: list[Candidate] = []
    for target in range(expected.chances.shape[2]):
        is_target = (expected.labels == target).astype(np.float32)[:, None]
        for group, chances in enumerate(expected.chances):
            own = np.flatnonzero(expected.groups[column] == group)
            part = shown[:, own]
            usual = chances[:, target].astype(np.float32)[:, None]
            count, hits, mean = ((part * factor).T @ shown for factor in (np.float32(1), is_target, usual))
            weight = divergence(*(np.asarray(one, np.float64) for one in (count, hits, mean)))
            allowed = (count >= expected.least) & (count <= _WIDEST * len(shown)) & (hits > _PURE * count)
            allowed &= (column[own][:, None] != column) | (own[:, None] == np.arange(column.size))
            weight[~allowed] = 0.0
            found += _heaviest(weight, own, conditions, target)
    return tuple(sorted(found, key=lambda one: (-one.weight, one.conjunction, one.target))[:_KEPT])


def weigh(conjunction: Conjunction, target: int, expected: Expected) -> float:
    """The greatest log-likelihood ratio over the groups of its columns; 0 where it is too small, wide or impure."""
    held = matches(expected.rows, conjunction)
    size, hits = int(held.sum()), int((expected.labels[held] == target).sum())
    if not expected.least <= size <= _WIDEST * len(held) or hits <= _PURE * size:
        return 0.0
    groups = sorted({int(expected.groups[one.column]) for one in conjunction})
    usual = expected.chances[groups][:, held, target].sum(axis=1)
    return float(divergence(np.full(len(groups), float(size)), np.full(len(groups), float(hits)), usual).max(initial=0))


def simplify(candidate: Candidate, expected: Expected) -> Candidate:
    """The candidate without the conditions that add no weight."""
    best = candidate
    for one in candidate.conjunction:
        shorter = tuple(other for other in best.conjunction if other != one)
        if shorter:
            weight = weigh(shorter, best.target, expected)
            if weight >= best.weight * (1 - 1e-6):
                best = Candidate(conjunction=shorter, target=best.target, weight=weight)
    return best


def grow(candidate: Candidate, conditions: tuple[Condition, ...], shown: Mask, expected: Expected) -> Candidate:
    """The candidate with the one further condition that adds the most weight, if one does.

    Args:
        candidate: What is grown.
        conditions: The B conditions to choose from.
        shown: (n, B) bool, which rows they hold for.
        expected: Labels and expectations.
    """
    held = matches(expected.rows, candidate.conjunction)
    group = expected.groups[candidate.conjunction[0].column]
    part = shown[held]
    hits = (expected.labels[held] == candidate.target)[:, None]
    usual = expected.chances[group][held, candidate.target][:, None]
    weight = divergence(
        part.sum(axis=0).astype(float), (part & hits).sum(axis=0).astype(float), (part * usual).sum(axis=0)
    )
    taken = [one.column for one in candidate.conjunction]
    weight[[one.column in taken for one in conditions]] = 0.0
    weight[part.sum(axis=0) < expected.least] = 0.0
    best = int(weight.argmax())
    if weight[best] <= candidate.weight * 1.05:
        return candidate
    longer = tuple(sorted((*candidate.conjunction, conditions[best])))
    return Candidate(conjunction=longer, target=candidate.target, weight=float(weight[best]))


def _heaviest(
    weight: NDArray[np.float64], own: NDArray[np.intp], conditions: tuple[Condition, ...], target: int
) -> list[Candidate]:
    flat = weight.ravel()
    order = np.argsort(-flat, kind="stable")[:_KEPT]
    found = []
    for place in order[flat[order] > 0]:
        first, second = own[place // weight.shape[1]], place % weight.shape[1]
        pair = tuple(sorted({conditions[first], conditions[second]}))
        found.append(Candidate(conjunction=pair, target=target, weight=float(flat[place])))
    return found
