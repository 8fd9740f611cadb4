"""Which model is in use: the last promotion or roll-back in the ledger says so, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hauberk.core.digest import Digest, digest_bytes, parse_digest
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Statement, Subject
from hauberk.flows.errors import MissingEvidence
from hauberk.flows.gate import PREDICATE as GATE
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.statements import kept_artifacts, open_statement, statements_of

__all__ = [
    "ADOPTED",
    "PROMOTED",
    "PROMOTION",
    "REFUSAL",
    "RESTORED",
    "SECURED",
    "STAGES",
    "Champion",
    "adopt_champion",
    "champion_at",
    "find_champion",
    "promote",
    "rolled_back",
    "rules_of",
]

PROMOTION = "urn:hauberk:harden:promotion:v1"
REFUSAL = "urn:hauberk:harden:refusal:v1"
ADOPTED, PROMOTED, RESTORED, SECURED = "adopted", "promoted", "rolled back", "secured"
"""How a model came into use: it was there when the first retraining began; it won; it was brought back; or nothing was
ever retrained, and it is the last that `hauberk secure` admitted."""
STAGES = ("verify", "harden", "attack", "seal", "gate")
_COMMAND, _LEAF = "hauberk ", "urn:hauberk:leaf:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Champion:
    """The model in use, with the statements that it rests on.

    Attributes:
        leaf: Of the promotion; of the gate's summary where nothing was ever promoted.
        deed: One of `ADOPTED`, `PROMOTED`, `RESTORED` and `SECURED`.
        since: When, RFC 3339.
        stages: The results of verify, harden, attack, seal and gate, by name.
        replaces: Leaf of the one before it, None where it is the first.
    """

    leaf: int
    deed: str
    since: str
    stages: Mapping[str, StageResult]
    replaces: int | None

    @property
    def model(self) -> Subject:
        """The model as an artifact."""
        return self.stages["harden"].subject("model")

    @property
    def bundle(self) -> Subject:
        """The sealed bundle as an artifact."""
        return self.stages["seal"].subject("bundle")

    def statement(self, project: Project) -> StageResult:
        """The promotion itself, or the gate's summary where nothing was ever promoted."""
        return self.stages["gate"] if self.deed == SECURED else _stage(project, "promote", self.leaf)

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        claims = {
            name: {"value": claim.estimate.value, "low": claim.estimate.low, "high": claim.estimate.high}
            for name, claim in self.stages["attack"].claims.items()
            if not name.startswith("before.")
        }
        return {
            "model": str(self.model.digest),
            "bundle": str(self.bundle.digest),
            "leaf": self.leaf,
            "deed": self.deed,
            "since": self.since,
            "replaces": self.replaces,
            "claims": dict(claims),
        }


def find_champion(project: Project) -> Champion | None:
    """The model in use: the last that was promoted or brought back, else the last that `hauberk secure` admitted.

    Raises:
        LedgerError, CryptoError: The ledger was altered.
        MissingEvidence: A statement that the promotion names is another one.
    """
    for found in statements_of(project, PROMOTION):
        return champion_at(project, found.leaf)
    for found in statements_of(project, GATE):
        if found.statement.predicate.get("verificationResult") == "PASSED":
            return champion_at(project, found.leaf)
    return None


def champion_at(project: Project, leaf: int) -> Champion:
    """The model that a promotion, or the summary of a gate, speaks of.

    Raises:
        MissingEvidence: The leaf is neither, or names statements that are not there.
    """
    statement = _statement(project, leaf)
    if statement.predicate_type == GATE:
        stages = {name: _stage(project, name, at) for name, at in _evidence(project, statement, leaf).items()}
        stages["gate"] = _stage(project, "gate", leaf)
        since = str(statement.predicate.get("timeVerified"))
        return _whole(Champion(leaf=leaf, deed=SECURED, since=since, stages=stages, replaces=None))
    match statement.predicate.get("details"):
        case {"deed": str(deed), "time": str(since), "stages": Mapping() as leaves, "replaces": replaces} if (
            statement.predicate_type == PROMOTION
        ):
            stages = {str(name): _stage(project, str(name), at) for name, at in leaves.items() if isinstance(at, int)}
            earlier = replaces if isinstance(replaces, int) else None
            return _whole(Champion(leaf=leaf, deed=deed, since=since, stages=stages, replaces=earlier))
    raise MissingEvidence(where=f"leaf {leaf}", expected="a promotion", got=statement.predicate_type)


def rolled_back(project: Project, model: Digest) -> int | None:
    """Leaf of the roll-back that took this model out of use; None where there was none."""
    for found in statements_of(project, PROMOTION):
        match found.statement.predicate.get("details"):
            case {"deed": "rolled back", "instead_of": {"model": str(digest)}} if digest == str(model):
                return found.leaf
    return None


def rules_of(project: Project) -> dict[str, Json]:
    """What a challenger must keep up to, for the statement about it."""
    settings = project.configuration.harden.retrain
    return {"tolerance": settings.tolerance, "fewest": settings.fewest}


def adopt_champion(project: Project, watch: Watcher = unwatched) -> Champion | None:
    """The model in use, and a statement that it is, where only a gate has said so: from then on promotions count."""
    champion = find_champion(project)
    if champion is None or champion.deed != SECURED:
        return champion
    stages = [champion.stages[name] for name in STAGES]
    promote(project, stages, deed=ADOPTED, replaces=None, instead=None, watch=watch)
    return find_champion(project)


def promote(
    project: Project,
    stages: Sequence[StageResult],
    *,
    deed: str,
    replaces: int | None,
    instead: Champion | None,
    watch: Watcher = unwatched,
) -> StageResult:
    """Write the statement that makes a model the one in use.

    Args:
        project: Whose ledger.
        stages: Verify, harden, attack, seal and gate of the model, and what else speaks for it.
        deed: `ADOPTED`, `PROMOTED` or `RESTORED`.
        replaces: Leaf of the one to bring back if this is rolled back; None where there is none.
        instead: Which was in use until now.
        watch: Told how far it is.
    """
    by_name = {stage.stage: stage for stage in stages}
    leaves: dict[str, Json] = {stage.stage: stage.leaf for stage in stages}
    subjects = (by_name["seal"].subject("bundle"), by_name["harden"].subject("model"))
    before: Json = instead.document() if instead else None

    def work(report: Progress) -> StageOutput:
        report(0, 1, deed)
        time = project.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        details: dict[str, Json] = {"deed": deed, "time": time, "stages": leaves, "replaces": replaces}
        return StageOutput(subjects=subjects, details=details | {"instead_of": before, "rules": rules_of(project)})

    task = Task(
        stage="promote",
        predicate_type=PROMOTION,
        configuration={"deed": deed},
        inputs=tuple(Subject(stage.stage, stage.digest) for stage in stages),
        work=work,
        deed=True,
    )
    return run_stage(project, task, watch)


def _whole(champion: Champion) -> Champion:
    missing = [name for name in STAGES if name not in champion.stages]
    if missing:
        where = f"leaf {champion.leaf}"
        raise MissingEvidence(where=where, expected=f"the statement of {missing[0]}", got="none")
    return champion


def _statement(project: Project, leaf: int) -> Statement:
    if not 0 <= leaf < project.log.size:
        raise MissingEvidence(where=f"leaf {leaf}", expected=f"a leaf below {project.log.size}", got=str(leaf))
    return open_statement(project.log.read(leaf), project.identity)


def _stage(project: Project, name: str, leaf: int) -> StageResult:
    statement = _statement(project, leaf)
    envelope = project.log.read(leaf)
    return StageResult(
        stage=name,
        statement=statement,
        digest=digest_bytes(envelope),
        leaf=leaf,
        artifacts=kept_artifacts(statement),
        reused=True,
        seconds=0.0,
    )


def _evidence(project: Project, gate: Statement, leaf: int) -> dict[str, int]:
    """Names and leaves of the statements that a summary rests on, each held against its digest."""
    found: dict[str, int] = {}
    for at, digest in _attestations(gate):
        if not 0 <= at < leaf or digest_bytes(project.log.read(at)) != digest:
            raise MissingEvidence(where=f"leaf {leaf}", expected=f"leaf {at} with {digest}", got="another statement")
        command = str(_statement(project, at).predicate.get("command"))
        found[command.removeprefix(_COMMAND)] = at
    return found


def _attestations(gate: Statement) -> Iterator[tuple[int, Digest]]:
    listed = gate.predicate.get("inputAttestations")
    for entry in listed if isinstance(listed, list) else []:
        match entry:
            case {"uri": str(uri), "digest": {"sha256": str(digest)}} if uri.removeprefix(_LEAF).isdigit():
                yield int(uri.removeprefix(_LEAF)), parse_digest(f"sha256:{digest}", where=uri)
