"""The latest statement of a type is found in the ledger, and only what is asked for is opened."""

from __future__ import annotations

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.core.statement import STATEMENT_PAYLOAD, Statement, Subject, render_statement
from hauberk.crypto import sign_envelope
from hauberk.flows import statements
from hauberk.flows.project import open_project
from hauberk.flows.statements import kept_artifacts, latest_statement

TOML = '[system]\nname = "s"\n[data]\ntrain = "train.parquet"\ntarget = "y"\n'
SUBJECTS = (Subject("train", digest_bytes(b"train")),)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "hauberk.toml").write_text(TOML)
    with open_project(tmp_path) as opened:
        yield opened


def log(project, *statements_):
    made = [Statement(subjects=SUBJECTS, predicate_type=kind, predicate=predicate) for kind, predicate in statements_]
    project.log.append([sign_envelope(render_statement(one), STATEMENT_PAYLOAD, project.signer) for one in made])


def test_an_empty_ledger_has_none(project):
    assert latest_statement(project, "urn:a") is None


def test_the_latest_of_a_type_is_found_over_several_bundles(project, monkeypatch):
    log(project, ("urn:a", {"n": 0}), ("urn:b", {"says": '"predicateType":"urn:a"'}), ("urn:a", {"n": 2}))
    log(project, *[("urn:b", {"n": n}) for n in range(300)], ("urn:ab", {}))
    opened = []
    real = statements.open_statement
    monkeypatch.setattr(statements, "open_statement", lambda *words: opened.append(1) or real(*words))
    found = latest_statement(project, "urn:a")
    assert (found.leaf, found.statement.predicate) == (2, {"n": 2})
    assert len(opened) == 1
    assert latest_statement(project, "urn:ab").leaf == 303
    assert latest_statement(project, "urn:c") is None
    assert len(opened) == 2


def test_a_statement_that_lacks_the_artifact_is_passed_over(project):
    digest = digest_bytes(b"rows")
    log(project, ("urn:a", {"artifacts": [Subject("rows", digest).document()]}), ("urn:a", {"artifacts": []}))
    found = latest_statement(project, "urn:a", keeps="rows")
    assert (found.leaf, kept_artifacts(found.statement)) == (0, {"rows": digest})
    assert latest_statement(project, "urn:a", keeps="others") is None
