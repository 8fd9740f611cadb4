"""The engine of one machine: a worker process that is kept warm, and replaced where a job spoils it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

import structlog

from hauberk.core.encoding import render_json
from hauberk.core.engine import Failure, FailureKind, Inputs, Job, JobLimits, Outcome
from hauberk.flows.engines.frames import receive, send
from hauberk.flows.engines.messages import out_of_memory, parse_outcome, render_job, timed_out

__all__ = ["LocalEngine", "open_local_engine"]

_log = structlog.get_logger()

_START_SECONDS = 120.0
"""For Python and the module of the task to load; no time of the job."""
_SETTLE_SECONDS = 5.0
"""For a process that has closed its channel to be gone, so that its own way to end is told and not ours."""
_TAIL = 65536
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
"""No worker changes what the next one reads."""
_STARVED = (b"bad_alloc", b"Memory allocation", b"Cannot allocate memory")
"""What C++, OpenBLAS and the system say before they end a process that gets no memory."""


@contextmanager
def open_local_engine(inputs: Inputs, limits: JobLimits) -> Iterator[LocalEngine]:
    """An engine with the inputs in anonymous memory, which its workers map; nothing of them is in a file system.

    No worker outlives the context, nor (on Linux) the process that opened it, however that ends.
    """
    with ExitStack() as stack:
        numbers = {}
        for name, write in inputs.items():
            number = os.memfd_create(f"hauberk-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            file = stack.enter_context(open(number, "wb"))
            write(file)
            file.flush()
            fcntl.fcntl(number, fcntl.F_ADD_SEALS, _SEALS)
            numbers[name] = number
        engine = LocalEngine(numbers, limits)
        stack.callback(engine.close)
        yield engine


class LocalEngine:
    """Does jobs one after the other in a process of its own.

    Args:
        inputs: Descriptors of files in memory, by name.
        limits: Of each job.
    """

    def __init__(self, inputs: Mapping[str, int], limits: JobLimits) -> None:
        self._inputs = inputs
        self._limits = limits
        self._worker: _Worker | None = None

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """One outcome for each job, in their order; see `hauberk.core.engine.Engine`."""
        for job in jobs:
            outcome = self._outcome(job)
            if outcome.failure:
                _log.warning("engine.job_failed", job=job.name, kind=str(outcome.failure.kind))
            yield outcome

    def close(self) -> None:
        """End the worker, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _outcome(self, job: Job) -> Outcome:
        try:
            outcome = self._attempt(job)
        except BaseException:
            # Also when the user stops the run: the worker may be in the middle of something.
            self.close()
            raise
        if outcome.failure and outcome.failure.kind is not FailureKind.RAISED:
            self.close()
        return outcome

    def _attempt(self, job: Job) -> Outcome:
        seconds = _START_SECONDS
        try:
            if self._worker is None:
                self._worker = _Worker(self._inputs)
                self._worker.ask(self._preparation(job))
                self._worker.hear(seconds)
            seconds = self._limits.seconds
            self._worker.ask(render_job(job))
            reply = self._worker.hear(seconds)
        except TimeoutError:
            return Outcome(name=job.name, failure=timed_out(seconds))
        except (EOFError, OSError):
            return Outcome(name=job.name, failure=self._end())
        return parse_outcome(job, reply, self._limits)

    def _preparation(self, job: Job) -> bytes:
        module = job.task.partition(":")[0]
        return render_json({"inputs": self._inputs, "memory": self._limits.memory, "module": module})

    def _end(self) -> Failure:
        """Why the worker is gone."""
        worker, self._worker = self._worker, None
        code, said = worker.end(patience=_SETTLE_SECONDS) if worker else (1, b"")
        if any(word in said for word in _STARVED):
            return out_of_memory(self._limits)
        how = f"ended by signal {-code}" if code < 0 else f"ended with exit status {code}"
        return Failure(kind=FailureKind.ENDED, reason=how)


class _Worker:
    """A worker process and the channel to it."""

    def __init__(self, inputs: Mapping[str, int]) -> None:
        self._channel, theirs = socket.socketpair()
        # What it prints stays in memory too, and is read only to learn why it ended.
        self._said = os.memfd_create("hauberk-stderr")
        arguments = [str(theirs.fileno()), str(os.getpid())]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, and numbers
                [sys.executable, "-P", "-m", "hauberk.flows.engines.worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                pass_fds=[theirs.fileno(), *inputs.values()],
                # Arrow's own pools reserve more than they use, which would count as used.
                env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
                # Ctrl-C reaches the engine only, which ends the worker and whatever that has started.
                process_group=0,
            )
        except BaseException:
            self._channel.close()
            os.close(self._said)
            raise
        finally:
            theirs.close()

    def ask(self, message: bytes) -> None:
        """Send a message."""
        self._channel.settimeout(None)
        send(self._channel, message)

    def hear(self, seconds: float) -> bytes:
        """Its answer; TimeoutError or EOFError where none comes."""
        return receive(self._channel, seconds=seconds)

    def end(self, *, patience: float = 0.0) -> tuple[int, bytes]:
        """Kill it, unless it ends by itself within `patience` seconds; its exit code and the last that it printed."""
        self._channel.close()
        deadline = time.monotonic() + patience
        # Not reaped yet, so that the number of the group is still its own when it is killed.
        while not os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        size = os.fstat(self._said).st_size
        said = os.pread(self._said, _TAIL, max(0, size - _TAIL))
        os.close(self._said)
        return code, said
