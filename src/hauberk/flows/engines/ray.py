"""The engine of a cluster: jobs in Ray actors, several at a time.

Ray keeps large objects in shared memory and may spill them to a disk, so the inputs are handed over encrypted, under a
key that is made for the run and passed to each actor in a call. What a ledger or a person sees is the same as from the
local engine. Traffic between nodes is as safe as the cluster makes it (`RAY_USE_TLS`).
"""

from __future__ import annotations

import importlib
import io
import os
import queue
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import structlog

from hauberk import __version__
from hauberk.core.engine import Failure, FailureKind, Inputs, Job, JobLimits, Outcome
from hauberk.crypto import CHUNK_SIZE, DATA_KEY_SIZE, PREFIX_SIZE, TAG_SIZE, ChunkCipher
from hauberk.flows.engines.bounds import bound_memory
from hauberk.flows.engines.messages import out_of_memory, parse_outcome, perform, render_job, timed_out
from hauberk.flows.errors import EngineUnavailable

__all__ = ["RayEngine", "open_ray_engine", "start_ray"]

_log = structlog.get_logger()

_PURPOSE = "hauberk/engine-input/v1"
_START_SECONDS = 120.0
"""For an actor to be placed and to load; no time of a job."""
_LOOPBACK = "127.0.0.2"
"""Ray takes 127.0.0.1 for a wish to be told its address on the network."""
_MOST_ACTORS = 16
"""More than there are checks is of no use."""


@contextmanager
def open_ray_engine(address: str, inputs: Inputs, limits: JobLimits) -> Iterator[RayEngine]:
    """An engine on a Ray cluster, whose actors are ended with the context.

    Args:
        address: `ray` for a Ray of this machine, or `ray://HOST:PORT`.
        inputs: What every job may read.
        limits: Of each job.

    Raises:
        EngineUnavailable: Ray is not installed, the cluster does not answer, or has another version of Hauberk.
    """
    with start_ray(address) as ray:
        engine = RayEngine(ray, inputs, limits, actors=_actors(ray))
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def start_ray(address: str, *, processors: int | None = None) -> Iterator[ModuleType]:
    """The module, connected; a connection that is there already is used, and left as it is.

    Args:
        address: See `open_ray_engine`.
        processors: How many a Ray of this machine may use; all where None.

    Raises:
        EngineUnavailable: Ray is not installed, or the cluster does not answer.
    """
    ray = _import(address)
    if ray.is_initialized():
        yield ray
        return
    _connect(ray, address, processors)
    try:
        yield ray
    finally:
        ray.shutdown()


class RayEngine:
    """Does jobs in Ray actors; each has one processor and is replaced where a job spoils it.

    Args:
        ray: The module, connected to a cluster.
        inputs: What every job may read.
        limits: Of each job.
        actors: How many jobs are done at a time.

    Attributes:
        sealed: What Ray keeps of the inputs: ciphertext, by name.
    """

    def __init__(self, ray: ModuleType, inputs: Inputs, limits: JobLimits, *, actors: int) -> None:
        self._ray = ray
        self._limits = limits
        self._keys = {name: os.urandom(DATA_KEY_SIZE) for name in inputs}
        self.sealed = {name: ray.put(_seal(name, write, self._keys[name])) for name, write in inputs.items()}
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._actors: list[Any] = []
        for _ in range(actors):
            self._idle.put(None)  # an actor is made when a job needs it

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """One outcome for each job, in their order; see `hauberk.core.engine.Engine`."""
        threads = ThreadPoolExecutor(max_workers=max(1, min(len(jobs), self._idle.qsize())))
        try:
            for outcome in threads.map(self._outcome, jobs):
                if outcome.failure:
                    _log.warning("engine.job_failed", job=outcome.name, kind=str(outcome.failure.kind))
                yield outcome
        except BaseException:
            # The threads wait for answers; without actors there are none to wait for.
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """End all actors."""
        actors, self._actors = self._actors, []
        for actor in actors:
            self._ray.kill(actor, no_restart=True)

    def _outcome(self, job: Job) -> Outcome:
        actor = self._idle.get()
        if actor not in self._actors:  # ended by `close`
            actor = None
        kept, seconds = None, _START_SECONDS
        try:
            if actor is None:
                actor = self._actor(job)
            seconds = self._limits.seconds
            reply = self._ray.get(actor.perform.remote(render_job(job)), timeout=seconds)
            kept = actor
            return parse_outcome(job, reply, self._limits)
        except self._ray.exceptions.RayError as error:
            return Outcome(name=job.name, failure=self._failure(error, seconds))
        finally:
            if actor is not None and kept is None:
                self._ray.kill(actor, no_restart=True)
                if actor in self._actors:
                    self._actors.remove(actor)
            self._idle.put(kept)

    def _actor(self, job: Job) -> Any:
        kind = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Actor)
        actor = kind.remote()
        self._actors.append(actor)
        module = job.task.partition(":")[0]
        ready = actor.prepare.remote(self._keys, self._limits.memory, module, *self.sealed.values())
        version = self._ray.get(ready, timeout=_START_SECONDS)
        if version != __version__:
            expected = f"hauberk {__version__} on the nodes of the cluster"
            raise EngineUnavailable(where="engine", expected=expected, got=str(version))
        return actor

    def _failure(self, error: Exception, seconds: float) -> Failure:
        known = self._ray.exceptions
        if isinstance(error, known.GetTimeoutError):
            return timed_out(seconds)
        if isinstance(error, known.OutOfMemoryError):
            return out_of_memory(self._limits)
        if isinstance(error, known.RayTaskError):
            return Failure(kind=FailureKind.RAISED, reason="could not be prepared on the cluster")
        return Failure(kind=FailureKind.ENDED, reason="its process ended")


class Actor:
    """What runs on a node."""

    def __init__(self) -> None:
        self._inputs: dict[str, memoryview] = {}

    def prepare(self, keys: Mapping[str, bytes], memory: int | None, module: str, *sealed: bytes) -> str:
        """Open the inputs and load the module of the tasks; the version of Hauberk here."""
        self._inputs = {name: _open(name, one, keys[name]) for name, one in zip(keys, sealed, strict=True)}
        importlib.import_module(module)
        bound_memory(memory)
        return __version__

    def perform(self, request: bytes) -> bytes:
        """Do a job."""
        return perform(request, self._inputs)


def _import(address: str) -> ModuleType:
    # Ray would tell its makers of each use.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == "ray" and "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:
        # It listens on every interface, and whoever may speak to it may run code. It reads this when it is loaded.
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
    try:
        import ray
    except ModuleNotFoundError as error:
        hint = "pip install 'hauberk[scale]'"
        raise EngineUnavailable(where="engine", expected="the package ray", got="none", hint=hint) from error
    module: ModuleType = ray
    return module


def _connect(ray: ModuleType, address: str, processors: int | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == "ray":
            ray.init(address="local", num_cpus=processors, include_dashboard=False, _node_ip_address=_LOOPBACK, **quiet)
        else:
            ray.init(address=address, **quiet)
    except Exception as error:  # Ray raises what its transport raises
        hint = 'start the cluster, or set `engine = "local"`'
        raise EngineUnavailable(
            where="engine", expected=f"a Ray cluster at {address}", got=type(error).__name__, hint=hint
        ) from error


def _actors(ray: ModuleType) -> int:
    return max(1, min(_MOST_ACTORS, int(ray.cluster_resources().get("CPU", 1))))


def _seal(name: str, write: Any, data_key: bytes) -> bytes:
    """An input as chunks of ciphertext behind a nonce prefix."""
    plain = io.BytesIO()
    write(plain)
    prefix = os.urandom(PREFIX_SIZE)
    cipher = ChunkCipher(data_key, prefix, purpose=_PURPOSE, header=name.encode())
    data = plain.getbuffer()
    starts = range(0, max(1, len(data)), CHUNK_SIZE)
    chunks = [cipher.seal(n, data[at : at + CHUNK_SIZE], last=n == len(starts) - 1) for n, at in enumerate(starts)]
    return prefix + b"".join(chunks)


def _open(name: str, sealed: bytes, data_key: bytes) -> memoryview:
    cipher = ChunkCipher(data_key, sealed[:PREFIX_SIZE], purpose=_PURPOSE, header=name.encode())
    data, step = memoryview(sealed)[PREFIX_SIZE:], CHUNK_SIZE + TAG_SIZE
    starts = range(0, len(data), step)
    chunks = [
        cipher.open(n, data[at : at + step], last=n == len(starts) - 1, where=name) for n, at in enumerate(starts)
    ]
    return memoryview(b"".join(chunks))
