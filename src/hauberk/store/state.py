"""What has been run: a small table in SQLite or PostgreSQL.

It is an index, not evidence: losing it costs the repetition of stages. The ledger is what counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, Row, create_engine, delete, func, insert, make_url, select, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from hauberk.core.digest import Digest, parse_digest
from hauberk.core.errors import BadEncoding
from hauberk.store.errors import BadStateUrl, CorruptState, MissingDriver, NewerState, StateUnavailable, StoreError
from hauberk.store.tables import SCHEMA_VERSION, WRITES, artifacts, metadata, prepare_sqlite, runs, version

__all__ = ["StageRun", "StateStore"]

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_TABLES_LOCK = 0x6861756265726B  # "hauberk": who makes the tables, while others wait.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One run of a stage.

    Attributes:
        key: Digest of everything that the result depends on.
        stage: Name of the stage.
        leaf: Index of its statement in the ledger, 0-based.
        statement: Digest of the logged envelope.
        artifacts: Names and digests of what lies in the store, sorted by name, each name once.
        recorded_at: When it was recorded, with time zone; None in a run that has not been recorded yet.
    """

    key: Digest
    stage: str
    leaf: int
    statement: Digest
    artifacts: tuple[tuple[str, Digest], ...] = ()
    recorded_at: datetime | None = None


def _clock() -> datetime:
    return datetime.now(UTC)


class StateStore:
    """The runs that are known. Open it with `StateStore.open`, close it or use it in a `with`."""

    def __init__(self, engine: Engine, *, where: str, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._where = where
        self._now = now

    @classmethod
    def open(cls, address: str | Path, *, now: Callable[[], datetime] = _clock) -> Self:
        """The state at an address, with its tables made on the first opening.

        Args:
            address: The path of an SQLite file, `sqlite:///file`, or `postgresql://user@host/database`.
            now: The clock.

        Raises:
            BadStateUrl: Another kind of address.
            MissingDriver: PostgreSQL's driver is not installed.
            StateUnavailable: The database cannot be reached or written.
            CorruptState: The database is damaged.
            NewerState: A newer version of Hauberk made it.
        """
        url = _parse_address(address)
        where = url.render_as_string(hide_password=True)
        try:
            engine = create_engine(url)
        except ImportError as error:
            hint = 'pip install "hauberk[scale]"'
            raise MissingDriver(where=where, expected="the package psycopg", got=str(error), hint=hint) from error
        if url.get_backend_name() == "sqlite":
            prepare_sqlite(engine)
        state = cls(engine, where=where, now=now)
        try:
            state._prepare()
        except BaseException:
            state.close()
            raise
        return state

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def record_run(self, run: StageRun) -> StageRun:
        """Record a run, in the place of an earlier one of the same key, and give it with its time.

        The row and its artifacts are written in one transaction: a reader sees all of them or none.

        Raises:
            StateUnavailable: The database cannot be written.
        """
        moment = (run.recorded_at or self._now()).astimezone(UTC)
        row = {"key": str(run.key), "stage": run.stage, "leaf": run.leaf, "statement": str(run.statement)}
        row["recorded_at"] = moment.isoformat(timespec="microseconds")
        kept = [{"key": str(run.key), "name": name, "digest": str(digest)} for name, digest in sorted(run.artifacts)]
        dialect_insert = insert_sqlite if self._engine.dialect.name == "sqlite" else insert_postgresql
        with self._transaction(write=True) as connection:
            changed = {name: value for name, value in row.items() if name != "key"}
            connection.execute(
                dialect_insert(runs).values(row).on_conflict_do_update(index_elements=["key"], set_=changed)
            )
            connection.execute(delete(artifacts).where(artifacts.c.key == str(run.key)))
            if kept:
                connection.execute(insert(artifacts), kept)
        return StageRun(
            key=run.key,
            stage=run.stage,
            leaf=run.leaf,
            statement=run.statement,
            artifacts=tuple(sorted(run.artifacts)),
            recorded_at=moment,
        )

    def find_run(self, key: Digest) -> StageRun | None:
        """The run of this key, or None.

        Raises:
            StateUnavailable, CorruptState: The database cannot be read.
        """
        found = self._read(str(key))
        return found[0] if found else None

    def runs(self) -> tuple[StageRun, ...]:
        """All runs, by their place in the ledger.

        Raises:
            StateUnavailable, CorruptState: The database cannot be read.
        """
        return self._read(None)

    def _read(self, key: str | None) -> tuple[StageRun, ...]:
        query, kept = select(runs).order_by(runs.c.leaf, runs.c.key), select(artifacts).order_by(artifacts.c.name)
        if key is not None:
            query, kept = query.where(runs.c.key == key), kept.where(artifacts.c.key == key)
        with self._transaction(write=False) as connection:
            rows, parts = connection.execute(query).all(), connection.execute(kept).all()
        by_key: dict[str, list[Row[Any]]] = {}
        for part in parts:
            by_key.setdefault(part.key, []).append(part)
        return tuple(self._run(row, by_key.get(row.key, [])) for row in rows)

    def _run(self, row: Row[Any], parts: Sequence[Row[Any]]) -> StageRun:
        try:
            # SQLite keeps a value of any type in any column.
            if type(row.leaf) is not int or row.leaf < 0 or not isinstance(row.stage, str):
                raise ValueError(f"stage {row.stage!r} at leaf {row.leaf!r}"[:200])
            return StageRun(
                key=parse_digest(row.key),
                stage=row.stage,
                leaf=row.leaf,
                statement=parse_digest(row.statement),
                artifacts=tuple((part.name, parse_digest(part.digest)) for part in parts),
                recorded_at=datetime.fromisoformat(row.recorded_at),
            )
        except (BadEncoding, ValueError, TypeError, AttributeError) as error:
            raise CorruptState(where=self._where, expected="a run as it was recorded", got=str(error)) from error

    def _prepare(self) -> None:
        """Make the tables where there are none; refuse a damaged database and one of a newer version."""
        with self._transaction(write=True) as connection:
            if self._engine.dialect.name == "sqlite":
                self._check_pages(connection)
            else:
                connection.execute(select(func.pg_advisory_xact_lock(_TABLES_LOCK)))
            metadata.create_all(connection)
            found = connection.execute(select(version.c.version)).scalars().all()
            if not found and not connection.execute(select(func.count()).select_from(runs)).scalar_one():
                connection.execute(insert(version).values(version=SCHEMA_VERSION))
                found = [SCHEMA_VERSION]
        if len(found) != 1 or found[0] < 1:
            raise CorruptState(where=self._where, expected="one schema version", got=repr(list(found)))
        if found[0] > SCHEMA_VERSION:
            raise NewerState(where=self._where, expected=f"schema version {SCHEMA_VERSION}", got=str(found[0]))

    def _check_pages(self, connection: Connection) -> None:
        faults = connection.execute(text("PRAGMA quick_check(1)")).scalars().all()
        if faults != ["ok"]:
            raise CorruptState(where=self._where, expected="a whole database", got=str(faults)[:200])

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        try:
            with self._engine.execution_options(**{WRITES: write}).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._fault(error) from error
        except sqlite3.Error as error:  # A setting of a new connection, before SQLAlchemy looks on.
            raise self._fault(error) from error
        except UnicodeDecodeError as error:  # The driver repeats the damaged names of a schema in its message.
            raise CorruptState(where=self._where, expected="a database", got=str(error)) from error

    def _fault(self, error: SQLAlchemyError | sqlite3.Error) -> StoreError:
        cause: object = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(cause, "sqlite_errorname", "")
        if name.startswith(_DAMAGED):
            return CorruptState(where=self._where, expected="a database", got=str(cause))
        hint = "is there space, and may this user write there?" if name else "does the server run, and may we log in?"
        got = str(cause).strip().partition("\n")[0]
        return StateUnavailable(where=self._where, expected="a database that answers", got=got, hint=hint)


def _parse_address(address: str | Path) -> URL:
    if isinstance(address, Path):
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
        driver = _DRIVERS[url.get_backend_name()]
        if driver == "sqlite" and (url.query or url.database in (None, "", ":memory:")):
            raise ValueError("not the name of a file")
    except (ArgumentError, ValueError, KeyError) as error:
        # The address may hold a password: only its scheme is repeated.
        expected, got = "a path, sqlite:///file or postgresql://host/database", f"{address.partition(':')[0][:20]}:…"
        raise BadStateUrl(expected=expected, got=got) from error
    return url.set(drivername=driver)
