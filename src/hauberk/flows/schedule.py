"""Retraining by a schedule: one run at a time, each a process of its own, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from hauberk.flows.configuration import load_configuration, parse_cron
from hauberk.flows.errors import BadSetting

__all__ = ["follow_schedule", "follow_trigger"]

_WHERE = "hauberk.toml: harden.retrain.schedule"
_GRACE = 30.0
"""Seconds that a run gets to end by itself when the watch is stopped; what it has logged stays either way."""
_NOT_BEGUN = 127
"""Exit code that is told of a run that could not begin, as a shell would."""
_LOOK = 0.2
"""Seconds between two looks at whether to stop."""
Begin = Callable[[], "subprocess.Popen[str]"]


def follow_schedule(folder: Path, *, begin: Begin, told: Callable[[int, str], None], due: Callable[[str], None]) -> int:
    """Begin a run each time that `harden.retrain.schedule` comes due. A run that fails is told; the next one comes.

    What came due while a run was under way, or while the machine slept, is made up for once.

    Args:
        folder: Of the project.
        begin: Starts a run as a process whose output can be read.
        told: Called with exit code and output of each run.
        due: Called with the time of the next run.

    Raises:
        BadSetting: There is no schedule.
    """
    schedule = load_configuration(folder).harden.retrain.schedule
    if not schedule:
        hint = 'for example: [harden.retrain] schedule = "0 3 * * 1"'
        raise BadSetting(where=_WHERE, expected="a cron expression", got="none", hint=hint)
    return follow_trigger(parse_cron(schedule, where=_WHERE), begin=begin, told=told, due=due)


def follow_trigger(trigger: Any, *, begin: Begin, told: Callable[[int, str], None], due: Callable[[str], None]) -> int:
    """What `follow_schedule` does, by a trigger of APScheduler."""
    from apscheduler.schedulers.background import BackgroundScheduler

    stop, runs = _Stop(), _Runs()
    scheduler = BackgroundScheduler()

    def job() -> None:
        code, out = runs.run(begin)
        if not stop.asked:
            told(code, out)
            tell()

    def tell() -> None:
        # The scheduler itself is not asked: while it shuts down it waits for the job, which would wait for it.
        following = trigger.get_next_fire_time(None, datetime.now().astimezone())
        due(following.isoformat(timespec="minutes") if following else "never")

    scheduler.add_job(job, trigger, max_instances=1, coalesce=True, misfire_grace_time=None)
    with stop.listening():
        scheduler.start()
        tell()
        while not stop.asked:
            time.sleep(_LOOK)
        runs.stop()
        scheduler.shutdown(wait=True)
    return 0


class _Runs:
    """The run under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, begin: Begin) -> tuple[int, str]:
        """Exit code and output of one run."""
        with self._lock:
            if self._stopped:
                return 0, ""
            try:
                self._process = process = begin()
            except OSError as error:
                return _NOT_BEGUN, str(error)
        out, _ = process.communicate()
        with self._lock:
            self._process = None
        return process.returncode, out or ""

    def stop(self) -> None:
        """End the run under way, and begin none any more."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()


class _Stop:
    """Whether SIGTERM or SIGINT has come. A plain flag: a handler must take no lock that the main thread may hold."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals; afterwards they do what they did before."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        self.asked = True
