"""Keys under the passphrase that the environment names."""

from __future__ import annotations

import pytest

from hauberk.core.digest import digest_bytes
from hauberk.core.statement import Subject
from hauberk.crypto.errors import PassphraseNeeded, WeakPassphrase, WrongPassphrase
from hauberk.crypto.key_file import parse_key_file
from hauberk.flows.errors import BadSetting
from hauberk.flows.keys import public_identity
from hauberk.flows.ledger import audit_ledger
from hauberk.flows.project import open_project
from hauberk.flows.stage import StageOutput, Task, run_stage

VARIABLE = "HAUBERK_PASSPHRASE_FILE"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "hauberk.toml").write_text('[system]\nname = "x"\n[data]\ntrain = "t.csv"\ntarget = "y"\n')
    return tmp_path


@pytest.fixture
def say(tmp_path, monkeypatch):
    def call(content):
        (tmp_path / "passphrase").write_bytes(content)
        monkeypatch.setenv(VARIABLE, str(tmp_path / "passphrase"))

    return call


def test_keys_are_made_and_opened_under_the_passphrase(folder, say, monkeypatch):
    say("Größe\n".encode())
    identity = public_identity(folder)
    for key in (folder / ".hauberk/keys").iterdir():
        assert parse_key_file(key.read_bytes(), where=key.name).profile
    model = (Subject("model", digest_bytes(b"m")),)
    output = StageOutput(subjects=model, artifacts={"model": b"m"})
    task = Task(stage="s", predicate_type="urn:x", configuration={}, inputs=(), work=lambda _: output)
    with open_project(folder) as project:
        run_stage(project, task)
    say("Größe".encode())
    assert public_identity(folder) == identity
    audit = audit_ledger(folder)
    assert (audit.blobs, audit.findings) == (1, ())
    say(b"another")
    with pytest.raises(WrongPassphrase):
        public_identity(folder)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(PassphraseNeeded) as caught:
        public_identity(folder)
    assert VARIABLE in caught.value.hint


def test_an_empty_passphrase_makes_no_keys(folder, say):
    say(b"\n")
    with pytest.raises(WeakPassphrase):
        public_identity(folder)
    assert not list((folder / ".hauberk").rglob("*.key*"))


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_holds_none_is_refused(folder, say, content):
    say(content or b"")
    if content is None:
        (folder / "passphrase").unlink()
    with pytest.raises(BadSetting, match=VARIABLE):
        public_identity(folder)


def test_an_empty_variable_is_not_taken_for_none(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(BadSetting, match=VARIABLE):
        public_identity(folder)
