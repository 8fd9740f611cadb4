"""The tables of the state, and how a connection to SQLite is set up.

Digests are text (`sha256:…`), moments are text in UTC (ISO 8601 with microseconds), so that every database keeps and
orders them alike.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import BigInteger, Column, Engine, ForeignKey, Integer, MetaData, Table, Text, event

__all__ = ["SCHEMA_VERSION", "WRITES", "artifacts", "metadata", "prepare_sqlite", "runs", "version"]

SCHEMA_VERSION = 1
"""Raised by one with each change of the tables."""

WRITES = "hauberk_writes"
"""Execution option of a connection that is going to write."""

_PATIENCE = 5  # Seconds that a writer waits for another.

metadata = MetaData()
version = Table("hauberk_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))
runs = Table(
    "hauberk_stage_run",
    metadata,
    Column("key", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("leaf", BigInteger, nullable=False),
    Column("statement", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
)
artifacts = Table(
    "hauberk_stage_artifact",
    metadata,
    Column("key", Text, ForeignKey(runs.c.key, ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite durable (WAL, every commit synced) and its transactions real.

    Python's driver begins a transaction late and none before it changes the schema; here it begins none by itself, and
    a transaction that is going to write takes the lock at once, so that two writers wait instead of failing half-way.
    """
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)


def _connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for setting in (f"busy_timeout = {_PATIENCE * 1000}", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}").close()
    _turn_to_wal(connection)


def _turn_to_wal(connection: Any) -> None:
    """Once in the life of a file. SQLite does not wait for others there, whatever `busy_timeout` says: we do."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begun(connection: Any) -> None:
    writes = connection.get_execution_options().get(WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
