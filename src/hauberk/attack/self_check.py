"""Is the attack strong enough to believe? An attack that fails may be weak, and then the model only looks robust.

Source: Carlini et al. 2019, "On evaluating adversarial robustness", section 4; Pintor et al. 2022, "Indicators of
attack failure".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.effort import Effort
from hauberk.attack.evasion.judge import predicted, wanted
from hauberk.attack.evasion.knobs import draw_setting, make_knobs
from hauberk.attack.evasion.query_search import search_queries
from hauberk.core.finding import Finding, Severity
from hauberk.data import Reach, check_reach
from hauberk.models import Model

__all__ = [
    "check_agreement",
    "check_convergence",
    "check_open_rows",
    "check_outsiders",
    "check_reach_size",
    "check_within_reach",
]

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SAMPLE = 128
"""Rows that a rival method gets."""
_QUERIES = 100
"""Queries of a rival method for a row."""
_OPEN_SHARE = 0.05
"""Share of rows between certificate and attack above which the attacked accuracy is in doubt."""
_LATE_SHARE = 0.05
"""Share of successes in the last quarter of the queries above which more queries would find more."""
_NAMED = 20


def check_reach_size(reach: Reach, rows: Matrix) -> tuple[Finding, ...]:
    """Rows that the adversary cannot change at all: they stand whatever the model is worth."""
    turned = [knob.open for knob in make_knobs(rows, reach)]
    stuck = np.flatnonzero(~np.any(turned, axis=0)) if turned else np.arange(len(rows))
    if not len(stuck):
        return ()
    every = len(stuck) == len(rows)
    return (
        Finding(
            code="attack.evasion.nothing_to_change",
            severity=Severity.WARNING if every else Severity.INFO,
            message="The adversary can change nothing in these rows; that they stand says nothing of the model.",
            rows=tuple(int(row) for row in stuck[:_NAMED]),
            count=len(stuck),
        ),
    )


def check_agreement(trees: Mask, library: Mask) -> tuple[Finding, ...]:
    """Adversarial rows on which the library answers otherwise than its trees do."""
    differ = np.flatnonzero(trees != library)
    if not len(differ):
        return ()
    return (
        Finding(
            code="attack.evasion.trees_differ",
            severity=Severity.ERROR,
            message="The model answers otherwise than its trees; what the model says counts, certificates may not.",
            rows=tuple(int(row) for row in differ[:_NAMED]),
            count=len(differ),
        ),
    )


def check_within_reach(success: Mask, inside: Mask) -> tuple[Finding, ...]:
    """Rows that an attack called adversarial and that nobody could have made: they do not count."""
    outside = np.flatnonzero(success & ~inside)
    if not len(outside):
        return ()
    return (
        Finding(
            code="attack.evasion.out_of_reach",
            severity=Severity.ERROR,
            message="The attack left what the schema allows in these rows, so they do not count as beaten.",
            rows=tuple(int(row) for row in outside[:_NAMED]),
            count=len(outside),
        ),
    )


def check_open_rows(open_rows: Mask) -> tuple[Finding, ...]:
    """Rows that are neither beaten nor certified."""
    count = int(open_rows.sum())
    if not count:
        return ()
    wide = count > _OPEN_SHARE * len(open_rows)
    return (
        Finding(
            code="attack.evasion.open",
            severity=Severity.WARNING if wide else Severity.INFO,
            message="Neither an attack nor a proof was found for these rows; more effort may decide them.",
            rows=tuple(int(row) for row in np.flatnonzero(open_rows)[:_NAMED]),
            count=count,
        ),
    )


def check_convergence(success: Mask, queries: NDArray[np.intp], effort: Effort) -> tuple[Finding, ...]:
    """That a query search proves nothing, and whether it was still beating rows when its queries ended."""
    unproved = Finding(
        code="attack.evasion.no_proof",
        severity=Severity.INFO,
        message="The model shows no trees, so nothing is certified: a stronger attack may beat more rows.",
        count=int((~success).sum()),
    )
    late = success & (queries > 0.75 * effort.queries)
    if not late.any() or late.sum() <= _LATE_SHARE * success.sum():
        return (unproved,)
    return (
        unproved,
        Finding(
            code="attack.evasion.not_converged",
            severity=Severity.WARNING,
            message="The search was still beating rows with its last quarter of queries; allow it more.",
            count=int(late.sum()),
        ),
    )


def check_outsiders(
    model: Model,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    stands: Mask,
    certified: Mask,
    *,
    goal: int | None,
    effort: Effort,
    seed: int,
    queried: bool,
) -> tuple[Finding, ...]:
    """Whether a weaker method beats rows that withstood the attack.

    Args:
        model: The model itself, as it will be served.
        rows: (n, d) float64, as they were attacked.
        labels: (n,) class codes.
        reach: Of the rows.
        stands: (n,) bool, rows that the attack did not beat.
        certified: (n,) bool, of these, rows that no attack may beat.
        goal: Of the adversary.
        effort: Of the attack.
        seed: Of the sample and of the rival.
        queried: Whether the attack was itself a query search: then the rival is drawing at random.
    """
    rng = np.random.default_rng([seed, 1])
    index = np.flatnonzero(stands)
    index = np.sort(rng.permutation(index)[:_SAMPLE])
    if not len(index):
        return ()
    part = rows[index], labels[index], reach.rows(index)
    if queried:
        beaten = _random_success(model, *part, goal=goal, queries=min(_QUERIES, effort.queries), rng=rng)
    else:
        rival = replace(effort, queries=_QUERIES)
        beaten = search_queries(model, *part, goal=goal, effort=rival, seed=seed).success
    broken = index[beaten & certified[index]]
    found = [_outsider(index[beaten], len(index), queried)] if beaten.any() else []
    return (*found, *((_broken(broken),) if len(broken) else ()))


def _random_success(
    model: Model,
    rows: Matrix,
    labels: NDArray[np.int64],
    reach: Reach,
    *,
    goal: int | None,
    queries: int,
    rng: np.random.Generator,
) -> Mask:
    """(n,) which rows fall to rows drawn at random within reach."""
    knobs, everyone = make_knobs(rows, reach), np.arange(len(rows))
    success = np.zeros(len(rows), dtype=np.bool_)
    for _ in range(queries):
        drawn = rows.copy()
        for knob in knobs:
            at = np.flatnonzero(knob.open & (rng.random(len(rows)) < 0.5))
            drawn[at[:, None], list(knob.columns)] = draw_setting(knob, everyone[at], drawn[at], rng)
        valid = check_reach(reach, rows, drawn, exact=True)
        success |= valid & wanted(predicted(model.predict(drawn)), labels, goal)
    return success


def _outsider(rows: NDArray[np.intp], tried: int, queried: bool) -> Finding:
    rival = "Rows drawn at random" if queried else "A search that only asks the model"
    return Finding(
        code="attack.evasion.weak",
        severity=Severity.ERROR,
        message=f"{rival} beat {len(rows)} of {tried} rows that withstood the attack: it is too weak to believe.",
        rows=tuple(int(row) for row in rows[:_NAMED]),
        count=len(rows),
    )


def _broken(rows: NDArray[np.intp]) -> Finding:
    return Finding(
        code="attack.evasion.certificate_broken",
        severity=Severity.ERROR,
        message="Rows that were certified were beaten: the certificate does not hold for this model.",
        rows=tuple(int(row) for row in rows[:_NAMED]),
        count=len(rows),
    )
