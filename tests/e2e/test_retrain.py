"""Regular updates: a better challenger takes over, a poisoned one does not, and one command brings the old one back."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.datasets import load_breast_cancer

from hauberk.flows.retrain_status import retrain_status

from .conftest import COLUMNS, KILLER, hauberk

SETTINGS = """
[system]
name = "tumour"
seed = 3

[data]
train = "train.parquet"
test = "test.parquet"
target = "label"

[data.features.mean_radius]
mutable = true
within = 1.0

[verify]
trees = 8
folds = 3

[model]
trees = 20

[harden]
max-clean-loss = 0.05
recipes = ["monotone"]

[harden.retrain]
schedule = "0 3 * * 1"
tolerance = 0.05

[gates]
accuracy = ">= 0.80"
"""


def table():
    data = load_breast_cancer()
    names = [data.feature_names[at].replace(" ", "_") for at in COLUMNS]
    columns = {name: data.data[:, at] for name, at in zip(names, COLUMNS, strict=True)}
    return pa.table(columns | {"label": [data.target_names[code] for code in data.target]})


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrain") / "tumour"
    folder.mkdir()
    rows, order = table(), np.random.default_rng(0).permutation(569)
    parts = {"train": order[:250], "more": order[250:369], "test": order[369:]}
    for name, places in parts.items():
        parquet.write_table(rows.take(places), folder / f"{name}.parquet")
    other = {"malignant": "benign", "benign": "malignant"}
    poisoned = rows.take(parts["more"])
    labels = pa.array([other[label] for label in poisoned.column("label").to_pylist()])
    parquet.write_table(poisoned.set_column(len(COLUMNS), "label", labels), folder / "poisoned.parquet")
    (folder / "hauberk.toml").write_text(SETTINGS)
    done = hauberk("secure", folder, "--json")
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def system(secured, tmp_path):
    return Path(shutil.copytree(secured, tmp_path / "tumour"))


def digest_of(path):
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def proven(folder, run):
    done = run(
        "prove", "verify", folder / "evidence" / "tumour.proof.json", "--key", folder / "evidence" / "tumour.pub"
    )
    return done.code == 0


def test_the_life_of_a_champion(system, run):
    first = run("harden", "retrain", system, "--status", "--json").document
    assert first["champion"]["deed"] == "secured"
    assert first["due"]
    done = run("harden", "retrain", system, "--data", system / "more.parquet", "--json")
    assert done.code == 0, done.err
    document = done.document
    assert document["verdict"] == "promoted"
    assert {"change.accuracy", "change.robust_accuracy", "change.membership_advantage"} <= set(document["changes"])
    change = document["changes"]["change.accuracy"]
    assert change["low"] <= change["value"] <= change["high"]
    assert change["method"] == "newcombe-paired"
    assert document["champion"]["model"] != first["champion"]["model"]
    assert document["champion"]["bundle"] == digest_of(system / "evidence" / "tumour.bundle")
    assert proven(system, run)
    again = run("harden", "retrain", system, "--data", system / "more.parquet", "--json")
    assert (again.code, again.document["verdict"]) == (0, "unchanged")
    back = run("harden", "retrain", system, "--rollback", "--json")
    assert (back.code, back.document["verdict"]) == (0, "rolled back")
    assert back.document["champion"]["model"] == first["champion"]["model"]
    assert digest_of(system / "evidence" / "tumour.bundle") == first["champion"]["bundle"]
    assert proven(system, run)
    further = run("harden", "retrain", system, "--rollback", "--json")
    assert further.code == 2
    assert "FLOW-115" in further.out
    status = run("harden", "retrain", system, "--status", "--json").document
    assert [one["deed"] for one in status["decisions"]] == ["rolled back", "promoted", "adopted"]
    # What somebody took back does not come back by itself.
    third = run("harden", "retrain", system, "--data", system / "more.parquet", "--json")
    assert (third.code, third.document["verdict"]) == (1, "kept")
    assert "rolled back (leaf" in " ".join(third.document["reasons"])
    assert third.document["champion"]["model"] == first["champion"]["model"]
    assert run("ledger", "verify", system).code == 0


def test_test_rows_among_the_new_ones_are_not_compared_on(system, run):
    rows = pa.concat_tables(parquet.read_table(system / f"{name}.parquet") for name in ("more", "test"))
    parquet.write_table(rows, system / "leaking.parquet")
    done = run("harden", "retrain", system, "--data", system / "leaking.parquet", "--json")
    assert done.code == 2
    assert "harden.retrain.fewest" in done.out


def test_poisoned_rows_do_not_take_over(system, run):
    before = run("harden", "retrain", system, "--status", "--json").document["champion"]
    done = run("harden", "retrain", system, "--data", system / "poisoned.parquet", "--json")
    assert done.code == 1
    assert done.document["verdict"] == "kept"
    assert done.document["reasons"]
    assert done.document["champion"]["model"] == before["model"]
    assert digest_of(system / "evidence" / "tumour.bundle") == before["bundle"]
    status = run("harden", "retrain", system, "--status", "--json").document
    assert status["champion"]["model"] == before["model"]
    assert status["decisions"][0]["reasons"] == done.document["reasons"]


def test_rows_of_another_table_are_refused(system, run):
    parquet.write_table(table().drop_columns(["mean_radius"]), system / "other.parquet")
    done = run("harden", "retrain", system, "--data", system / "other.parquet", "--json")
    assert done.code == 2
    assert "DATA-113" in done.out
    assert "mean_radius" in done.out


def test_killed_again_and_again_it_ends_with_one_champion(system, run):
    """Killed at every third write on; before the promotion the old model is in use, afterwards the new one."""
    old, seen = retrain_status(system).champion.model.digest, []
    code = f"{KILLER}\nfrom hauberk.flows.retrain import retrain_system\nretrain_system(folder, more=Path(words[0]))\n"
    for turn in range(1, 40):
        words = [sys.executable, "-c", code, str(3 * turn), str(system), str(system / "more.parquet")]
        done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
        champion = retrain_status(system).champion
        assert champion is not None
        seen.append(champion.model.digest)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert done.returncode == 0
    assert len(seen) > 3
    changed = [digest != old for digest in seen]
    assert changed == sorted(changed)
    assert changed[-1]
    assert proven(system, run)
    assert run("ledger", "verify", system).code == 0
