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
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Rung
from hauberk.core.digest import Digest, parse_digest
from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.finding import Finding, Severity
from hauberk.core.limits import DEFAULT_LIMITS
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import STATEMENT_PAYLOAD, Statement, Subject, parse_statement
from hauberk.crypto import verify_envelope
from hauberk.data import Dataset, build_manifest, digest_manifest, encode_labels, encode_rows
from hauberk.flows.datasets import Datasets, load_datasets, require_learnable
from hauberk.flows.errors import MissingEvidence, NoQuarantine, OtherRows, OverDropCap, QuarantineInForce
from hauberk.flows.project import Project, open_project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.training import label_learner
from hauberk.flows.verify import SUSPECTS, verify_data
from hauberk.stats import estimate_paired_difference

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
        base: Digest of the training data that it was made for.
        rows: Row numbers in these data, ascending.
    """

    leaf: int
    base: Digest
    rows: Rows


def apply_quarantine(project: Project, datasets: Datasets) -> Datasets:
    """The datasets without the rows that are in quarantine.

    Raises:
        OtherRows: The training data are not those that the quarantine was made for.
        LedgerError, CryptoError: The ledger was altered.
    """
    found = _in_force(project)
    if found is None:
        return datasets
    quarantine = _parse(project, *found)
    if datasets.train_subject.digest != quarantine.base:
        hint = "restore the data (and the seed, if it draws the test rows), or: hauberk verify quarantine --undo"
        got = str(datasets.train_subject.digest)
        raise OtherRows(
            where=f"quarantine of leaf {quarantine.leaf}", expected=str(quarantine.base), got=got, hint=hint
        )
    kept = _kept(datasets.train, quarantine.rows)
    train = datasets.train.take(kept)
    message = f"{len(quarantine.rows)} rows are in quarantine since leaf {quarantine.leaf}"
    note = Finding(
        code="verify.quarantine.in_force", severity=Severity.INFO, message=message, count=len(quarantine.rows)
    )
    notes = (*datasets.notes, note)
    return replace(
        datasets, train=train, train_manifest=build_manifest(train), notes=notes, whole=datasets.train, kept=kept
    )


def quarantine_rows(
    folder: Path,
    *,
    rows: Sequence[int] = (),
    reason: str = "",
    seed: int | None = None,
    watch: Watcher = unwatched,
) -> StageResult:
    """Put rows in quarantine: the named ones, or those that `verify` flags.

    The statement says what it does to the model: one booster is trained with and one without the rows, and the test
    rows that they get right are compared pair by pair.

    Args:
        folder: Of the project.
        rows: Row numbers of the training data; empty for the flagged ones.
        reason: Why, for those who read the ledger.
        seed: Overrides the seed of `hauberk.toml`.
        watch: Progress.

    Raises:
        QuarantineInForce: One is in force already.
        NoQuarantine: No row is flagged or named, or a named one is not there.
        OverDropCap: Too many of the rows or of a class.
        NotATrainingLabel: Fewer rows of a class than folds would be left, so that no run would go through.
    """
    with open_project(folder, seed=seed) as project:
        known = _in_force(project)
        if known is not None:
            statement, leaf = known
            got = f"{_count(statement)} rows since leaf {leaf}"
            hint = "hauberk verify quarantine --undo"
            raise QuarantineInForce(expected="no quarantine in force", got=got, hint=hint)
        datasets = load_datasets(project.folder, project.configuration, seed=project.seed)
        verified = verify_data(project, datasets, watch)
        chosen = _chosen(rows, datasets, project.store.get_bytes(verified.artifacts[SUSPECTS]))
        _verify_cap(datasets.train, chosen, project.configuration.verify.drop_cap)
        return _record(project, datasets, verified, chosen, reason or ("named" if rows else "flagged"), watch)


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
        statement, leaf = known
        details: dict[str, Json] = {"action": "undo", "rows": _count(statement), "leaf": leaf}
        subjects = tuple(subject for subject in statement.subjects if subject.name == "train")

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
    left = datasets.train.take(_kept(datasets.train, chosen))
    require_learnable(left, folds=project.configuration.verify.folds)
    configuration: dict[str, Json] = {"reason": reason, "drop_cap": project.configuration.verify.drop_cap}

    def work(report: Progress) -> StageOutput:
        report(0, 1, "retraining with and without")
        document: Json = {"base": str(datasets.train_subject.digest), "rows": [int(row) for row in chosen]}
        return StageOutput(
            subjects=(datasets.train_subject, Subject("train.remaining", digest_manifest(build_manifest(left)))),
            claims=_effect(project, datasets, left),
            details={"action": "quarantine", "rows": len(chosen), "reason": reason},
            artifacts={_ROWS: render_json(document), _TAKEN: _stream(datasets.train.take(chosen))},
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
    """Accuracy and the recall of each class on the test rows, without the rows minus with them."""
    rows, labels = encode_rows(datasets.test), encode_labels(datasets.test)
    learner = label_learner(datasets.train, trees=project.configuration.model.trees)

    def right(train: Dataset) -> NDArray[np.bool_]:
        scores = learner(encode_rows(train), encode_labels(train), project.seed).predict(rows)
        return np.asarray(scores.argmax(axis=1) == labels)

    without, present = right(left), right(datasets.train)
    target = datasets.schema.target
    claims = [Claim(name="accuracy_gain", estimate=estimate_paired_difference(without, present), rung=Rung.MEASURED)]
    for code, name in enumerate(target.categories if target else ()):
        mine = labels == code
        if mine.any():
            difference = estimate_paired_difference(without[mine], present[mine])
            claims.append(Claim(name=f"recall_gain.{name}", estimate=difference, rung=Rung.MEASURED))
    return tuple(claims)


def _chosen(rows: Sequence[int], datasets: Datasets, suspects: bytes) -> Rows:
    if rows:
        chosen = np.unique(np.asarray(rows, dtype=np.intp))
        if chosen[0] < 0 or chosen[-1] >= datasets.train.rows:
            expected = f"row numbers from 0 to {datasets.train.rows - 1}"
            raise NoQuarantine(expected=expected, got=f"{chosen[0]} to {chosen[-1]}")
        return chosen
    flagged = pq.read_table(BytesIO(suspects)).column("flagged").to_numpy()
    chosen = np.flatnonzero(flagged)
    if not len(chosen):
        raise NoQuarantine(expected="a flagged row", got="none", hint="set verify.trusted, or name rows with --row")
    return chosen


def _verify_cap(train: Dataset, chosen: Rows, cap: float) -> None:
    labels = encode_labels(train)
    target = train.schema.target
    taken = np.bincount(labels[chosen], minlength=int(labels.max()) + 1)
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


def _in_force(project: Project) -> tuple[Statement, int] | None:
    """The statement in force and its leaf: the latest one decides, unless it undoes.

    It is looked for in the ledger, wherever the state's index stands: that can be lost, the ledger cannot.
    """
    for leaf in range(project.log.size - 1, -1, -1):
        envelope = project.log.read(leaf)
        statement = parse_statement(verify_envelope(envelope, project.identity, payload_type=STATEMENT_PAYLOAD))
        if statement.predicate_type == PREDICATE:
            return None if _details(statement).get("action") == "undo" else (statement, leaf)
    return None


def _details(statement: Statement) -> Mapping[str, Json]:
    details = statement.predicate.get("details")
    return details if isinstance(details, Mapping) else {}


def _count(statement: Statement) -> Json:
    """How many rows the statement says that it takes out."""
    return _details(statement).get("rows")


def _parse(project: Project, statement: Statement, leaf: int) -> Quarantine:
    artifacts = statement.predicate.get("artifacts")
    where = f"leaf {leaf}"
    for artifact in artifacts if isinstance(artifacts, list) else []:
        match artifact:
            case {"name": str(name), "digest": {"sha256": str(digest)}} if name == _ROWS:
                data = project.store.get_bytes(parse_digest(f"sha256:{digest}"))
                limits = replace(DEFAULT_LIMITS, document_bytes=max(len(data), 1))
                match parse_json(data, where=where, limits=limits):
                    case {"base": str(base), "rows": list(rows)}:
                        numbers = np.array([row for row in rows if isinstance(row, int)], dtype=np.intp)
                        return Quarantine(leaf=leaf, base=parse_digest(base), rows=numbers)
    raise MissingEvidence(where=where, expected="the rows of the quarantine", got="none")


def _kept(train: Dataset, rows: Rows) -> Rows:
    """(m,) row numbers without those of `rows`."""
    kept = np.ones(train.rows, bool)
    kept[rows] = False
    return np.flatnonzero(kept)


def _stream(dataset: Dataset) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, dataset.table.schema) as writer:
        writer.write_table(dataset.table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
