"""What an engine and its workers say to each other: canonical JSON, never pickled objects.

A worker reads data of strangers in compiled code. Whoever takes it over can lie about a result, but a result is parsed
here and can run nothing in the caller.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from hauberk.core.encoding import parse_json, render_json
from hauberk.core.engine import Failure, FailureKind, Job, JobLimits, Outcome
from hauberk.core.errors import CoreError, HauberkError, Malformed

__all__ = ["find_task", "out_of_memory", "parse_outcome", "perform", "render_job", "timed_out"]

_PACKAGE = "hauberk."


def render_job(job: Job) -> bytes:
    """The bytes that `perform` takes."""
    return render_json({"task": job.task, "arguments": job.arguments})


def perform(request: bytes, inputs: Mapping[str, memoryview]) -> bytes:
    """Do a job, in the worker; the reply says what came out, whatever it was."""
    try:
        match parse_json(request):
            case {"task": str(name), "arguments": Mapping() as arguments}:
                return render_json({"value": find_task(name)(inputs, arguments)})
        raise Malformed(where="job", expected="a task and its arguments", got="something else")
    except HauberkError as error:
        kind = f"{type(error).__module__}:{type(error).__name__}"
        facts = {"expected": error.expected, "got": error.got, "where": error.where, "hint": error.hint}
        return render_json({"error": {"type": kind, "facts": facts}})
    except Exception as error:
        # Its text may hold values of the data, and stays here.
        starved = isinstance(error, MemoryError) or "bad_alloc" in str(error)
        return render_json({"raised": type(error).__name__, "starved": starved})


def find_task(name: str) -> Any:
    """The function `module:function`."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def parse_outcome(job: Job, reply: bytes, limits: JobLimits) -> Outcome:
    """The outcome that a reply tells.

    Raises:
        HauberkError: The task raised it.
    """
    try:
        document = parse_json(reply)
    except CoreError:
        document = None
    match document:
        case {"value": value}:
            return Outcome(name=job.name, value=value)
        case {"raised": str(), "starved": True}:
            return Outcome(name=job.name, failure=out_of_memory(limits))
        case {"raised": str(kind)}:
            return Outcome(name=job.name, failure=Failure(kind=FailureKind.RAISED, reason=kind[:80]))
        case {"error": {"type": str(kind), "facts": Mapping() as facts}}:
            raise _error(kind, {name: str(fact) for name, fact in facts.items()})
    return Outcome(name=job.name, failure=Failure(kind=FailureKind.ENDED, reason="gave no result"))


def out_of_memory(limits: JobLimits) -> Failure:
    """The failure of a job that wanted more memory than there is for it."""
    limit = f" (limit {limits.memory} MiB)" if limits.memory else ""
    return Failure(kind=FailureKind.OUT_OF_MEMORY, reason=f"out of memory{limit}")


def timed_out(seconds: float) -> Failure:
    """The failure of a job that was stopped."""
    return Failure(kind=FailureKind.TIMED_OUT, reason=f"timed out after {seconds:g} s")


def _error(kind: str, facts: Mapping[str, str]) -> HauberkError:
    """The error again; of a class of this package only, so that a reply cannot name another."""
    module, _, name = kind.partition(":")
    found = getattr(importlib.import_module(module), name, None) if module.startswith(_PACKAGE) else None
    if not (isinstance(found, type) and issubclass(found, HauberkError)):
        return Malformed(where=module, expected="an error of this package", got=name)
    return found(**{fact: facts.get(fact, "") for fact in ("expected", "got", "where", "hint")})
