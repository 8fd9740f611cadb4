"""Detectors that hang, starve, crash or raise: each is told, the others go on, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from hauberk.core.engine import JobLimits
from hauberk.core.finding import Severity
from hauberk.data import infer_schema, make_dataset
from hauberk.flows.check_job import open_tables
from hauberk.flows.checks import CHECKS, Check, Tables
from hauberk.flows.data_checks import run_checks

SECRET = "somebody's name"
PLANTED = """
import ctypes, os
from hauberk.core.finding import Finding, Severity
from hauberk.verify import check_units

def found(tables):
    names = [one.name for one in tables.train.schema.features]
    return tuple(Finding(code="verify.found", severity=Severity.INFO, message="x", feature=name) for name in names)

def hang(tables):
    while True:
        pass

def eat(tables):
    pieces = []
    while True:
        pieces.append(bytearray(os.urandom(1 << 20)) * 16)

def crash(tables):
    ctypes.string_at(0)

def leave(tables):
    os._exit(7)

def fail(tables):
    raise ValueError(tables.train.table.column("name")[0].as_py())

def lie(tables):
    return [Liar()]

class Liar:
    def document(self):
        return {"code": "verify.fine"}

def one_column(tables):
    if "b" in [one.name for one in tables.train.schema.features]:
        os._exit(7)
    return found(tables)
"""


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """The module of detectors with a fault, where the workers find it too."""
    (tmp_path / "planted_detectors.py").write_text(PLANTED)
    paths = [str(tmp_path), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.syspath_prepend(tmp_path)
    import planted_detectors

    yield planted_detectors
    sys.modules.pop("planted_detectors", None)


def tables(columns: tuple[str, ...] = ("a",)) -> Tables:
    table = pa.table(
        {name: [float(n) for n in range(60)] for name in columns} | {"name": [SECRET] * 60, "y": ["no", "yes"] * 30}
    )
    data = make_dataset(table, infer_schema(table, target="y"))
    return Tables(train=data, test=data, seed=0)


def findings(checks, subject, *, seconds=60.0, memory=256):
    with open_tables("local", subject, JobLimits(seconds=seconds, memory=memory)) as engine:
        return [one for _, found in run_checks(engine, checks, subject) for one in found]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hang", "timed out after 2 s"),
        ("eat", "out of memory (limit 256 MiB)"),
        ("crash", "ended by signal 11"),
        ("leave", "ended with exit status 7"),
        ("fail", "ValueError"),
        ("lie", "gave no findings"),
    ],
)
def test_a_fault_is_a_finding_and_the_others_go_on(planted, name, why):
    good = Check(name="good", look=planted.found)
    bad = Check(name="bad", look=getattr(planted, name))
    found = findings([good, bad, good], tables(), seconds=2.0 if name == "hang" else 60.0)
    assert [one.code for one in found] == ["verify.found"] * 3 + ["verify.bad.not_checked"] + ["verify.found"] * 3
    assert found[3].severity is Severity.ERROR
    assert found[3].message == f"not checked: bad ({why})"
    assert not any(SECRET in one.message for one in found)


def test_a_fault_in_one_column_leaves_the_others_checked(planted):
    check = Check(name="bad", look=planted.one_column, columns=lambda _: True)
    found = findings([check], tables(("a", "b", "c")))
    assert [(one.code, one.feature) for one in found] == [
        ("verify.found", "a"),
        ("verify.bad.not_checked", "b"),
        ("verify.found", "c"),
        ("verify.found", "name"),
        ("verify.found", "y"),
    ]
    assert found[1].message == "not checked: bad of `b` (ended with exit status 7)"


def test_where_all_columns_fail_the_time_is_bounded_and_each_is_named(planted):
    check = Check(name="bad", look=planted.hang, columns=lambda _: True, across=lambda _: True)
    began = time.monotonic()
    found = findings([check], tables(tuple("abcdef")), seconds=1.0)
    assert time.monotonic() - began < 60
    assert [one.feature for one in found] == [*"abcdef", "name", "y", ""]
    assert {one.code for one in found} == {"verify.bad.not_checked"}
    assert "not tried" in found[5].message
    assert "across columns" in found[-1].message


def test_the_checks_of_the_house_say_the_same_by_column_as_together(planted):
    table = pa.table({"a": [*range(59), None], "b": ["x", " x"] * 30, "y": ["no", "yes"] * 30})
    data = make_dataset(table, infer_schema(table, target="y"))
    subject = Tables(train=data, test=data, seed=0)
    divided = [one for one in CHECKS if one.columns and one.name != "personal"]
    whole = findings(divided, subject, memory=None)
    assert {"verify.encoding.blanks", "verify.schema.id_like"} <= {one.code for one in whole}
    from hauberk.flows.checks import only

    for check in divided:
        columns = [one.name for one in data.schema.features if check.columns(one)]
        alone = [found for column in columns for found in check.look(only(subject, column))]
        assert alone == [found for found in whole if found in alone], check.name


def test_too_little_memory_for_any_check_is_told_by_each():
    found = findings(CHECKS, tables(), memory=1)
    unchecked = {one.code for one in found if one.code.endswith(".not_checked")}
    assert "verify.personal.not_checked" in unchecked
    assert not any(SECRET in one.message for one in found)


ORPHAN = """
import os, signal, sys, threading, time
import planted_detectors
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what they start in the background ignore it
from hauberk.core.engine import Job, JobLimits
from hauberk.flows.engines import open_engine

with open_engine("local", {"some": lambda file: file.write(b"x")}, JobLimits(seconds=600.0)) as engine:
    list(engine.run([Job(name="measure", task="hauberk.testing.engine:measure")]))
    print(engine._worker._process.pid, flush=True)
    list(engine.run([Job(name="hang", task="hauberk.testing.engine:hang")]))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_engine(planted, end):
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with parent:
        worker = int(parent.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        time.sleep(0.3)  # in the middle of the job that has no end
        parent.send_signal(end)
        try:
            assert parent.wait(timeout=30) != 0
        finally:
            parent.kill()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{worker}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break  # gone, and not yet taken note of by whoever has inherited it
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{worker}/stat").exists(), "the worker goes on without its engine"


def test_nothing_of_the_data_lies_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    subject = tables()
    with open_tables("local", subject, JobLimits(seconds=60.0)) as engine:
        checks = run_checks(engine, CHECKS[:2], subject)
        next(checks)
        worker = engine._worker._process.pid
        opened = [os.readlink(one) for one in Path(f"/proc/{worker}/fd").iterdir()]
    assert list(tmp_path.iterdir()) == []
    assert [one for one in opened if "memfd:hauberk-train" in one]
    assert not [one for one in opened if one.startswith("/") and not one.startswith(("/dev/", "/memfd:"))]
