"""All columns of a dataset, looked at for identifiers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hauberk.core.progress import Progress, silent
from hauberk.data import Dataset
from hauberk.stats import estimate_proportion
from hauberk.verify.errors import BadPersonalScan
from hauberk.verify.personal.cells import Cells, sample_cells, sample_rows
from hauberk.verify.personal.columns import COLUMN_LOOKS
from hauberk.verify.personal.evidence import IdentifierEvidence
from hauberk.verify.personal.hit import Hit
from hauberk.verify.personal.identifier import EvidenceKind, Identifier
from hauberk.verify.personal.patterns import PATTERNS
from hauberk.verify.personal.trials import Trial, judge_trial, try_patterns

__all__ = ["DEFAULT_PERSONAL_SCAN", "PersonalScan", "scan_personal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalScan:
    """How closely to look.

    Attributes:
        rows: Most rows looked at, drawn by the seed.
        cells: Most cells of them, so that fewer rows of a table of thousands of columns are looked at.
        characters: Most characters of one text looked at.
        level: Chance that any check digit of the whole run is taken for real by accident; shared out evenly over all
            tests (Bonferroni).
    """

    rows: int = 10_000
    cells: int = 20_000_000
    characters: int = 10_000
    level: float = 0.001


DEFAULT_PERSONAL_SCAN = PersonalScan()


def scan_personal(
    dataset: Dataset, *, seed: int, scan: PersonalScan = DEFAULT_PERSONAL_SCAN, progress: Progress = silent
) -> tuple[IdentifierEvidence, ...]:
    """What seems to identify persons, by column in table order and then by class.

    Numbers with a check digit are called identifiers only where more different values pass than chance explains
    (exact binomial test), so a few valid ones in a column of random numbers are none. Too few to refuse chance are
    weak evidence at most: it takes four different numbers with one check digit in a table of one such column, and
    seven in a wide table. Forms that little else has (e-mail, MAC, IBAN, …) count from the first one. A rare one
    outside the sample is missed: what a share of 0 leaves open is its upper bound, about 3 / n.

    Args:
        dataset: Any; every column is looked at, whatever its role.
        seed: Of the sample; the same seed gives the same evidence.
        scan: How closely to look.
        progress: Told after each column.

    Raises:
        BadPersonalScan: A setting is out of range.
    """
    _verify(scan)
    features = dataset.schema.features
    most = min(scan.rows, max(1, scan.cells // max(1, len(features))))
    rows = sample_rows(dataset.rows, most=most, seed=seed)
    columns: list[tuple[Cells, list[Trial], list[Hit]]] = []
    for number, feature in enumerate(features):
        cells = sample_cells(dataset, feature, rows, longest=scan.characters)
        looked = [hit for look in COLUMN_LOOKS for hit in look(cells)]
        columns.append((cells, list(try_patterns(cells, PATTERNS)), looked))
        progress(number + 1, len(features), "columns")
    tests = sum(trial.pattern.chance is not None for _, trials, _ in columns for trial in trials)
    level = scan.level / max(tests, 1)
    return tuple(
        evidence
        for cells, trials, looked in columns
        for evidence in _gather(cells, [*looked, *(hit for trial in trials for hit in judge_trial(trial, level=level))])
    )


def _verify(scan: PersonalScan) -> None:
    if min(scan.rows, scan.cells, scan.characters) < 1:
        got = f"{scan.rows} rows, {scan.cells} cells, {scan.characters} characters"
        raise BadPersonalScan(expected="at least one row, cell and character", got=got)
    if not 0 < scan.level < 1:
        raise BadPersonalScan(where="level", expected="a share above 0 and below 1", got=f"{scan.level}")


def _gather(cells: Cells, hits: Iterable[Hit]) -> Iterable[IdentifierEvidence]:
    by_class: dict[Identifier, list[Hit]] = {}
    for hit in hits:
        by_class.setdefault(hit.identifier, []).append(hit)
    if Identifier.UNIQUE_CODE in by_class and len(by_class) > 1:
        # Something more special is known of the column than that its values differ.
        by_class[Identifier.UNIQUE_CODE] = [hit for hit in by_class[Identifier.UNIQUE_CODE] if hit.scheme]
    for identifier in Identifier:
        if by_class.get(identifier):
            yield _evidence(cells, identifier, by_class[identifier])


def _evidence(cells: Cells, identifier: Identifier, hits: list[Hit]) -> IdentifierEvidence:
    # The name speaks of the whole column; where values were recognised, they are what is counted.
    recognised = [hit for hit in hits if hit.kinds != (EvidenceKind.COLUMN_NAME,)] or hits
    mask = np.logical_or.reduce([hit.mask for hit in recognised])
    count = int(cells.weights[mask].sum())
    kinds = {kind for hit in hits for kind in hit.kinds}
    p_values = [hit.p_value for hit in hits if hit.p_value is not None]
    return IdentifierEvidence(
        column=cells.feature.name,
        identifier=identifier,
        kinds=tuple(kind for kind in EvidenceKind if kind in kinds),
        schemes=tuple(dict.fromkeys(hit.scheme for hit in hits if hit.scheme)),
        count=count,
        share=estimate_proportion(count, cells.filled),
        inside_text=any(hit.inside for hit in hits),
        p_value=min(p_values) if p_values else None,
    )
