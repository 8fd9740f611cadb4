"""Runs by a schedule, in a process that is told to stop as a service is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

WATCH = """
import json, subprocess, sys
from apscheduler.triggers.interval import IntervalTrigger
from hauberk.flows.schedule import follow_trigger

def begin():
    return subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)

def told(code, out):
    print(json.dumps([code, out.strip()]), flush=True)

sys.exit(follow_trigger(IntervalTrigger(seconds=0.2), begin=begin, told=told, due=lambda when: None))
"""


def watch(work, runs, *, stop=signal.SIGTERM):
    """What was told of the first runs, exit code, and how long it took to stop."""
    words = [sys.executable, "-c", WATCH, work]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = [json.loads(process.stdout.readline()) for _ in range(runs)]
            asked = time.monotonic()
            process.send_signal(stop)
            code = process.wait(20)
        finally:
            process.kill()
    return lines, code, time.monotonic() - asked


def test_a_run_that_fails_is_told_and_the_next_one_comes():
    lines, code, _ = watch("print('ran'); raise SystemExit(3)", 3)
    assert lines == [[3, "ran"]] * 3
    assert code == 0


def test_one_run_at_a_time(tmp_path):
    mark = tmp_path / "running"
    work = f"""
import pathlib, time
mark = pathlib.Path({str(mark)!r})
print('alone' if not mark.exists() else 'beside another')
mark.touch()
time.sleep(0.5)
mark.unlink()
"""
    lines, _, _ = watch(work, 3)
    assert [out for _, out in lines] == ["alone"] * 3


def test_a_run_under_way_is_ended_with_the_watch():
    words = [sys.executable, "-c", WATCH, "import time; time.sleep(600)"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(3)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert time.monotonic() - asked < 15
