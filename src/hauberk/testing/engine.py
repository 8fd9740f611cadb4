"""The contract of an engine: checks that every driver must pass, with jobs that hang, starve, crash and lie.

A test calls each of `ENGINE_CHECKS` with a function that opens the driver.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from hauberk.core.encoding import Json
from hauberk.core.engine import Engine, Failure, FailureKind, Inputs, Job, JobLimits, Outcome
from hauberk.core.errors import Malformed

__all__ = ["ENGINE_CHECKS", "OpenEngine", "crash", "eat", "fail", "hang", "leave", "measure", "refuse"]

OpenEngine = Callable[[Inputs, JobLimits], AbstractContextManager[Engine]]
"""Opens the driver under test."""

_LIMITS = JobLimits(seconds=60.0, memory=256)
_SHORT = JobLimits(seconds=2.0, memory=256)
_INPUTS: Inputs = {"some": lambda file: file.write(b"abc" * 1_000_000), "none": lambda file: None}  # noqa: ARG005
_SECRET = "a value of the data"  # noqa: S105 - what no outcome may tell


def measure(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:
    """A task that tells what it was given."""
    sizes: dict[str, Json] = {name: len(data) for name, data in inputs.items()}
    return {"sizes": sizes, "arguments": arguments, "head": bytes(inputs["some"][:3]).decode()}


def hang(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task without an end."""
    while True:
        pass


def eat(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task that takes all memory there is."""
    pieces = []
    while True:
        pieces.append(bytearray(os.urandom(1 << 20)) * 16)


def crash(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task that ends its process as a fault of compiled code does."""
    return ctypes.string_at(0).decode()


def leave(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task that ends its process without a word."""
    os._exit(3)


def fail(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task that raises, with a value of the data in the text of the error."""
    raise ValueError(_SECRET)


def refuse(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:  # noqa: ARG001 - a task
    """A task that blames the user's input."""
    raise Malformed(where="there", expected="this", got="that", hint="do it")


def _a_job_reads_inputs_and_arguments(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        (outcome,) = engine.run([_job(measure, {"text": "é", "list": [1, None, 0.5]})])
    expected = {"sizes": {"some": 3_000_000, "none": 0}, "head": "abc"}
    _require(outcome.failure is None, f"failed: {outcome.failure}")
    _require(outcome.value == expected | {"arguments": {"text": "é", "list": [1, None, 0.5]}}, "another value came")


def _outcomes_keep_the_order_of_the_jobs(opened: OpenEngine) -> None:
    jobs = [Job(name=str(n), task=f"{__name__}:measure", arguments={"n": n}) for n in range(8)]
    with opened(_INPUTS, _LIMITS) as engine:
        outcomes = list(engine.run(jobs))
    _require([one.name for one in outcomes] == [job.name for job in jobs], "the order is another")


def _no_job_is_no_work(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        _require(list(engine.run([])) == [], "outcomes came from nowhere")


def _a_job_without_an_end_is_stopped(opened: OpenEngine) -> None:
    with opened(_INPUTS, _SHORT) as engine:
        stopped, after = engine.run([_job(hang), _job(measure)])
    _require(stopped.failure == Failure(kind=FailureKind.TIMED_OUT, reason="timed out after 2 s"), f"{stopped}")
    _require(after.failure is None, "the job after it was not done")


def _a_job_that_eats_memory_is_bounded(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        starved, after = engine.run([_job(eat), _job(measure)])
    expected = Failure(kind=FailureKind.OUT_OF_MEMORY, reason="out of memory (limit 256 MiB)")
    _require(starved.failure == expected, f"{starved}")
    _require(after.failure is None, "the job after it was not done")


def _a_crash_ends_one_job_only(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        outcomes = list(engine.run([_job(crash), _job(measure), _job(leave), _job(measure)]))
    kinds = [one.failure.kind if one.failure else None for one in outcomes]
    _require(kinds == [FailureKind.ENDED, None, FailureKind.ENDED, None], f"{kinds}")


def _an_exception_is_told_by_its_type_only(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        failed, after = engine.run([_job(fail), _job(measure)])
    _require(failed.failure == Failure(kind=FailureKind.RAISED, reason="ValueError"), f"{failed}")
    _require(after.failure is None, "the job after it was not done")


def _a_task_that_is_not_there_fails(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        (outcome,) = engine.run([Job(name="none", task=f"{__name__}:none")])
    _require(outcome.failure is not None, "a task that is not there gave a value")


def _an_error_of_the_users_input_comes_through(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        try:
            list(engine.run([_job(refuse)]))
        except Malformed as error:
            said = {"where": "there", "expected": "this", "got": "that", "hint": "do it"}
            _require(error.document().items() >= said.items(), f"another error: {error}")
        else:
            _require(False, "no error came")
        (after,) = engine.run([_job(measure)])
    _require(after.failure is None, "the job after it was not done")


def _a_run_that_is_given_up_ends(opened: OpenEngine) -> None:
    with opened(_INPUTS, _LIMITS) as engine:
        outcomes = engine.run([_job(measure), _job(hang)])
        first: Outcome = next(outcomes)
        del outcomes
    _require(first.failure is None, f"{first}")


def _job(task: Callable[..., Json], arguments: Mapping[str, Json] | None = None) -> Job:
    return Job(name=task.__name__, task=f"{task.__module__}:{task.__name__}", arguments=arguments or {})


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


ENGINE_CHECKS: tuple[Callable[[OpenEngine], None], ...] = (
    _a_job_reads_inputs_and_arguments,
    _outcomes_keep_the_order_of_the_jobs,
    _no_job_is_no_work,
    _a_job_without_an_end_is_stopped,
    _a_job_that_eats_memory_is_bounded,
    _a_crash_ends_one_job_only,
    _an_exception_is_told_by_its_type_only,
    _a_task_that_is_not_there_fails,
    _an_error_of_the_users_input_comes_through,
    _a_run_that_is_given_up_ends,
)
"""Each raises AssertionError where the driver does not keep the contract."""
