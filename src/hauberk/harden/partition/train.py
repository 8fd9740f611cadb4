"""One model for each part of the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hauberk.core.progress import Progress, silent
from hauberk.harden.errors import BadPartition
from hauberk.harden.partition.deal import RowDigests, ordered_parts
from hauberk.models import Fit, HasTrees, Member, PartitionModel, TrainingSet, open_model, open_partitions
from hauberk.models.errors import BadEnsemble, BadTraining, NoTrees

__all__ = ["train_partitions"]

T = TypeVar("T")
R = TypeVar("R")
_UNTRAINABLE = (BadEnsemble, BadTraining, NoTrees)
"""What rows can do to a training. Such a part must still vote, or one bad row would end the whole training."""


def train_partitions(
    training: TrainingSet,
    digests: RowDigests,
    *,
    partitions: int,
    fit: Fit,
    workers: int = 1,
    progress: Progress = silent,
) -> PartitionModel:
    """The election of models that are trained on one part of the rows each.

    Each member is a function of the rows of its part, of what the schema fixes (columns, categories, classes) and of
    the seed; nothing of the other rows reaches it. A part whose rows are of one class votes for it, an empty one for
    the first class, and one that cannot be trained on for its most frequent label. The result depends neither on the
    order of the rows nor on `workers`.

    Args:
        training: Rows of one fixed schema: codes, classes and names must not be read off the rows that are trained
            on, or the certificate holds only for changes that leave them as they are. Nor may a weight depend on
            other rows: each part divides its weights by their mean.
        digests: (n, 32) of the inputs of each row, see `deal_rows`.
        partitions: Number of parts.
        fit: Trains a model that shows its trees, the same for the same training set; an unpredictable one would make
            the certificate void. With more than one worker it is called from threads.
        workers: Threads that train at the same time.
        progress: Told of every part.

    Raises:
        BadPartition: The digests are not one for each row, a number is out of range, or `fit` gives a model without
            trees.
    """
    if len(digests) != len(training.rows) or workers < 1:
        got = f"{len(digests)} digests for {len(training.rows)} rows, {workers} workers"
        raise BadPartition(expected="a digest for each row and at least one worker", got=got)
    parts = ordered_parts(digests, training.labels, training.weight, partitions)
    members: list[Member] = []
    for member in _each(partial(_member, training, fit), parts, workers):
        members.append(member)
        progress(len(members), partitions, "training partitions")
    return open_partitions(members, classes=training.classes, names=training.names)


def _member(training: TrainingSet, fit: Fit, rows: NDArray[np.intp]) -> Member:
    labels = training.labels[rows]
    held, codes = np.unique(labels, return_inverse=True)
    if len(held) < 2:
        return Member(classes=(int(held[0]) if held.size else 0,), trees=None)
    part = replace(
        training,
        rows=training.rows[rows],
        labels=codes.astype(np.int64).reshape(-1),
        weight=_relative(training.weight[rows]),
        classes=tuple(training.classes[code] for code in held.tolist()),
    )
    try:
        model = open_model(fit(part), classes=part.classes)
    except _UNTRAINABLE:
        return Member(classes=(int(held[np.bincount(codes.reshape(-1)).argmax()]),), trees=None)
    if not isinstance(model, HasTrees):
        raise BadPartition(expected="a training function whose models show their trees", got=model.library)
    return Member(classes=tuple(held.tolist()), trees=model.trees)


def _relative(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights with the mean 1, unless all are 0; by the largest first, because a sum of large ones could overflow."""
    largest = weight.max()
    if not largest > 0:
        return weight
    shares = weight / largest
    return np.asarray(shares / shares.mean())


def _each(function: Callable[[T], R], things: Iterable[T], workers: int) -> Iterator[R]:
    """The results in the order of the things."""
    if workers == 1:
        yield from map(function, things)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, things)
