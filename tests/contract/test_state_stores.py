"""SQLite and PostgreSQL keep the same contract."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hauberk.store import StateStore
from hauberk.store.errors import NewerState, StateUnavailable
from hauberk.testing.state_store import STATE_STORE_CHECKS, OpenState

NUMBERS = itertools.count()


def new_database(server: str) -> str:
    name = f"test_{next(NUMBERS)}"
    engine = create_engine(
        server.replace("postgresql:", "postgresql+psycopg:") + "/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture(params=["sqlite", "sqlite url", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    if request.param == "postgresql":
        return new_database(request.getfixturevalue("postgresql"))
    path = tmp_path / "odd name?%20.db" if request.param == "sqlite" else tmp_path / "state.db"
    return path if request.param == "sqlite" else f"sqlite:///{path}"


@pytest.mark.parametrize("check", STATE_STORE_CHECKS, ids=lambda check: check.__name__.strip("_"))
def test_contract(check: Callable[[OpenState], None], address: str | Path) -> None:
    check(lambda: StateStore.open(address))


def test_a_newer_version_is_refused_on_postgresql(postgresql: str) -> None:
    address = new_database(postgresql)
    StateStore.open(address).close()
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE hauberk_schema SET version = 99"))
    engine.dispose()
    with pytest.raises(NewerState):
        StateStore.open(address)


def test_a_server_that_is_not_there() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StateUnavailable) as caught:
        StateStore.open("postgresql://somebody:secret-word@127.0.0.1:9/none")
    assert "secret-word" not in str(caught.value.document())
    assert caught.value.hint


def test_a_database_that_is_not_there(postgresql: str) -> None:
    with pytest.raises(StateUnavailable, match="does not exist"):
        StateStore.open(f"{postgresql}/nowhere")
