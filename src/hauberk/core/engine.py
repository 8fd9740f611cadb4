"""Work that may hang, crash or eat the memory, done elsewhere under limits: jobs in, outcomes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Protocol

from hauberk.core.encoding import Json

__all__ = ["Engine", "Failure", "FailureKind", "Inputs", "Job", "JobLimits", "Outcome", "Task"]

Task = Callable[[Mapping[str, memoryview], Mapping[str, Json]], Json]
"""What a worker calls: the engine's inputs by name (bytes that it must not change) and the arguments of the job."""

Inputs = Mapping[str, Callable[[BinaryIO], object]]
"""Writes each input into a file in memory; the engine calls it once, so that no copy stays behind."""


class FailureKind(StrEnum):
    """How a job can end without a value."""

    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    ENDED = "ended"
    """The worker's process is gone: a crash in compiled code, a signal, an exit."""
    RAISED = "raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job gave no value.

    Attributes:
        kind: How it ended.
        reason: The same for a person, such as `timed out after 60 s`; holds no value of the inputs.
    """

    kind: FailureKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """What one job may take.

    Attributes:
        seconds: Wall time.
        memory: MiB that the worker may allocate beyond what it has at the start; None for no bound.
    """

    seconds: float
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call of a task.

    Attributes:
        name: What it is called in an outcome.
        task: A `Task`, spelled `module:function`; it must be importable where the worker runs.
        arguments: Further arguments.
    """

    name: str
    task: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job: its value, or the failure.

    Attributes:
        name: Name of the job.
        value: What the task gave; None where it failed.
        failure: Why there is no value, or None.
    """

    name: str
    value: Json = None
    failure: Failure | None = None


class Engine(Protocol):
    """Runs jobs on inputs that it was opened with; a job that fails ends neither the others nor the caller."""

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """One outcome for each job, in their order.

        Raises:
            HauberkError: A task raised it: it speaks of the user's input and is the answer.
        """
        ...
