"""The certificate against bad training rows: an election of models over partitions, made in the stage `harden`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity
from hauberk.core.progress import Progress
from hauberk.data import (
    Dataset,
    Kind,
    Role,
    Schema,
    encode_labels,
    encode_rows,
    encode_weights,
    input_schema,
    row_digests,
)
from hauberk.flows.configuration import DataSection, FeatureSection, HardenSection
from hauberk.flows.datasets import Datasets
from hauberk.flows.project import Project
from hauberk.flows.training import training_set
from hauberk.harden import (
    Certificate,
    certified_curve,
    certified_point,
    certify_rows,
    claimed_budgets,
    deal_rows,
    radius_quantiles,
    train_partitions,
)
from hauberk.models import PartitionModel, TrainingSet, fit_booster

__all__ = ["PartitionEvidence", "certify_partitions", "harden_settings", "train_election"]

_OF_NETWORKS = ("recipe", "eps", "epochs", "batch", "rate", "decay", "average", "shift", "light", "threads")

_LEARNING_RATE = 0.2
_WORKERS = 2
_UNSEALED = "partitions."
"""What the names of claims begin with that are about the election and not about the sealed model."""
_THREAT = (
    "at most k training rows put in, taken out or relabelled; a row whose inputs are changed counts twice; schema, "
    "settings and seed stay"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartitionEvidence:
    """The election with what is known of it.

    Attributes:
        model: The election.
        claims: Its accuracy at rest and with bad training rows.
        findings: Partitions that could not be trained on.
        details: The curve, the radii, the threat and what the certificate takes for granted.
    """

    model: PartitionModel
    claims: tuple[Claim, ...]
    findings: tuple[Finding, ...]
    details: dict[str, Json]


def harden_settings(section: HardenSection, *, network: bool = False) -> dict[str, Json]:
    """The settings of `[harden]` that the model depends on; those of partitions and networks where there are any."""
    settings: dict[str, Json] = asdict(section)
    del settings["retrain"]  # when and whether a model is promoted does not change it
    if section.partitions:
        return settings
    left_out = () if network else _OF_NETWORKS
    return {name: value for name, value in settings.items() if "partition" not in name and name not in left_out}


def certify_partitions(project: Project, datasets: Datasets, report: Progress) -> PartitionEvidence:
    """Train the election on the training rows and certify it on the test rows.

    Members are built-in boosters whatever trains the model: the certificate needs a training that is a function of
    its rows alone, and of a user's function that is not known.

    Raises:
        BadPartition: A setting is out of range.
    """
    section = project.configuration.harden
    training, digests = _weighed_rows(datasets.train, project.seed)
    model = _train(section, training, digests, report)
    labels = encode_labels(datasets.test)
    certificate, plurality = certify_rows(model, encode_rows(datasets.test))
    sizes = np.bincount(deal_rows(digests, section.partitions), minlength=section.partitions)
    constant = sum(member.trees is None for member in model.members)
    details: dict[str, Json] = {
        "partitions": section.partitions,
        "sealed": section.seal_partitions,
        "rule": "run-off election",
        "threat": _THREAT,
        "assumes": list(_assumptions(project, datasets)),
        "rows": {"least": int(sizes.min()), "median": float(np.median(sizes)), "most": int(sizes.max())},
        "constant": constant,
        "majority": float(np.bincount(labels).max() / len(labels)),
        "radius": list(radius_quantiles(certificate, labels)),
        "curve": _curve(certificate, labels),
    }
    if len(model.classes) > 2:
        details["plurality"] = _curve(plurality, labels)
    return PartitionEvidence(
        model=model,
        claims=tuple(_claims(certificate, labels, section)),
        findings=tuple(_findings(constant, section.partitions)),
        details=details,
    )


def train_election(project: Project, train: Dataset, report: Progress) -> PartitionModel:
    """The election over the partitions of these training rows, as `[harden]` sizes it.

    Raises:
        BadPartition: A setting is out of range.
    """
    return _train(project.configuration.harden, *_weighed_rows(train, project.seed), report)


def _train(
    section: HardenSection, training: TrainingSet, digests: NDArray[np.uint8], report: Progress
) -> PartitionModel:
    return train_partitions(
        training,
        digests,
        partitions=section.partitions,
        fit=partial(
            fit_booster, trees=section.partition_trees, depth=section.partition_depth, learning_rate=_LEARNING_RATE
        ),
        workers=_WORKERS,
        progress=report,
    )


def _weighed_rows(dataset: Dataset, seed: int) -> tuple[TrainingSet, NDArray[np.uint8]]:
    """The rows of positive weight with their digests, weighed as the column says.

    Weights relative to the mean of all rows would let one heavy row reach every partition.
    """
    weight = encode_weights(dataset)
    taken = weight > 0
    return replace(training_set(dataset, seed=seed), weight=weight[taken]), _input_digests(dataset)[taken]


def _input_digests(dataset: Dataset) -> NDArray[np.uint8]:
    """Digests of what the model sees of each row: neither its label nor keys and columns that it does not see."""
    schema = input_schema(dataset.schema)
    table = dataset.table.select([feature.name for feature in schema.features])
    return row_digests(Dataset(table=table, schema=schema))


def _claims(certificate: Certificate, labels: NDArray[np.int64], section: HardenSection) -> Iterator[Claim]:
    prefix = "" if section.seal_partitions else _UNSEALED
    clean = certified_point(certificate, labels, 0).estimate
    yield Claim(name=f"{_UNSEALED}accuracy", estimate=clean, rung=Rung.MEASURED)
    for rows in claimed_budgets(section.partitions):
        estimate = certified_point(certificate, labels, rows).estimate
        yield Claim(name=f"{prefix}poisoning_certified_accuracy.{rows}", estimate=estimate, rung=Rung.CERTIFIED)


def _findings(constant: int, partitions: int) -> Iterator[Finding]:
    if constant:
        message = f"{constant} of {partitions} partitions cannot be trained on and always vote for one class"
        yield Finding(code="harden.partitions.constant", severity=Severity.WARNING, message=message, count=constant)


def _assumptions(project: Project, datasets: Datasets) -> Iterator[str]:
    """What the certificate takes for granted here although training rows could change it."""
    told = project.configuration.data.features
    schema = datasets.schema
    guessed = [
        feature.name
        for feature in (*schema.inputs, *filter(None, [schema.target]))
        if feature.kind is Kind.CATEGORY and not (feature.name in told and told[feature.name].categories)
    ]
    if guessed:
        yield (
            f"The categories of {', '.join(guessed)} are read off the training rows: bad rows bring no new ones, and "
            "those of the last row that holds one are not taken out."
        )
    undecided = list(_undecided(project.configuration.data, schema))
    if undecided:
        yield (
            f"The kind or role of {', '.join(undecided)} is read off the training rows: bad rows make no fraction of "
            "whole numbers, no text of numbers and no input of a key."
        )
    if datasets.kept is not None:
        yield "The rows in quarantine stay the same: they were found by looking at all rows, bad ones among them."
    if not project.configuration.data.test:
        yield "The test rows are held out of the same file: the bad rows come in after that."


def _undecided(section: DataSection, schema: Schema) -> Iterator[str]:
    """Columns of which `hauberk.toml` does not say what decides whether and how the model sees them."""
    named = {section.id, section.time, section.group, *section.ignored}
    for feature in schema.features:
        told = section.features.get(feature.name, FeatureSection())
        has_role = told.role is not None or feature.name in named
        has_kind = told.kind is not None or feature.role is not Role.INPUT
        if feature.role is not Role.TARGET and not (has_role and has_kind):
            yield feature.name


def _curve(certificate: Certificate, labels: NDArray[np.int64]) -> list[Json]:
    return [_point(point.rows, point.estimate) for point in certified_curve(certificate, labels)]


def _point(rows: int, number: Estimate) -> dict[str, Json]:
    return {"rows": rows, "value": number.value, "low": number.low, "high": number.high}
