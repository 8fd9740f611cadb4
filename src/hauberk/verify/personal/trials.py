"""Every pattern against every value of a column, and the test of what passed against chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.data import Kind
from hauberk.verify.personal.cells import Cells
from hauberk.verify.personal.chance import exceeds_chance, p_value_of_chance
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind
from hauberk.verify.personal.pattern import Pattern

__all__ = ["Trial", "judge_trial", "try_patterns"]

_MOSTLY = 0.5
_WORTH_A_LOOK = 0.02
"""Chance of one test alone below which a few numbers are worth a look; not corrected for how many tests there are."""
_GLANCE = 1000
"""Values of a long column that are looked at first. Where a tenth of the candidates are beyond chance, as evidence asks
for, these show it: with one check digit, 500 of them fail to with a chance of 1.4e-4, 1,000 with less than 1e-7."""
_ENOUGH = 500
"""Candidates among them that decide. Fewer, and all values are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One pattern on one column.

    Attributes:
        pattern: What was looked for.
        candidates: Different texts of its form.
        passed: Those that its check let pass.
        mask: (m,) bool, values that hold one that passed.
        inside: Whether one stands inside a longer text.
    """

    pattern: Pattern
    candidates: int
    passed: int
    mask: NDArray[np.bool_]
    inside: bool


def try_patterns(cells: Cells, patterns: Sequence[Pattern]) -> Iterator[Trial]:
    """The patterns that have a candidate in the column. A column of fractions has none: its digits are measurements."""
    if cells.feature.kind is Kind.NUMBER and bool((cells.numbers % 1 != 0).any()):
        return
    for pattern in patterns:
        trial = _try(cells, pattern)
        if trial.candidates:
            yield trial


def judge_trial(trial: Trial, *, level: float) -> Iterator[Hit]:
    """The trial as evidence, if it is one at this level of significance.

    Too few candidates to refuse chance, of which most pass, are weak evidence: two card numbers in ten thousand notes
    prove nothing, and somebody should look.
    """
    pattern, chance = trial.pattern, trial.pattern.chance
    if not trial.passed:
        return
    if chance is None:
        yield _hit(trial, pattern.kind, None)
        return
    p_value = p_value_of_chance(trial.passed, trial.candidates, chance)
    if exceeds_chance(trial.passed, trial.candidates, chance, level=level):
        yield _hit(trial, pattern.kind, p_value)
    elif trial.passed >= _MOSTLY * trial.candidates and (pattern.telling or p_value <= _WORTH_A_LOOK):
        yield _hit(trial, EvidenceKind.FORMAT if pattern.telling else EvidenceKind.SHAPE, p_value)


def _try(cells: Cells, pattern: Pattern) -> Trial:
    places = np.flatnonzero((cells.digits >= pattern.least_digits) & (~cells.bare | pattern.digits))
    if pattern.chance is not None and places.size > 2 * _GLANCE:
        drawn = np.random.default_rng(places.size).choice(places, _GLANCE, replace=False)
        glance = _try_places(cells, pattern, drawn)
        if glance.candidates >= _ENOUGH and _is_chance(glance, pattern.chance):
            return glance
    return _try_places(cells, pattern, places)


def _is_chance(trial: Trial, chance: float) -> bool:
    return p_value_of_chance(trial.passed, trial.candidates, chance) > _WORTH_A_LOOK


def _try_places(cells: Cells, pattern: Pattern, places: NDArray[np.intp]) -> Trial:
    verdicts: dict[str, bool] = {}
    mask = np.zeros(len(cells.texts), bool)
    inside = False
    for place in places.tolist():
        text = cells.texts[place]
        if not pattern.could_be_in(text):
            continue
        for found in pattern.form.finditer(text):
            candidate = found.group()
            if candidate not in verdicts:
                verdicts[candidate] = pattern.check(candidate)
            if verdicts[candidate]:
                mask[place] = True
                inside = inside or len(candidate) < len(text)
    return Trial(pattern=pattern, candidates=len(verdicts), passed=sum(verdicts.values()), mask=mask, inside=inside)


def _hit(trial: Trial, kind: EvidenceKind, p_value: float | None) -> Hit:
    return Hit(
        identifier=trial.pattern.identifier,
        kinds=(kind,),
        scheme=trial.pattern.scheme,
        mask=trial.mask,
        inside=trial.inside,
        p_value=p_value,
    )
