"""The rate of false flags holds over many draws, in groups of any size, and is near what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.verify import control

Q = 0.2


def drawn(seed, *, honest, wrong, references, shift=3.0):
    """Scores of honest and wrong rows by class and of as honest references; the score is learnt from all of them."""
    random = np.random.default_rng(seed)
    labels, known = np.repeat(np.arange(len(honest)), np.add(honest, wrong)), np.repeat(
        np.arange(len(references)), references
    )  # fmt: skip
    planted = np.concatenate([np.arange(h + w) >= h for h, w in zip(honest, wrong, strict=True)])
    hard = np.arange(len(honest)) * 1.5  # an honest row of a later class is contradicted more
    scores = random.normal(size=labels.size) + hard[labels] + shift * planted
    reference = random.normal(size=known.size) + hard[known]
    every = np.concatenate([scores, reference])
    learnt = np.searchsorted(np.sort(every), every) / every.size + 0.1 * np.sin(every * every.std())
    return learnt[: scores.size], labels, planted, learnt[scores.size :], known


def measured(draws, *, by_class, spoil=lambda reference, known: (reference, known), **sizes):
    """Mean and standard error of the realised rate of false flags, and the power."""
    rates, power = [], []
    for seed in range(draws):
        scores, labels, planted, reference, known = drawn(seed, **sizes)
        reference, known = spoil(reference, known)
        groups, reference_groups = (labels, known) if by_class else (np.zeros_like(labels), np.zeros_like(known))
        flags = control.Tested(
            scores=scores, groups=groups, reference=reference, reference_groups=reference_groups
        ).discover(Q)  # fmt: skip
        rates.append((flags & ~planted).sum() / max(1, flags.sum()))
        power.append(flags[planted].mean() if planted.any() else 0.0)
    return np.mean(rates), np.std(rates) / np.sqrt(draws), np.mean(power)


CASES = {
    "even": {"honest": (450, 450), "wrong": (50, 50), "references": (150, 150)},
    "one class is rare": {"honest": (950, 40), "wrong": (10, 20), "references": (600, 25)},
    "few references": {"honest": (100, 100), "wrong": (60, 60), "references": (15, 15)},
    "most are wrong": {"honest": (40, 40), "wrong": (200, 200), "references": (150, 40)},
    "none is wrong": {"honest": (300, 100), "wrong": (0, 0), "references": (200, 30)},
    "three classes": {"honest": (300, 60, 30), "wrong": (20, 20, 20), "references": (200, 50, 15)},
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("by_class", [False, True])
def test_the_realised_rate_of_false_flags_is_at_most_what_was_asked_for(name, by_class):
    # One group needs references in the proportions of the honest rows, as the trusted rows that are drawn have them.
    sizes = dict(CASES[name])
    if not by_class:
        sizes["references"] = tuple(max(1, count // 3) for count in sizes["honest"])
        sizes["honest"] = tuple(3 * count for count in sizes["references"])
    rate, error, _ = measured(600, by_class=by_class, **sizes)
    assert rate <= Q + 2 * error


def test_the_level_is_used_where_many_rows_are_wrong():
    sizes = {"honest": (150, 150), "wrong": (150, 150), "references": (300, 300)}
    rate, error, power = measured(200, by_class=True, **sizes)
    assert Q - 0.02 < rate <= Q + 2 * error  # without the share of honest rows, one half, it would be 0.1
    assert power > 0.6


def test_references_picked_for_their_looks_break_the_promise():
    def spoil(reference, known):
        kept = reference < np.quantile(reference, 0.95)
        return reference[kept], known[kept]

    rate, error, _ = measured(200, by_class=False, spoil=spoil, honest=(450,), wrong=(50,), references=(300,))
    assert rate > Q + 2 * error


def test_the_lowest_level_is_where_the_first_row_is_flagged():
    made = control.Tested(
        scores=np.array([5.0, 4.0, 0.0, 0.0]), groups=np.zeros(4, np.int64),
        reference=np.arange(9.0) / 3, reference_groups=np.zeros(9, np.int64),
    )  # fmt: skip
    assert made.least_level() == pytest.approx(0.1 * 4 / 2)
    nothing = control.Tested(
        scores=np.empty(0), groups=np.empty(0, np.int64), reference=np.ones(3), reference_groups=np.zeros(3, np.int64)
    )
    assert nothing.least_level() == 1.0
    assert nothing.discover(Q).shape == (0,)
