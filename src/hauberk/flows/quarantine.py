"""`hauberk verify quarantine`: take rows out of the training data by a statement in the ledger, and bring them back.

The user's files are never touched. The latest statement is in force, and it is applied whenever the data are loaded; so
undoing it gives back exactly the rows that were there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Rung
from hauberk.core.digest import Digest, parse_digest
from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.finding import Finding, Severity
from hauberk.core.limits import DEFAULT_LIMITS
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Statement, Subject
from hauberk.data import Dataset, build_manifest, digest_manifest, encode_labels, encode_rows
from hauberk.flows.datasets import Datasets, load_datasets, require_learnable
from hauberk.flows.errors import MissingEvidence, NoQuarantine, OtherRows, OverDropCap, QuarantineInForce
from hauberk.flows.project import Project, open_project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.statements import LeafStatement, kept_artifacts, latest_statement
from hauberk.flows.streams import outgrows_memory
from hauberk.flows.training import label_learner
from hauberk.flows.verify import SUSPECTS, verify_data
from hauberk.flows.verify_streams import verify_streams
from hauberk.stats import estimate_paired_difference, estimate_proportion
from hauberk.verify import AttackKind

__all__ = ["apply_quarantine", "is_in_force", "quarantine_rows", "undo_quarantine"]

PREDICATE = "urn:hauberk:verify:quarantine:v1"
_ROWS = "quarantine.rows.json"
_TAKEN = "quarantine.arrow"
"""The rows themselves, as an Arrow stream in the encrypted store: evidence outlives the file that they came from."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quarantine:
    """What is in force.

    Attributes:
        leaf: Of its statement.
        base: Digest of all rows of the training file that it was made for.
        rows: Row numbers in this file, ascending.
    """

    leaf: int
    base: Digest
    rows: Rows


def apply_quarantine(project: Project, datasets: Datasets, *, own: Datasets | None = None) -> Datasets:
    """The datasets without the rows that are in quarantine.

    Args:
        project: Whose ledger says which rows.
        datasets: Of which they are taken out.
        own: The datasets without rows that were added behind those of the training file, where there are such.

    Raises:
        OtherRows: The training data are not those that the quarantine was made for.
        LedgerError, CryptoError: The ledger was altered.
    """
    found = _in_force(project)
    if found is None:
        return datasets
    quarantine = _parse(project, found)
    base = (own or datasets).file_subject.digest
    if base != quarantine.base:
        hint = "restore the data, or: hauberk verify quarantine --undo"
        got = str(base)
        raise OtherRows(
            where=f"quarantine of leaf {quarantine.leaf}", expected=str(quarantine.base), got=got, hint=hint
        )
    datasets = _untested(datasets, quarantine.rows)
    staying = ~np.isin(datasets.numbers, quarantine.rows)
    train, kept = datasets.train.take(staying), datasets.numbers[staying]
    message = f"{len(quarantine.rows)} rows are in quarantine since leaf {quarantine.leaf}"
    note = Finding(
        code="verify.quarantine.in_force", severity=Severity.INFO, message=message, count=len(quarantine.rows)
    )
    notes = (*datasets.notes, note)
    return replace(
        datasets,
        train=train,
        train_manifest=build_manifest(train),
        notes=notes,
        whole=datasets.whole or datasets.train,
        kept=kept,
        quarantine=_told(found),
    )


def _untested(datasets: Datasets, rows: Rows) -> Datasets:
    """The datasets without these rows among the held-out ones, where another seed or share puts them."""
    if datasets.held is None or not np.isin(datasets.held, rows).any():
        return datasets
    staying = ~np.isin(datasets.held, rows)
    test = datasets.test.take(staying)
    return replace(datasets, test=test, test_manifest=build_manifest(test), held=datasets.held[staying])


def quarantine_rows(
    folder: Path,
    *,
    rows: Sequence[int] = (),
    reason: str = "",
    seed: int | None = None,
    watch: Watcher = unwatched,
) -> StageResult:
    """Put rows in quarantine: the named ones, or those that `verify` flags or finds to bear a confirmed trigger.

    The statement says what it does to the model: one booster is trained with and one without the rows, and the test
    rows that they get right are compared pair by pair.

    Args:
        folder: Of the project.
        rows: Row numbers of the training file; empty for the flagged ones and those of a confirmed backdoor.
        reason: Why, for those who read the ledger.
        seed: Overrides the seed of `hauberk.toml`.
        watch: Progress.

    Raises:
        QuarantineInForce: One is in force already.
        NoQuarantine: No row is flagged, bears a confirmed trigger or is named, or a named one is not there, or held out
            for testing.
        OverDropCap: Too many of the rows or of a class.
        NotATrainingLabel: Fewer rows of a class than folds would be left, so that no run would go through.
    """
    with open_project(folder, seed=seed) as project:
        known = _in_force(project)
        if known is not None:
            got = f"{_count(known.statement)} rows since leaf {known.leaf}"
            hint = "hauberk verify quarantine --undo"
            raise QuarantineInForce(expected="no quarantine in force", got=got, hint=hint)
        datasets = load_datasets(project.folder, project.configuration, seed=project.seed)
        if outgrows_memory(project.folder, project.configuration):
            verified = verify_streams(project, watch)  # Its flags are those that were shown; another way has others.
        else:
            verified = verify_data(project, datasets, watch)
        chosen, why = _chosen(rows, datasets, project.store.get_bytes(verified.artifacts[SUSPECTS]))
        _verify_cap(datasets, chosen, project.configuration.verify.drop_cap)
        return _record(project, datasets, verified, chosen, reason or why, watch)


def undo_quarantine(folder: Path, *, seed: int | None = None, watch: Watcher = unwatched) -> StageResult:
    """Bring all rows back; the statement names the digest of the data that they are in again.

    The statement in force is enough: where the store has lost the rows that it took out, this is the way back.

    Raises:
        NoQuarantine: None is in force.
    """
    with open_project(folder, seed=seed) as project:
        known = _in_force(project)
        if known is None:
            raise NoQuarantine(expected="a quarantine in force", got="none")
        details: dict[str, Json] = {"action": "undo", "rows": _count(known.statement), "leaf": known.leaf}
        subjects = tuple(subject for subject in known.statement.subjects if subject.name == "train")

        def work(report: Progress) -> StageOutput:
            report(0, 1, "undoing")
            return StageOutput(subjects=subjects, details=details)

        task = Task(
            stage="quarantine", predicate_type=PREDICATE, configuration=details, inputs=(), work=work, deed=True
        )
        return run_stage(project, task, watch)


def _record(
    project: Project, datasets: Datasets, verified: StageResult, chosen: Rows, reason: str, watch: Watcher
) -> StageResult:
    taken = np.isin(datasets.numbers, chosen)
    left = datasets.train.take(~taken)
    require_learnable(left, folds=project.configuration.verify.folds)
    configuration: dict[str, Json] = {"reason": reason, "drop_cap": project.configuration.verify.drop_cap}

    def work(report: Progress) -> StageOutput:
        report(0, 1, "retraining with and without")
        document: Json = {"base": str(datasets.file_subject.digest), "rows": [int(row) for row in chosen]}
        return StageOutput(
            subjects=(datasets.train_subject, Subject("train.remaining", digest_manifest(build_manifest(left)))),
            claims=_effect(project, datasets, left),
            details={"action": "quarantine", "rows": len(chosen), "reason": reason},
            artifacts={_ROWS: render_json(document), _TAKEN: _stream(datasets.train.take(taken))},
        )

    task = Task(
        stage="quarantine",
        predicate_type=PREDICATE,
        configuration=configuration,
        inputs=(Subject("verify", verified.digest), datasets.test_subject),
        work=work,
        deed=True,
    )
    return run_stage(project, task, watch)


def _effect(project: Project, datasets: Datasets, left: Dataset) -> tuple[Claim, ...]:
    """Accuracy and the recall of each class on the test rows: with the rows, without them, and the paired difference.

    Names: `accuracy_with`, `accuracy_without`, `accuracy_gain` (without minus with), and `recall_….CLASS` likewise.
    """
    rows, labels = encode_rows(datasets.test), encode_labels(datasets.test)
    learner = label_learner(datasets.train, trees=project.configuration.model.trees)

    def right(train: Dataset) -> NDArray[np.bool_]:
        scores = learner(encode_rows(train), encode_labels(train), project.seed).predict(rows)
        return np.asarray(scores.argmax(axis=1) == labels)

    without, present = right(left), right(datasets.train)
    target = datasets.schema.target
    claims = _compared("accuracy", "", without, present)
    for code, name in enumerate(target.categories if target else ()):
        mine = labels == code
        if mine.any():
            claims += _compared("recall", f".{name}", without[mine], present[mine])
    return tuple(claims)


def _compared(measure: str, whose: str, without: NDArray[np.bool_], present: NDArray[np.bool_]) -> list[Claim]:
    estimates = {
        "gain": estimate_paired_difference(without, present),
        "with": estimate_proportion(int(present.sum()), present.size),
        "without": estimate_proportion(int(without.sum()), without.size),
    }
    return [
        Claim(name=f"{measure}_{kind}{whose}", estimate=estimate, rung=Rung.MEASURED)
        for kind, estimate in estimates.items()
    ]


def _chosen(rows: Sequence[int], datasets: Datasets, suspects: bytes) -> tuple[Rows, str]:
    """Row numbers in the training file, ascending, and why these."""
    if rows:
        return _named_rows(rows, datasets), "named"
    table = pq.read_table(BytesIO(suspects))
    flagged = table.column("flagged").to_numpy()
    bearing = pc.equal(table.column("likely"), AttackKind.BACKDOOR.value).to_numpy()
    chosen = table.column("row").to_numpy()[flagged | bearing]
    if not len(chosen):
        expected = "a flagged row or a confirmed backdoor"
        raise NoQuarantine(expected=expected, got="none", hint="set verify.trusted, or name rows with --row")
    why = {"flagged": flagged.any(), AttackKind.BACKDOOR.value: bearing.any()}
    return np.asarray(chosen, dtype=np.intp), " and ".join(word for word, so in why.items() if so)


def _named_rows(rows: Sequence[int], datasets: Datasets) -> Rows:
    last = (datasets.whole or datasets.train).rows - 1
    if min(rows) < 0 or max(rows) > last:  # before they become an array, which numbers of any size do not fit in
        raise NoQuarantine(expected=f"row numbers from 0 to {last}", got=f"{min(rows)} to {max(rows)}")
    chosen = np.unique(np.asarray(rows, dtype=np.intp))
    tested = chosen[~np.isin(chosen, datasets.numbers)]
    if tested.size:
        hint = "the model does not learn from it; give a test file to decide yourself which rows are tested on"
        got = f"row {tested[0]}, which is held out for testing"
        raise NoQuarantine(expected="training rows", got=got, hint=hint)
    return chosen


def _verify_cap(datasets: Datasets, chosen: Rows, cap: float) -> None:
    train = datasets.train
    labels = encode_labels(train)
    target = train.schema.target
    taken = np.bincount(labels[np.isin(datasets.numbers, chosen)], minlength=int(labels.max()) + 1)
    there = np.bincount(labels)
    parts = [("of the rows", len(chosen) / train.rows)]
    parts += [
        (f"of class {target.categories[code] if target else code!r}", taken[code] / there[code])
        for code in np.flatnonzero(taken)
    ]
    for what, share in parts:
        if share > cap:
            hint = "look at the rows; raise verify.drop-cap only if they are bad"
            raise OverDropCap(
                where="verify.drop-cap", expected=f"at most {cap:.1%} {what}", got=f"{share:.1%}", hint=hint
            )


def is_in_force(project: Project) -> bool:
    """Whether any row is in quarantine."""
    return _in_force(project) is not None


def _in_force(project: Project) -> LeafStatement | None:
    """The statement in force: the latest one decides, unless it undoes."""
    found = latest_statement(project, PREDICATE)
    return None if found is None or _details(found.statement).get("action") == "undo" else found


def _details(statement: Statement) -> Mapping[str, Json]:
    details = statement.predicate.get("details")
    return details if isinstance(details, Mapping) else {}


def _count(statement: Statement) -> Json:
    """How many rows the statement says that it takes out."""
    return _details(statement).get("rows")


def _told(found: LeafStatement) -> dict[str, Json]:
    """What its statement says that it takes out, why, and what that does."""
    details, claims = _details(found.statement), found.statement.predicate.get("claims", [])
    return {"leaf": found.leaf, "rows": details.get("rows"), "reason": details.get("reason"), "claims": claims}


def _parse(project: Project, found: LeafStatement) -> Quarantine:
    where = f"leaf {found.leaf}"
    digest = kept_artifacts(found.statement).get(_ROWS)
    if digest is not None:
        data = project.store.get_bytes(digest)
        limits = replace(DEFAULT_LIMITS, document_bytes=max(len(data), 1))
        match parse_json(data, where=where, limits=limits):
            case {"base": str(base), "rows": list(rows)}:
                numbers = np.array([row for row in rows if isinstance(row, int)], dtype=np.intp)
                return Quarantine(leaf=found.leaf, base=parse_digest(base), rows=numbers)
    raise MissingEvidence(where=where, expected="the rows of the quarantine", got="none")


def _stream(dataset: Dataset) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, dataset.table.schema) as writer:
        writer.write_table(dataset.table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
