"""The stage `harden`: train the model so that the attack fails, or take the trained one as it is."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from hauberk.attack import QUICK, STANDARD
from hauberk.core.digest import digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.progress import Progress, Watcher, unwatched
from hauberk.core.statement import Subject
from hauberk.data import Reach, digest_schema, resolve_reach
from hauberk.flows.datasets import Datasets
from hauberk.flows.errors import BadSetting
from hauberk.flows.functions import UserFunction
from hauberk.flows.harden_network import choose_network, verify_layers
from hauberk.flows.images import input_shape, is_of_images
from hauberk.flows.model_file import kind_of_file
from hauberk.flows.partitions import PartitionEvidence, certify_partitions, harden_settings
from hauberk.flows.project import Project
from hauberk.flows.stage import StageOutput, StageResult, Task, run_stage
from hauberk.flows.threat import verify_goal
from hauberk.flows.training import booster, train_by, training_set, user_fit
from hauberk.harden import HardenResult, Rules, evasion_attack, harden_model, select_recipes
from hauberk.models import (
    Kind,
    LibraryModel,
    Matrix,
    NetworkModel,
    open_model,
    parse_model,
    require_width,
    serialise_model,
)
from hauberk.models.grow import grow_booster
from hauberk.models.training import Fit

__all__ = ["SUFFIXES", "chosen_model", "harden_system", "plain_model"]

PREDICATE = "urn:hauberk:harden:choice:v1"
_WORKERS = 2
"""Candidates that train at the same time; a user's own function is not asked to stand that."""
SUFFIXES = {
    Kind.XGBOOST: "ubj",
    Kind.LIGHTGBM: "txt",
    Kind.ONNX: "onnx",
    Kind.ENSEMBLE: "json",
    Kind.PARTITIONS: "json",
    Kind.NETWORK: "safetensors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A trained model that the user named."""

    name: str
    data: bytes
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Chosen:
    """The baseline, the model and how it came to be chosen."""

    plain: LibraryModel
    model: LibraryModel
    story: dict[str, Json]


def harden_system(project: Project, datasets: Datasets, watch: Watcher = unwatched) -> StageResult:
    """Train the candidates and choose one, or open the model file; one statement about model and baseline.

    With `partitions` the election that they make is trained and certified as well, and is the model if it is to be
    sealed.

    Raises:
        BadSetting: The election is to be sealed although there is none, or a model file was given; the layers of a
            network are unknown or do not fit.
    """
    section = project.configuration
    _refuse_contradictions(project)
    if section.model.layers:
        verify_layers(section, _classes(datasets))
    given = _given(project.folder, section.model.file)
    trainer = user_fit(project)
    configuration: dict[str, Json] = {
        "model": asdict(section.model),
        "harden": harden_settings(section.harden, network=bool(section.model.layers)),
        "threats": asdict(section.threats),
    }
    sources = [Subject("schema", digest_schema(datasets.schema))]
    sources += [Subject(given.name, digest_bytes(given.data))] if given else []
    sources += [trainer.subject] if trainer else []
    sources += [datasets.test_subject] if section.harden.partitions else []

    def work(report: Progress) -> StageOutput:
        chosen = _choose(project, datasets, given, trainer, report)
        if not section.harden.partitions:
            return _output(chosen)
        return _with_partitions(chosen, certify_partitions(project, datasets, report))

    task = Task(
        stage="harden",
        predicate_type=PREDICATE,
        configuration=configuration,
        inputs=(datasets.train_subject, *sources),
        work=work,
    )
    return run_stage(project, task, watch)


def chosen_model(project: Project, hardened: StageResult, datasets: Datasets) -> LibraryModel:
    """The model that the stage chose, out of the store."""
    return _stored(project, hardened, datasets, "model")


def plain_model(project: Project, hardened: StageResult, datasets: Datasets) -> LibraryModel:
    """The model without hardening, out of the store."""
    return _stored(project, hardened, datasets, "baseline")


def _stored(project: Project, hardened: StageResult, datasets: Datasets, name: str) -> LibraryModel:
    data = project.store.get_bytes(hardened.artifacts[name])
    return parse_model(data, str(hardened.details[f"{name}_kind"]), classes=_classes(datasets))


def _refuse_contradictions(project: Project) -> None:
    section = project.configuration
    if section.harden.seal_partitions and (not section.harden.partitions or section.model.file):
        got = f"`model.file = {section.model.file!r}`" if section.model.file else "`partitions = 0`"
        hint = "set `partitions`, and train the model here"
        raise BadSetting(where="harden.seal-partitions", expected="partitions to seal", got=got, hint=hint)


def _choose(
    project: Project, datasets: Datasets, given: _Given | None, trainer: UserFunction | None, report: Progress
) -> _Chosen:
    section = project.configuration.harden
    if given:
        model = parse_model(given.data, given.kind, classes=_classes(datasets))
        if is_of_images(project.configuration):
            _require_shape(project, model)
        require_width(model, [feature.name for feature in datasets.schema.inputs])
        return _unchosen(model, "given", "a trained model was given")
    if is_of_images(project.configuration):
        found = choose_network(project, datasets, report)
        return _Chosen(plain=found.plain, model=found.model, story=found.story)
    if section.adversarial and not section.seal_partitions:
        result = _harden(project, datasets, trainer, report)
        return _Chosen(plain=result.plain, model=result.model, story=_story(result))
    plain = open_model(
        _fit(project, trainer)(training_set(datasets.train, seed=project.seed)), classes=_classes(datasets)
    )
    reason = "the election of the partitions is sealed" if section.seal_partitions else "hardening is off"
    return _unchosen(plain, "partitions" if section.seal_partitions else "plain", reason)


def _require_shape(project: Project, model: LibraryModel) -> None:
    """Refuse a model that is no network for pictures of this shape.

    Raises:
        BadSetting: It is not.
    """
    shape = input_shape(project.configuration.data)
    found = model.shape if isinstance(model, NetworkModel) else None
    if found != shape:
        got = f"one of shape {found}" if found else "a model that is no network"
        raise BadSetting(where="model.file", expected=f"a network of shape {shape}", got=got)


def _unchosen(model: LibraryModel, chosen: str, reason: str) -> _Chosen:
    return _Chosen(plain=model, model=model, story={"chosen": chosen, "reason": reason, "frontier": []})


def _given(folder: Path, name: str) -> _Given | None:
    if not name:
        return None
    path, kind = folder / name, kind_of_file(name, where="model.file")
    try:
        return _Given(name=name, data=path.read_bytes(), kind=kind)
    except OSError as error:
        raise BadSetting(where="model.file", expected="a readable file", got=f"{path}: {error.strerror}") from error


def _fit(project: Project, trainer: UserFunction | None) -> Fit:
    return partial(train_by, trainer) if trainer else booster(project.configuration.model)


def _classes(datasets: Datasets) -> tuple[str, ...]:
    target = datasets.schema.target
    return target.categories if target else ()


def _harden(project: Project, datasets: Datasets, trainer: UserFunction | None, report: Progress) -> HardenResult:
    section = project.configuration.harden
    goal = verify_goal(datasets.schema, project.configuration.threats.evasion.goal)

    def resolve(rows: Matrix) -> Reach:
        return resolve_reach(datasets.schema, rows)

    return harden_model(
        training_set(datasets.train, seed=project.seed),
        resolve=resolve,
        fit=_fit(project, trainer),
        recipes=select_recipes(section.recipes),
        attack=evasion_attack(QUICK, goal=goal),
        evaluate=evasion_attack(STANDARD, goal=goal),
        clock=time.perf_counter,
        grow=partial(grow_booster, threads=project.configuration.model.threads),
        rules=Rules(max_clean_loss=section.max_clean_loss),
        validation_share=section.validation_share,
        goal=_classes(datasets).index(goal) if goal else None,
        workers=1 if trainer else _WORKERS,
        progress=report,
    )


def _story(result: HardenResult) -> dict[str, Json]:
    frontier: list[Json] = [point.document() for point in result.frontier]
    skipped: list[Json] = [{"recipe": one.recipe, "reason": one.reason} for one in result.skipped]
    return {"chosen": result.chosen, "reason": str(result.reason), "frontier": frontier, "skipped": skipped}


def _output(chosen: _Chosen) -> StageOutput:
    plain_kind, plain_data = serialise_model(chosen.plain)
    kind, data = serialise_model(chosen.model)
    formats: dict[str, Json] = {"model_kind": str(kind), "baseline_kind": str(plain_kind), "format": SUFFIXES[kind]}
    return StageOutput(
        subjects=(Subject("model", digest_bytes(data)), Subject("baseline", digest_bytes(plain_data))),
        details=chosen.story | formats,
        artifacts={"model": data, "baseline": plain_data},
    )


def _with_partitions(chosen: _Chosen, found: PartitionEvidence) -> StageOutput:
    """The output with the election in it: as the model where it is sealed, else as a further artifact beside it."""
    sealed = bool(found.details["sealed"])
    output = _output(replace(chosen, model=found.model) if sealed else chosen)
    _, data = serialise_model(found.model)
    return replace(
        output,
        subjects=(*output.subjects, Subject("partitions", digest_bytes(data))),
        claims=found.claims,
        findings=found.findings,
        details={**output.details, "poisoning": found.details},
        artifacts={**output.artifacts, "partitions": data},
    )
