"""The contract of the state: checks that every database must pass.

A test calls each of `STATE_STORE_CHECKS` with a function that opens the same, at first empty, state anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

from hauberk.core.digest import Digest, digest_bytes
from hauberk.store import StageRun, StateStore

__all__ = ["STATE_STORE_CHECKS", "OpenState"]

OpenState = Callable[[], StateStore]
"""Opens the state under test; the check closes it."""

_MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))


def _a_new_state_is_empty(opened: OpenState) -> None:
    with opened() as state:
        _require(state.runs() == (), "a new state holds runs")
        _require(state.find_run(_digest("key")) is None, "a new state finds a run")


def _a_run_comes_back_as_it_was(opened: OpenState) -> None:
    run = _run("key", leaf=2**40)
    with opened() as state:
        recorded = state.record_run(run)
        _require(recorded.recorded_at == _MOMENT, "the moment was changed")
        _require(recorded.artifacts == tuple(sorted(run.artifacts)), "the artifacts are not sorted by name")
        _require(state.find_run(run.key) == recorded, "another run came back")
        _require(state.runs() == (recorded,), "the list holds something else")
        _require(state.find_run(_digest("other")) is None, "another key finds it")


def _a_run_outlives_its_connection(opened: OpenState) -> None:
    with opened() as state:
        recorded = state.record_run(_run("key"))
    with opened() as state:
        _require(state.find_run(recorded.key) == recorded, "the run was lost")


def _a_later_run_takes_the_place_of_an_earlier(opened: OpenState) -> None:
    with opened() as state:
        state.record_run(_run("key", leaf=1, artifacts=("a", "b", "c")))
        later = state.record_run(_run("key", leaf=7, artifacts=("b", "d")))
        _require(state.runs() == (later,), "the earlier run is still there, or part of it")


def _runs_are_listed_by_leaf(opened: OpenState) -> None:
    with opened() as state:
        for leaf in (5, 1, 3):
            state.record_run(_run(f"key {leaf}", leaf=leaf, artifacts=()))
        _require([run.leaf for run in state.runs()] == [1, 3, 5], "the order is another")
        _require(all(run.artifacts == () for run in state.runs()), "artifacts came from nowhere")


def _text_is_kept_to_the_letter(opened: OpenState) -> None:
    names = ("", " a ", "it's; DROP TABLE hauberk_stage_run", "\u00e9\u4e2d\U0001f600", 'q"uote', "per%cent", "a\\b")
    run = _run("key", stage="o'stage %s", artifacts=names)
    with opened() as state:
        _require(state.find_run(state.record_run(run).key) == _recorded(run), "a name was changed")


def _the_clock_serves_where_no_time_is_given(opened: OpenState) -> None:
    before = datetime.now(UTC)
    run = _run("key")
    with opened() as state:
        recorded = state.record_run(
            StageRun(key=run.key, stage=run.stage, leaf=run.leaf, statement=run.statement, artifacts=run.artifacts)
        )
        found = state.find_run(run.key)
    _require(recorded == found, "the time that was given back is not the one that was kept")
    moment = recorded.recorded_at
    _require(moment is not None and before <= moment <= datetime.now(UTC), "the time is not now")


def _writers_at_once_lose_nothing(opened: OpenState) -> None:
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with opened() as state:
                for turn in range(5):
                    state.record_run(_run(f"{writer} {turn}", leaf=writer * 10 + turn))
                    state.record_run(_run("shared", leaf=1000, artifacts=(f"by {writer}",)))
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _require(not failures, f"a writer failed: {failures[:1]!r}")
    with opened() as state:
        found = state.runs()
    _require(len(found) == 4 * 5 + 1, f"{len(found)} runs of 21")
    _require(len(found[-1].artifacts) == 1, "two writers' artifacts were mixed")


STATE_STORE_CHECKS: tuple[Callable[[OpenState], None], ...] = (
    _a_new_state_is_empty,
    _a_run_comes_back_as_it_was,
    _a_run_outlives_its_connection,
    _a_later_run_takes_the_place_of_an_earlier,
    _runs_are_listed_by_leaf,
    _text_is_kept_to_the_letter,
    _the_clock_serves_where_no_time_is_given,
    _writers_at_once_lose_nothing,
)


def _digest(text: str) -> Digest:
    return digest_bytes(text.encode())


def _run(key: str, *, stage: str = "verify", leaf: int = 0, artifacts: tuple[str, ...] = ("z", "a")) -> StageRun:
    return StageRun(
        key=_digest(key),
        stage=stage,
        leaf=leaf,
        statement=_digest(f"statement of {key}"),
        artifacts=tuple((name, _digest(name)) for name in artifacts),
        recorded_at=_MOMENT,
    )


def _recorded(run: StageRun) -> StageRun:
    return StageRun(
        key=run.key,
        stage=run.stage,
        leaf=run.leaf,
        statement=run.statement,
        artifacts=tuple(sorted(run.artifacts)),
        recorded_at=run.recorded_at,
    )


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
