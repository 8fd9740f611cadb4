"""What an earlier run is reused for: only what its signed statement says of itself, whatever the state says."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.core.finding import Finding, Severity
from hauberk.core.statement import Subject
from hauberk.flows.project import open_project
from hauberk.flows.stage import StageOutput, Task, run_stage
from hauberk.ledger.errors import RolledBack

COMMON, PUBLISHED = "urn:hauberk:harden:choice:v1", "https://slsa.dev/verification_summary/v1"


@pytest.fixture
def folder(tmp_path):
    text = '[system]\nname = "x"\n[data]\ntrain = "train.csv"\ntarget = "y"\n'
    (tmp_path / "hauberk.toml").write_text(text)
    return tmp_path


def run(folder, model, stage="harden", kind=COMMON):
    def work(report):
        about = (Subject("model", digest_bytes(model)),)
        predicate = {"verificationResult": model.decode()} if kind == PUBLISHED else None
        return StageOutput(subjects=about, artifacts={} if predicate else {"model": model}, predicate=predicate)

    task = Task(stage=stage, predicate_type=kind, configuration={"model": model.decode()}, inputs=(), work=work)
    with open_project(folder) as project:
        return run_stage(project, task)


def check(folder, code, severity=Severity.ERROR):
    def work(report):
        finding = Finding(code=code, severity=severity, message="x")
        return StageOutput(subjects=(Subject("data", digest_bytes(b"data")),), findings=(finding,))

    task = Task(stage="verify", predicate_type=COMMON, configuration={}, inputs=(), work=work)
    with open_project(folder) as project:
        return run_stage(project, task)


@pytest.mark.parametrize(("code", "reused"), [("verify.units.mixed", True), ("verify.units.not_checked", False)])
def test_a_stage_with_something_unchecked_is_done_again(folder, code, reused):
    check(folder, code)
    assert check(folder, code).reused is reused


def test_a_stage_with_a_check_that_is_turned_off_is_reused(folder):
    check(folder, "verify.backdoor.not_checked", Severity.INFO)
    assert check(folder, "verify.backdoor.not_checked", Severity.INFO).reused


def tamper(folder, change, *values):
    with sqlite3.connect(folder / ".hauberk" / "state.db") as state:
        assert state.execute(change, values).rowcount == 1


@pytest.mark.parametrize("kind", [COMMON, PUBLISHED])
def test_the_same_stage_is_reused(folder, kind):
    first = run(folder, b"good", kind=kind)
    again = run(folder, b"good", kind=kind)
    assert again.reused
    assert (again.statement, again.leaf, again.artifacts) == (first.statement, first.leaf, first.artifacts)


@pytest.mark.parametrize("kind", [COMMON, PUBLISHED])
def test_a_key_led_to_another_statement_is_not_believed(folder, kind):
    weak, good = run(folder, b"weak", kind=kind), run(folder, b"good", kind=kind)
    change = "UPDATE hauberk_stage_run SET leaf = ?, statement = ? WHERE leaf = ?"
    tamper(folder, change, weak.leaf, str(weak.digest), good.leaf)
    again = run(folder, b"good", kind=kind)
    assert not again.reused
    assert again.statement.subjects == good.statement.subjects


def test_an_artifact_exchanged_in_the_state_is_not_used(folder):
    weak, good = run(folder, b"weak"), run(folder, b"good")
    change = "UPDATE hauberk_stage_artifact SET digest = ? WHERE digest = ?"
    tamper(folder, change, str(weak.artifacts["model"]), str(good.artifacts["model"]))
    again = run(folder, b"good")
    assert again.reused
    assert again.artifacts == {"model": digest_bytes(b"good")}


def test_a_ledger_put_back_or_lost_is_not_gone_on_with(folder):
    run(folder, b"first")
    ledger, kept = folder / ".hauberk" / "ledger", folder / "kept"
    shutil.copytree(ledger, kept)
    run(folder, b"second")
    for older in (kept, None):
        shutil.rmtree(ledger)
        if older:
            shutil.copytree(older, ledger)
        with pytest.raises(RolledBack):
            run(folder, b"third")
