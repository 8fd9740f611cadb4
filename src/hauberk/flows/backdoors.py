"""The search for a backdoor in the training rows: with the project's boosters, under guard, told by column names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress
from hauberk.data import Dataset, Kind, Schema, encode_labels, encode_rows
from hauberk.flows.data_checks import numbered
from hauberk.flows.project import Project
from hauberk.models import TrainingSet, open_model
from hauberk.models.builtin import fit_booster
from hauberk.stats import estimate_proportion
from hauberk.verify import AttackKind, guarded_check
from hauberk.verify.backdoors import TableSearch, backdoor_findings, condition_word, search_table
from hauberk.verify.backdoors.inputs import FitPredict, Labels, Matrix

__all__ = ["BackdoorSearch", "no_search", "search_backdoors"]

_TREES = 40
"""Of the battery's boosters, of which there are about a hundred; fewer where each round grows a tree a class."""
_FEWEST_TREES = 10
_CALLS, _BEGUN = 90, 0.9
"""About how often the battery trains, and where the progress of the stage stands when it begins."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BackdoorSearch:
    """What the search came to.

    Attributes:
        found: None where it was turned off or failed; then a finding says so.
        findings: With the rows' numbers.
        bearing: (n,) bool, training rows that bear a confirmed trigger.
    """

    found: TableSearch | None
    findings: tuple[Finding, ...]
    bearing: NDArray[np.bool_]

    def claims(self) -> list[Claim]:
        """The share of rows with a confirmed trigger, and what retraining without the suspects did to the trigger."""
        if self.found is None:
            return []
        claims = [_claim("backdoor_rows", estimate_proportion(int(self.bearing.sum()), self.bearing.size))]
        confirmation = self.found.confirmation
        if confirmation is not None:
            claims += [
                _claim("trigger_success", confirmation.before),
                _claim("trigger_success_without", confirmation.after),
                _claim("trigger_drop", confirmation.drop),
            ]
        return claims

    def details(self, schema: Schema) -> dict[str, Json]:
        """The suspected signature by columns and kind of condition; no value of a row."""
        if self.found is None:
            return {"looked_at": 0}
        evidence = self.found.verdict.evidence
        facts: dict[str, Json] = {"looked_at": self.found.looked_at, "tested": self.found.verdict.tested}
        facts |= {"passed": self.found.verdict.passed, "signature": str(evidence.signature)}
        if not evidence.suspects.any():
            return facts
        target = schema.target
        conditions: list[Json] = [
            {
                "column": schema.inputs[one.column].name,
                "condition": condition_word(one, categorical=schema.inputs[one.column].kind is Kind.CATEGORY),
            }
            for one in evidence.conjunction
        ]
        return facts | {
            "rows": int(evidence.suspects.sum()),
            "label": target.categories[evidence.target] if target else "",
            "conditions": conditions,
            "purity": evidence.purity,
            "contradicted": evidence.contradicted,
            "told_apart": evidence.told_apart,
            "confirmed": self.found.kind is not AttackKind.NONE,
        }


def no_search(train: Dataset) -> BackdoorSearch:
    """No look at all; whoever asks for it says so in a finding."""
    return BackdoorSearch(found=None, findings=(), bearing=np.zeros(train.rows, bool))


def search_backdoors(project: Project, train: Dataset, numbers: NDArray[np.intp], report: Progress) -> BackdoorSearch:
    """Look for a trigger in the training rows; one that is confirmed by retraining names its rows.

    A search that fails is the finding `verify.backdoor.not_checked`.
    """
    most = project.configuration.verify.backdoor_rows
    nothing = np.zeros(train.rows, bool)
    if not most:
        message = "not checked: backdoor (turned off by verify.backdoor-rows)"
        off = Finding(code="verify.backdoor.not_checked", severity=Severity.INFO, message=message, count=train.rows)
        return BackdoorSearch(found=None, findings=(off,), bearing=nothing)
    results: list[TableSearch] = []
    trees = max(_FEWEST_TREES, min(_TREES, 2 * _TREES // max(2, len(_classes(train)))))

    def check() -> tuple[Finding, ...]:
        found = search_table(
            encode_rows(train),
            encode_labels(train),
            _counted(_boosted(train, trees=trees, seed=project.seed, native=False), report),
            _boosted(train, trees=project.configuration.model.trees, seed=project.seed, native=True),
            seed=project.seed,
            most=most,
        )
        target = train.schema.target
        findings = backdoor_findings(
            found,
            names=[feature.name for feature in train.schema.inputs],
            classes=target.categories if target else (),
        )
        results.append(found)
        return numbered(findings, numbers)

    findings = guarded_check("backdoor", check)
    found = results[0] if results else None
    confirmed = found is not None and found.kind is AttackKind.BACKDOOR
    bearing = found.verdict.evidence.suspects if found is not None and confirmed else nothing
    return BackdoorSearch(found=found, findings=findings, bearing=bearing)


def _boosted(dataset: Dataset, *, trees: int, seed: int, native: bool) -> FitPredict:
    """The built-in booster as the battery asks for it; `native` takes categories as such and needs all columns."""
    inputs = dataset.schema.inputs

    def fit_predict(rows: Matrix, labels: Labels, test_rows: Matrix) -> Matrix:
        present, codes = np.unique(labels, return_inverse=True)
        chances = np.zeros((len(test_rows), max(2, int(present[-1]) + 1, len(_classes(dataset)))))
        if present.size == 1:  # nothing to learn
            chances[:, present[0]] = 1.0
            return chances
        width = rows.shape[1]
        training = TrainingSet(
            rows=rows,
            labels=codes.astype(np.int64),
            weight=np.ones(len(rows)),
            names=tuple(str(column) for column in range(width)),
            categorical=np.array([native and feature.kind is Kind.CATEGORY for feature in inputs])[:width],
            category_counts=tuple(len(feature.categories) for feature in inputs)[:width],
            monotone=np.zeros(width, np.int8),
            classes=tuple(str(code) for code in present),
            seed=seed,
        )
        model = open_model(fit_booster(training, trees=trees, depth=4, learning_rate=0.1))
        chances[:, present] = model.predict(test_rows)
        return chances

    return fit_predict


def _classes(dataset: Dataset) -> tuple[str, ...]:
    return dataset.schema.target.categories if dataset.schema.target else ()


def _counted(fit_predict: FitPredict, report: Progress) -> FitPredict:
    calls = 0

    def counted(rows: Matrix, labels: Labels, test_rows: Matrix) -> Matrix:
        nonlocal calls
        report(_BEGUN + (1 - _BEGUN) * min(calls, _CALLS) / (_CALLS + 1), 1.0, "backdoors")
        calls += 1
        return fit_predict(rows, labels, test_rows)

    return counted


def _claim(name: str, estimate: Estimate) -> Claim:
    return Claim(name=name, estimate=estimate, rung=Rung.MEASURED)
