"""The example `fraud`: relabelled frauds are found at the stated rate, and the model sees fraud again without them."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HAUBERK_DATA", ROOT / ".." / "shared" / "data"))


@pytest.fixture
def fraud(tmp_path, monkeypatch):
    if not (DATA / "creditcard_ulb").is_dir():
        pytest.skip("HAUBERK_DATA holds no creditcard_ulb")
    monkeypatch.setenv("HAUBERK_DATA", str(DATA.resolve()))
    left_out = shutil.ignore_patterns(".hauberk", "evidence", "__pycache__")
    return shutil.copytree(ROOT / "examples" / "fraud", tmp_path / "fraud", ignore=left_out)


def poisoned(folder):
    spec = importlib.util.spec_from_file_location("fraud_cards", folder / "cards.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.poisoned()


def test_relabelled_frauds_are_found_taken_out_and_brought_back(fraud, run):
    done = run("verify", fraud, "--json")
    assert done.code == 1, done.err
    document = done.document
    assert document["attack"]["kind"] == "label_flip"
    assert document["suspects"]["q"] == 0.2
    table = parquet.read_table(document["suspects"]["file"])
    assert table.column_names == ["row", "score", "p_value", "flagged", "likely"]
    assert table.num_rows == document["rows"]
    flagged, planted = table["flagged"].to_numpy(), poisoned(fraud)
    assert flagged.sum() == document["suspects"]["n"]
    assert flagged[planted].mean() >= 0.7
    assert flagged[~planted].mean() < 0.005
    flags = next(finding for finding in document["findings"] if finding["check"] == "verify.labels.flagged")
    assert flags["atlas"] == "AML.T0020"
    taken = run("verify", "quarantine", fraud, "--json")
    assert taken.code == 0, taken.err
    recall = taken.document["claims"]["recall_gain.fraud"]
    assert recall["low"] <= recall["value"] <= recall["high"]
    assert recall["value"] >= 0
    assert run("verify", fraud, "--json").document["rows"] == document["rows"] - document["suspects"]["n"]
    assert run("verify", "quarantine", fraud, "--undo").code == 0
    assert run("verify", fraud, "--json").document["statement"] == document["statement"]


def test_frauds_that_are_made_to_look_normal_before_and_after(fraud, run):
    done = run("attack", fraud, "--json")
    assert done.code == 0, done.err
    claims = done.document["claims"]
    assert claims["before.certified_recall"]["value"] <= claims["before.robust_recall"]["value"]
    assert claims["certified_recall"]["value"] <= claims["robust_recall"]["value"] <= claims["recall"]["value"]
    assert claims["recall_gain"]["low"] > 0
    assert claims["certified_recall"]["value"] > claims["before.robust_recall"]["value"]
    assert all(row["becomes"] == "normal" for row in done.document["rows"] if row["attacked"])
