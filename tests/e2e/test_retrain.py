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


def test_a_roll_back_that_was_killed_goes_back_once(system, run):
    first = run("harden", "retrain", system, "--status", "--json").document["champion"]
    assert run("harden", "retrain", system, "--data", system / "more.parquet", "--json").code == 0
    late = (system / "evidence" / "tumour.bundle").read_bytes()
    assert run("harden", "retrain", system, "--rollback", "--json").code == 0
    (system / "evidence" / "tumour.bundle").write_bytes(late)  # as if it had been killed before the evidence
    again = run("harden", "retrain", system, "--rollback", "--json")
    assert (again.code, again.document["verdict"]) == (0, "rolled back")
    assert again.document["champion"]["model"] == first["model"]
    assert digest_of(system / "evidence" / "tumour.bundle") == first["bundle"]
    assert run("harden", "retrain", system, "--rollback", "--json").code == 2


def test_gates_of_now_are_those_that_count(system, run):
    settings = system / "hauberk.toml"
    assert run("harden", "retrain", system, "--data", system / "more.parquet", "--json").code == 0
    settings.write_text(settings.read_text().replace(">= 0.80", ">= 0.999"))
    for words in (("--data", system / "more.parquet"), ("--rollback",)):
        done = run("harden", "retrain", system, *words, "--json")
        assert (done.code, done.document["verdict"]) == (1, "kept")
        assert "gate accuracy >= 0.999" in done.document["reasons"][0]
    assert proven(system, run)


def test_another_adversary_is_compared_anew(system, run):
    settings = system / "hauberk.toml"
    text = settings.read_text()
    settings.write_text(text.replace(">= 0.80", ">= 0.999"))
    first = run("harden", "retrain", system, "--data", system / "more.parquet", "--json").document
    settings.write_text(text.replace(">= 0.80", ">= 0.999").replace("within = 1.0", "within = 12.0"))
    second = run("harden", "retrain", system, "--data", system / "more.parquet", "--json").document
    compared = [next(one for one in run["stages"] if one["stage"] == "compare") for run in (first, second)]
    assert not compared[1]["reused"]
    assert compared[0]["statement"] != compared[1]["statement"]


def test_added_rows_under_other_numbers_are_the_same_rows(system, run):
    for name in ("train", "test", "more"):
        rows = parquet.read_table(system / f"{name}.parquet")
        numbers = pa.array([f"{name}-{at}" for at in range(rows.num_rows)])
        parquet.write_table(rows.append_column("rid", numbers), system / f"{name}.parquet")
    settings = system / "hauberk.toml"
    settings.write_text(settings.read_text().replace('target = "label"', 'target = "label"\nid = "rid"'))
    assert run("verify", "pin", system, "--json").code == 0
    assert run("secure", system, "--json").code == 0
    test = parquet.read_table(system / "test.parquet")
    numbers = pa.array([f"again-{at}" for at in range(test.num_rows)])
    renamed = test.set_column(test.column_names.index("rid"), "rid", numbers)
    both = pa.concat_tables([parquet.read_table(system / "more.parquet"), renamed])
    parquet.write_table(both, system / "leaking.parquet")
    done = run("harden", "retrain", system, "--data", system / "leaking.parquet", "--json")
    assert done.code == 2
    assert "harden.retrain.fewest" in done.out


def test_a_quarantine_stays_when_rows_are_added(system, run):
    assert run("verify", "quarantine", system, "--row", "3", "--row", "5", "--json").code == 0
    assert run("secure", system, "--json").code == 0
    done = run("harden", "retrain", system, "--data", system / "more.parquet", "--json")
    assert done.code in (0, 1), done.err
    verified = next(one for one in done.document["stages"] if one["stage"] == "verify")
    assert verified["findings"].get("info")


def test_faults_in_added_rows_are_told_of_their_own_file(system, run):
    rows = parquet.read_table(system / "more.parquet")
    labels = rows.column("label").to_pylist()
    broken = rows.set_column(rows.column_names.index("label"), "label", pa.array([None, *labels[1:]], pa.string()))
    parquet.write_table(broken, system / "broken.parquet")
    done = run("harden", "retrain", system, "--data", system / "broken.parquet", "--json")
    assert done.code == 2
    assert "broken.parquet" in done.out
    assert "row 0" in done.out


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
