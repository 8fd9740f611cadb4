"""The pinned schema: inferred at the first run of `verify`, kept, and held against the data of every later one.

The first statement of `verify` pins, until `hauberk verify pin` accepts another. The schema lies in the encrypted
store, since categories may be personal; the ledger has its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Dataset, Schema, digest_manifest, parse_schema, render_schema, without_adversary
from hauberk.flows.datasets import load_datasets, overrides_of
from hauberk.flows.project import Project, open_project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.statements import kept_artifacts, latest_statement, statements_of
from hauberk.flows.stream_reading import read_stream
from hauberk.flows.streams import open_streams, outgrows_memory
from hauberk.verify import check_drift

__all__ = ["SCHEMA", "Drift", "find_drift", "pin_schema"]

PREDICATE = "urn:hauberk:verify:schema:v1"
SCHEMA = "schema.json"
"""Artifact of the statements that pin: what the columns mean, without what an adversary may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The schema of today against the pinned one.

    Attributes:
        schema: That of today, as bytes to keep.
        pinned: Digest of the pinned one where it is another, else None; part of the key of the stage, so that a run
            that nothing has changed is reused.
        before: The pinned one where it is another, else None.
        said: Of each column, what `hauberk.toml` says of it.
    """

    schema: bytes
    pinned: Digest | None = None
    before: Schema | None = None
    said: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def configuration(self) -> dict[str, Json]:
        """What the stage depends on; also what is said of a column, for that can leave the schema as it is inferred."""
        if not self.pinned:
            return {}
        return {"pinned": str(self.pinned), "said": {name: sorted(facts) for name, facts in self.said.items()}}

    def findings(self, train: Dataset) -> tuple[Finding, ...]:
        """What has changed, with rows of these that bear it."""
        return check_drift(train, self.before, said=self.said) if self.before else ()


def find_drift(project: Project, today: Schema, *, verified: str) -> Drift:
    """What has changed since the schema was pinned; nothing where none is.

    Args:
        project: With the ledger that is looked through.
        today: The schema that the data have now.
        verified: Predicate type of the stage `verify`.

    Raises:
        MissingBlob, AlteredBlob: The schema is another than the pinned one, and that one is lost; `hauberk verify pin`
            pins that of today.
    """
    schema = _render(today)
    pinned = _pinned(project, verified)
    if pinned is None or pinned == digest_bytes(schema):
        return Drift(schema=schema)
    before = parse_schema(project.store.get_bytes(pinned), where="pinned schema")
    said = {
        name: frozenset(one.name for one in fields(wish) if getattr(wish, one.name) is not None)
        for name, wish in overrides_of(project.configuration.data).items()
    }
    return Drift(schema=schema, pinned=pinned, before=before, said=said)


def pin_schema(folder: Path, *, seed: int | None = None, watch: Watcher = unwatched) -> StageResult:
    """Accept the schema that the data have now, by a statement in the ledger.

    Raises:
        HauberkError: See `load_datasets` and `open_project`.
    """
    with open_project(folder, seed=seed) as project:
        found, train = _today(project)
        schema = _render(found)
        details: dict[str, Json] = {"action": "pin", "columns": len(found.features)}

        def work(report: Progress) -> StageOutput:
            report(0, 1, "pinning")
            subjects = (Subject("schema", digest_bytes(schema)),)
            return StageOutput(subjects=subjects, details=details, artifacts={SCHEMA: schema})

        task = Task(stage="pin", predicate_type=PREDICATE, configuration=details, inputs=(train,), work=work, deed=True)
        return run_stage(project, task, watch)


def _today(project: Project) -> tuple[Schema, Subject]:
    """Schema and training data, read the way in which `verify` reads them; the ways may differ in kinds and roles."""
    folder, configuration = project.folder, project.configuration
    if not outgrows_memory(folder, configuration):
        datasets = load_datasets(folder, configuration, seed=project.seed)
        return datasets.schema, datasets.train_subject
    streams = open_streams(folder, configuration, seed=project.seed, tell=lambda _: None)
    manifest = read_stream(streams.train, lambda _: None).manifest
    return streams.schema, Subject("train", digest_manifest(manifest))


def _render(schema: Schema) -> bytes:
    return render_schema(without_adversary(schema))


def _pinned(project: Project, verified: str) -> Digest | None:
    """Digest of the pinned schema: of the latest statement that pins, else of the first one of `verify`."""
    pin = latest_statement(project, PREDICATE, keeps=SCHEMA)
    if pin:
        return kept_artifacts(pin.statement)[SCHEMA]
    kept = [kept_artifacts(one.statement) for one in statements_of(project, verified)]
    return next((artifacts[SCHEMA] for artifacts in reversed(kept) if SCHEMA in artifacts), None)
