"""What is shown is shown as it is: names of other people's files and columns are words, not commands."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest
from rich.table import Table

from hauberk.cli.app import run
from hauberk.cli.door import Door


def test_names_neither_style_nor_steer_the_terminal(capsys):
    table = Table("name :smile:")
    for name in ("income[/yr]", "[bold]age", "a\x1b[31m", "a\udcff"):
        table.add_row(name)
    Door(json=False, quiet=False, seed=None).show({}, table)
    shown = capsys.readouterr().out
    for name in ("name :smile:", "income[/yr]", "[bold]age", r"a\x1b[31m", r"a\udcff"):
        assert name in shown
    assert "\x1b" not in shown


def test_a_folder_whose_name_is_not_unicode_is_told_as_json(tmp_path, monkeypatch, capsys):
    strict = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    monkeypatch.setattr(sys, "stdout", strict)
    assert run(["secure", f"{tmp_path}/\udcff", "--json"]) == 2
    strict.flush()
    told = json.loads(strict.buffer.getvalue())
    assert told["error"]["where"] == f"{tmp_path}/\udcff"
    assert r"\udcff" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none", ""])
def test_a_checkpoint_that_cannot_be_read_is_wrong_use(tmp_path, capsys, name):
    (tmp_path / "hauberk.toml").write_text('[system]\nname = "x"\n[data]\ntrain = "t.csv"\ntarget = "y"\n')
    assert run(["keys", str(tmp_path), "--quiet"]) == 0
    assert run(["ledger", "verify", str(tmp_path), "--since", str(tmp_path / name), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "FLOW-109"


def test_what_the_work_prints_stays_off_stdout(capfd):
    door = Door(json=True, quiet=True, seed=None)
    with door.watching():
        print("from Python")
        os.write(1, b"from a library\n")
    door.show({"verdict": "pass"})
    told = capfd.readouterr()
    assert json.loads(told.out) == {"verdict": "pass"}
    assert "from Python" in told.err
    assert "from a library" in told.err
