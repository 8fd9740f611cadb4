"""The root command: help without frameworks, errors in one form, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
import structlog

from hauberk.attack.poison import PoisonKind
from hauberk.cli.app import VERBS, run
from hauberk.cli.attack_poison import KINDS


def test_help_lists_every_verb(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb} " in shown for verb in VERBS)


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help_and_json(verb, capsys):
    assert run([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage: hauberk " + verb in shown


def test_an_unknown_verb_is_wrong_use(capsys):
    assert run(["secur"]) == 2
    assert "Verbs: init, secure" in capsys.readouterr().err


def test_an_unknown_option_is_wrong_use(capsys):
    assert run(["doctor", "--nope"]) == 2
    assert "--nope" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["secur", "--json"], "Verbs: init"),
        (["doctor", "--nope", "--json"], "--nope"),
        (["init", "--json"], "--train"),
        (["secure", "--seed", "x", "--json"], "--seed"),
        (["ledger", "nothing", "--json"], "nothing"),
        (["prove", "verify", "--json"], "--key"),
        (["prove", "verify", "a", "b", "--key", "k", "--json"], "b"),
    ],
)
def test_wrong_use_is_a_document_too(arguments, word, capsys):
    assert run(arguments) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert error["title"] == "Wrong use of the command"
    assert word in error["got"]
    assert word in told.err


def test_an_error_is_told_once_and_as_json(tmp_path, capsys):
    assert run(["secure", str(tmp_path), "--json"]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert error["code"] == "FLOW-101"
    assert error["hint"]
    assert told.err.count("FLOW-101") == 1
    assert not list(tmp_path.iterdir())


def test_doctor_names_what_is_there(capsys):
    assert run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    parts = {check["part"]: check for check in report["checks"]}
    assert report["healthy"] is True
    assert parts["cryptography"]["health"] == "ok"
    missing = [check for check in report["checks"] if check["health"] == "optional"]
    assert all("pip install" in check["hint"] for check in missing)


def test_doctor_notices_a_missing_part(capsys, monkeypatch):
    from hauberk.flows import doctor

    monkeypatch.setattr(doctor, "_installed", lambda name: "" if name == "scipy" else "1.0")
    assert run(["doctor", "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    parts = {check["part"]: check["health"] for check in report["checks"]}
    assert parts["scipy"] == "broken"
    assert parts["xgboost beside xgboost-cpu"] == "broken"


def test_version_by_module():
    done = subprocess.run([sys.executable, "-m", "hauberk", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("hauberk, version ")


def test_a_file_in_the_place_of_the_folder_is_one_error(tmp_path, capsys):
    train, taken = tmp_path / "train.csv", tmp_path / "taken"
    train.write_text("größe,y\n" + "1.5,0\n2.5,1\n" * 30)
    taken.write_text("")
    for folder in (taken, taken / "below"):
        assert run(["init", str(folder), "--train", str(train), "--target", "y", "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "FLOW-302"
    assert taken.read_text() == ""


def test_json_does_not_depend_on_the_locale(tmp_path):
    (tmp_path / "train.csv").write_text("größe,y\n" + "1.5,0\n2.5,1\n" * 30)
    command = [sys.executable, "-X", "utf8=0", "-m", "hauberk", "init", ".", "--train", "train.csv", "--target", "y"]
    plain = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([*command, "--json"], cwd=tmp_path, env=plain, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["features"][0]["name"] == "größe"
    assert "größe" in (tmp_path / "hauberk.toml").read_text(encoding="utf-8")


def test_events_go_to_the_stderr_of_their_time(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", io.StringIO())
        run(["secur"])
        sys.stderr.close()
    structlog.get_logger().warning("later")
    assert "later" in capsys.readouterr().err


def test_the_kinds_of_poison_are_all_offered():
    assert set(KINDS) == set(PoisonKind)
