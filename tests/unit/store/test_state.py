"""The state: damage and newer versions are refused in clear words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.store import StageRun, StateStore
from hauberk.store import state as module
from hauberk.store.errors import BadStateUrl, CorruptState, MissingDriver, NewerState, StateUnavailable


def run(key: str = "key") -> StageRun:
    return StageRun(
        key=digest_bytes(key.encode()),
        stage="verify",
        leaf=3,
        statement=digest_bytes(b"statement"),
        artifacts=(("model", digest_bytes(b"model")),),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    with StateStore.open(path) as state:
        state.record_run(run())
    return path


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_sqlite_is_durable(path: Path) -> None:
    with StateStore.open(path) as state, state._engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_a_newer_version(path: Path) -> None:
    execute(path, "UPDATE hauberk_schema SET version = 2")
    before = path.read_bytes()
    with pytest.raises(NewerState) as caught:
        StateStore.open(path)
    assert caught.value.exit_code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hauberk_schema SET version = 0",
        "INSERT INTO hauberk_schema VALUES (3)",
        "DELETE FROM hauberk_schema",
    ],
)
def test_a_version_that_cannot_be(path: Path, statement: str) -> None:
    execute(path, statement)
    with pytest.raises(CorruptState):
        StateStore.open(path)


def test_killed_before_the_version_was_written(tmp_path: Path) -> None:
    """Tables without rows and without a version: what a database without transactional DDL could be left with."""
    path = tmp_path / "state.db"
    StateStore.open(path).close()
    execute(path, "DELETE FROM hauberk_schema")
    with StateStore.open(path) as state:
        state.record_run(run())
        assert len(state.runs()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hauberk_stage_run SET statement = 'sha256:zz'",
        "UPDATE hauberk_stage_run SET recorded_at = 'yesterday'",
        "UPDATE hauberk_stage_run SET leaf = 'seven'",
        "UPDATE hauberk_stage_run SET leaf = -1",
        "UPDATE hauberk_stage_run SET stage = x'00'",
        "UPDATE hauberk_stage_artifact SET digest = ''",
    ],
)
def test_values_that_cannot_be(path: Path, statement: str) -> None:
    execute(path, statement)
    with StateStore.open(path) as state, pytest.raises(CorruptState):
        state.runs()


@pytest.mark.parametrize("data", [b"no database at all" * 100, b"\0" * 4096, b"SQLite format 3\0" + b"\xff" * 5000])
def test_something_else_than_a_database(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(data)
    with pytest.raises(CorruptState):
        StateStore.open(path)
    assert path.read_bytes() == data


def test_a_damaged_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 4096 + 200] = b"\xff" * 200
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptState):
        StateStore.open(path)


def test_a_damaged_schema_whose_names_are_no_text(path: Path) -> None:
    name = b"hauberk_stage_run"
    data = path.read_bytes()
    damaged = data.replace(b"table" + name, b"table\xeb" + name[1:]).replace(
        b"CREATE TABLE " + name, b"CREATE FABLE " + name
    )
    assert damaged != data
    path.write_bytes(damaged)
    with pytest.raises(CorruptState):
        StateStore.open(path)


def test_a_damaged_page_that_opening_need_not_read(path: Path) -> None:
    parts = tuple((f"artifact {number}", digest_bytes(b"x")) for number in range(500))
    with StateStore.open(path) as state:
        state.record_run(replace(run(), artifacts=parts))
    data = bytearray(path.read_bytes())
    assert len(data) > 12 * 4096
    data[-2 * 4096 :] = b"\xff" * (2 * 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptState):
        StateStore.open(path)


def test_a_cut_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CorruptState):
        StateStore.open(path)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable) as caught:
        StateStore.open(tmp_path / "nowhere" / "state.db")
    assert "space" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "state.db",
        "mysql://u:pw1234@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a?mode=ro",
        "redis://x",
        "::",
    ],
)
def test_bad_addresses(address: str) -> None:
    with pytest.raises(BadStateUrl) as caught:
        StateStore.open(address)
    assert "pw1234" not in str(caught.value.document())


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_url: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr(module, "create_engine", missing)
    with pytest.raises(MissingDriver) as caught:
        StateStore.open("postgresql://h/d")
    assert "hauberk[scale]" in caught.value.hint


def test_a_locked_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hauberk.store import tables

    monkeypatch.setattr(tables, "_PATIENCE", 0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StateUnavailable, match="locked"):
            StateStore.open(path)
    finally:
        holder.close()


def test_readers_do_not_wait_for_a_writer(path: Path) -> None:
    with StateStore.open(path) as state:
        state.runs()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            assert len(state.runs()) == 1
        finally:
            holder.close()


def test_killed_in_the_middle_of_writing(tmp_path: Path) -> None:
    """Whenever the writer dies, each run that is there has all of its artifacts."""
    path = tmp_path / "state.db"
    code = f"""
from pathlib import Path
from hauberk.core.digest import digest_bytes
from hauberk.store import StageRun, StateStore
state = StateStore.open(Path({str(path)!r}))
print("ready", flush=True)
number = 0
while True:
    number += 1
    parts = tuple((str(i), digest_bytes(bytes([i]))) for i in range(20))
    key = digest_bytes(str(number).encode())
    state.record_run(StageRun(key=key, stage="s", leaf=number, statement=key, artifacts=parts))
    if number == 3:
        print("go", flush=True)
"""
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process, process.stdout:
            process.stdout.readline()
            process.stdout.readline()
            process.kill()
        with StateStore.open(path) as state:
            found = state.runs()
        assert len(found) >= 3
        assert all(len(one.artifacts) == 20 for one in found)
