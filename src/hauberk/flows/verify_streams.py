"""The stage `verify` over data of which only a part is in memory at a time.

The files are read five times: for the schema, for what all rows add up to, for digests of the rows, for the sample, and
to score each row; once more where a trigger is found, to name its rows among all.
In memory are, beside batches and the sample, some numbers a row: key, label, margin, p-value, and the time axis.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hauberk.core.digest import Digest, digest_stream
from hauberk.core.encoding import Json, render_json
from hauberk.core.finding import Finding
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import (
    build_manifest,
    digest_manifest,
    digest_schema,
    encode_labels,
    encode_rows,
    render_manifest,
    row_keys,
)
from hauberk.flows.data_checks import check_groups, numbered
from hauberk.flows.evidence import write_evidence_pieces
from hauberk.flows.pin import SCHEMA, Drift, find_drift
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.stream_backdoors import search_stream
from hauberk.flows.stream_checks import (
    Sample,
    check_all_rows,
    check_sample,
    streamed_finding,
)
from hauberk.flows.stream_reading import Reading, read_stream, write_digests
from hauberk.flows.streams import Stream, Streams, open_streams
from hauberk.flows.suspects import details_of, pool_of, write_suspects
from hauberk.flows.training import label_learner
from hauberk.flows.verify import PREDICATE, ROW_DIGESTS, SUSPECTS, count_claim, share_claims, write_picture
from hauberk.verify import (
    PART,
    Repeats,
    Scored,
    Scorer,
    Suspicion,
    draw_by_content,
    find_repeats,
    find_seen,
    fit_scorer,
    guarded_check,
    join_suspicion,
    profile_document,
    rank_rows,
    refuse_shared_rows,
    suspicion_findings,
)

__all__ = ["PROFILE", "verify_streams"]

PROFILE = "train.profile.json"
"""What each column of the training data holds: counts, range, moments, quantiles, categories."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """What the passes before the sample give.

    Attributes:
        streams: The parts.
        train, test: What they hold.
        file: Digest of the digests of all rows of the training file, in order.
    """

    streams: Streams
    train: Reading
    test: Reading
    file: Digest


def verify_streams(project: Project, watch: Watcher = unwatched) -> StageResult:
    """Check data that outgrow memory; the statement and its findings have the form of `verify_data`.

    Raises:
        HauberkError: See `open_streams` and `verify_data`.
    """
    # An unnamed file: digests of rows can be guessed from, so they reach the disk by no name and are gone at the end.
    with tempfile.TemporaryFile() as digests, tempfile.TemporaryFile() as suspects:
        read = _read(project, watch("reading"), digests)
        schema = read.streams.schema
        configuration: dict[str, Json] = {
            "verify": asdict(project.configuration.verify),
            "schema": str(digest_schema(schema)),
            "trees": project.configuration.model.trees,
            "streamed": True,
        }
        subjects = (
            Subject("train", digest_manifest(read.train.manifest)),
            Subject("test", digest_manifest(read.test.manifest)),
        )
        drift = find_drift(project, schema, verified=PREDICATE)
        configuration |= drift.configuration
        trusted = read.streams.trusted
        known = (Subject("trusted", digest_manifest(build_manifest(trusted))),) if trusted else ()

        def work(report: Progress) -> StageOutput:
            return _checked(project, read, drift, subjects, report, digests, suspects)

        task = Task(
            stage="verify",
            predicate_type=PREDICATE,
            configuration=configuration,
            inputs=(*subjects, Subject("file", read.file), *known),
            work=work,
        )
        result = run_stage(project, task, watch)
    write_evidence_pieces(project.evidence, SUSPECTS, project.store.open(result.artifacts[SUSPECTS]))
    write_picture(project, result)
    return result


def _read(project: Project, report: Progress, digests: BinaryIO) -> _Read:
    tell = _teller(report)
    streams = open_streams(project.folder, project.configuration, seed=project.seed, tell=tell("schema"))
    train = read_stream(streams.train, tell("training rows"))
    write_digests(streams.whole, tell("digests"), digests)
    digests.seek(0)
    file = digest_stream(digests)
    digests.seek(0)
    test = read_stream(streams.test, tell("test rows"))
    report(1, 1, "read")
    return _Read(streams=streams, train=train, test=test, file=file)


def _teller(report: Progress) -> Callable[[str], Callable[[int], None]]:
    """Tells of rows of which nobody knows beforehand how many they are."""

    def of(what: str) -> Callable[[int], None]:
        return lambda rows: report(rows, 0, what)

    return of


def _checked(
    project: Project,
    read: _Read,
    drift: Drift,
    subjects: tuple[Subject, ...],
    report: Progress,
    digests: BinaryIO,
    suspects: BinaryIO,
) -> StageOutput:
    section, schema, streams = project.configuration.verify, read.streams.schema, read.streams
    report(0, 1, "schema and rows")
    repeats = find_repeats(read.train.keys, read.train.labels)
    test_numbers = streams.test_numbers(read.test.rows)
    findings: list[Finding] = check_all_rows(read.train, read.test, repeats, schema, streams.numbers, test_numbers)
    train = _drawn(project, streams.train, read.train, repeats, section.sample_rows, streams.numbers)
    again = find_repeats(read.test.keys, read.test.labels)
    test = _drawn(project, streams.test, read.test, again, section.sample_rows // 4, test_numbers)
    report(0.1, 1, "sample")
    findings += [*train.told(drift.findings(train.dataset)), *check_sample(project, train, test)]
    _refuse_shared(streams, read.train, repeats)
    ranked, joined = _suspicion(project, streams, train, report)
    findings += guarded_check("sources", lambda: train.told(check_groups(project, train.dataset, ranked)))
    backdoors = search_stream(project, streams, train, report)
    numbers = streams.numbers
    write_suspects(joined, backdoors.bearing, numbers, suspects)
    suspects.seek(0)
    return StageOutput(
        subjects=subjects,
        claims=(
            count_claim("train_rows", read.train.rows),
            count_claim("test_rows", read.test.rows),
            *share_claims(joined),
            *backdoors.claims(),
        ),
        findings=(
            streamed_finding(train, section.in_memory_rows),
            *findings,
            *backdoors.findings,
            *numbered(suspicion_findings(joined, q=section.q), numbers),
        ),
        details=details_of(joined, backdoors, streams.labels, numbers, schema, section.q),
        artifacts={
            "train.manifest.json": render_manifest(read.train.manifest),
            "test.manifest.json": render_manifest(read.test.manifest),
            SCHEMA: drift.schema,
            PROFILE: render_json(profile_document(read.train.profile, schema)),
            ROW_DIGESTS: digests,
            SUSPECTS: suspects,
        },
    )


def _drawn(
    project: Project, stream: Stream, reading: Reading, repeats: Repeats, size: int, numbers: NDArray[np.intp]
) -> Sample:
    drawn = draw_by_content(reading.keys, reading.labels, repeats.turn, size=size, seed=project.seed)
    dataset = stream.take(drawn.rows, lambda _: None)
    return Sample(dataset=dataset, places=drawn.rows, numbers=numbers[drawn.rows], rows=reading.rows, even=drawn.even)


def _refuse_shared(streams: Streams, train: Reading, repeats: Repeats) -> None:
    """Refuse trusted rows that are training rows.

    Raises:
        TrustedRowsUnusable: They are.
    """
    if streams.trusted is not None:
        keys = row_keys(streams.trusted.table, streams.schema.inputs)
        none, all_none = np.zeros(len(keys), np.int16), np.zeros(train.rows, np.int16)
        shared = find_seen(keys, none, train.keys, all_none)
        refuse_shared_rows(shared, natural=repeats.twins, rows=train.rows)


def _suspicion(project: Project, streams: Streams, train: Sample, report: Progress) -> tuple[Suspicion, Suspicion]:
    """The suspicion of the rows of the sample, and that of all rows."""
    section = project.configuration.verify
    learner = label_learner(train.dataset, trees=section.trees)
    pool = pool_of(train.dataset)
    trusted = pool_of(streams.trusted) if streams.trusted else None
    by_class = section.trusted_by_class or not train.even
    ranked = rank_rows(
        pool,
        learner,
        folds=section.folds,
        q=PART * section.q,
        seed=project.seed,
        trusted=trusted,
        by_class=by_class,
        progress=_between(report, 0.2, 0.6),
    )
    scorer = fit_scorer(pool, learner, folds=section.folds, seed=project.seed, progress=_between(report, 0.6, 0.7))
    scored = _score_all(scorer, streams, _between(report, 0.7, 1.0))
    joined = join_suspicion(
        ranked,
        train.places,
        scored,
        streams.labels,
        q=section.q,
        trusted=(scorer.score(trusted.rows, trusted.labels).margin, trusted.labels) if trusted else None,
        by_class=by_class,
    )
    return ranked, joined


def _score_all(scorer: Scorer, streams: Streams, report: Progress) -> Scored:
    rows = len(streams.labels)
    margin, proposed, suspicious = np.empty(rows), np.empty(rows, np.int16), np.empty(rows, bool)
    for batch in streams.train.batches():
        part = slice(batch.first, batch.first + batch.dataset.rows)
        found = scorer.score(encode_rows(batch.dataset), encode_labels(batch.dataset))
        margin[part], proposed[part], suspicious[part] = found.margin, found.proposed, found.suspicious
        report(part.stop, rows, "scoring")
    return Scored(margin=margin, proposed=proposed, suspicious=suspicious)


def _between(report: Progress, low: float, high: float) -> Progress:
    def part(done: float, total: float, what: str = "") -> None:
        report(low + (high - low) * done / total, 1.0, what)

    return part
