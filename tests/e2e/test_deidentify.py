"""A copy leaves without the persons in it; keys make pseudonyms; what cannot be vouched for is not written."""

from __future__ import annotations

import itertools
import json
import shutil
import stat

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

ROWS = 600
TOML = """[system]
name = "ward"
[data]
train = "train.parquet"
test = "test.parquet"
target = "outcome"
id = "patient_nbr"
protected = ["sex", "age"]
"""
SECRETS = ("mail.example", "Whitfield", "94110")


def table(rows, seed):
    generator = np.random.default_rng(seed)
    numbers = generator.permutation(10 * rows)[:rows] + 500_000
    days = generator.integers(18_300, 19_300, rows).astype("datetime64[D]")
    names = generator.choice(["Anna Whitfield", "Bert Marsh", "Clara Osgood"], rows)
    return pa.table(
        {
            "patient_nbr": numbers,
            "full_name": names,
            "email": [f"p{number}@mail.example" for number in numbers],
            "age": generator.choice([31, 44, 71, 96], rows),
            "sex": generator.choice(["f", "m"], rows),
            "zip": generator.choice(["10027", "03601", "94110"], rows),
            "admission_date": pa.array(days.astype(int), pa.int32()).cast(pa.date32()),
            "dose": np.round(generator.normal(5, 1, rows), 2),
            "outcome": generator.choice(["home", "readmitted"], rows),
        }
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ward") / "ward"
    folder.mkdir()
    (folder / "hauberk.toml").write_text(TOML)
    parquet.write_table(table(ROWS, 1), folder / "train.parquet")
    parquet.write_table(table(200, 2), folder / "test.parquet")
    return folder


@pytest.fixture
def ward(first, tmp_path):
    return shutil.copytree(first, tmp_path / "ward")


def test_the_copy_has_no_identifiers_and_the_ledger_says_how(ward, run):
    before = (ward / "train.parquet").read_bytes()
    out, out_test = ward / "shared.parquet", ward / "shared-test.csv"
    done = run("verify", "deidentify", ward, "--out", out, "--out-test", out_test, "--json")
    assert done.code == 0, done.err
    assert (ward / "train.parquet").read_bytes() == before
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(out_test.stat().st_mode) == 0o600
    assert not list(ward.glob(".*.new"))
    given, shared = table(ROWS, 1), parquet.read_table(out)
    assert shared.column_names == ["patient_nbr", "age", "sex", "zip", "admission_date", "dose", "outcome"]
    assert set(shared["zip"].to_pylist()) == {"100", "000", "941"}  # 036 is an area of few people
    assert max(shared["age"].to_pylist()) == 90
    assert shared["admission_date"].to_pylist() == [day.year for day in given["admission_date"].to_pylist()]
    assert shared["dose"].equals(given["dose"])
    assert len(set(shared["patient_nbr"].to_pylist())) == ROWS
    assert csv.read_csv(out_test).num_rows == 200
    treated = {one["column"]: one["step"] for one in done.document["details"]["columns"]}
    assert treated == {
        "patient_nbr": "Pseudonym",
        "full_name": "Drop",
        "email": "Drop",
        "age": "AgeToNinety",
        "zip": "ZipToThree",
        "admission_date": "DateToYear",
    }
    claims = done.document["claims"]
    assert claims["train.before.k_anonymity"]["value"] == 1
    assert claims["train.after.k_anonymity"]["value"] >= 1
    assert claims["train.after.share_below_k"]["value"] < 0.8 < claims["train.before.share_below_k"]["value"]
    assert claims["train.after.l_diversity.outcome"]["value"] >= 1
    found = done.document["details"]["identifiers"]
    assert {one["column"] for one in found["before"]} >= {"patient_nbr", "email", "zip", "admission_date"}
    assert {one["column"] for one in found["after"]} <= {"patient_nbr"}
    leaf = run("ledger", "show", ward, "--json").document["leaves"][-1]
    assert leaf["type"] == "urn:hauberk:verify:deidentification:v1"
    assert {subject["name"] for subject in leaf["subjects"]} == {
        "train", "test", "train.deidentified", "test.deidentified"
    }  # fmt: skip
    assert run("ledger", "verify", ward).code == 0
    for text in (done.out, (ward / ".hauberk/ledger").rglob("*")):
        words = text if isinstance(text, str) else "".join(p.read_text(errors="replace") for p in text if p.is_file())
        assert not [secret for secret in SECRETS if secret in words]


def test_a_key_gives_the_same_pseudonyms_and_another_key_others(ward, run):
    columns = {}
    for name, more in (("one", ()), ("same", ()), ("other", ("--key", "second"))):
        out = ward / f"{name}.parquet"
        assert run("verify", "deidentify", ward, "--out", out, *more).code == 0
        columns[name] = parquet.read_table(out)["patient_nbr"].to_pylist()
    assert columns["one"] == columns["same"]
    assert not set(columns["one"]) & set(columns["other"])
    later = table(ROWS, 1).slice(10, 50)
    parquet.write_table(later, ward / "later.parquet")
    done = run("verify", "deidentify", ward, "--data", ward / "later.parquet", "--out", ward / "l.parquet")
    assert done.code == 0, done.err
    assert parquet.read_table(ward / "l.parquet")["patient_nbr"].to_pylist() == columns["one"][10:60]


def test_what_is_rare_is_counted_in_the_training_data(ward, run):
    """Else a category would have one name in the training data and another one in a later delivery."""
    plan = run("verify", "deidentify", ward, "--show-plan", "--safe-harbor").out
    (ward / "plan.toml").write_text(plan + '[columns.sex]\ntreatment = "roll-up"\nleast = 100\n')
    parquet.write_table(table(ROWS, 1).slice(10, 50), ward / "later.parquet")
    words = ("--data", ward / "later.parquet", "--plan", ward / "plan.toml", "--out", ward / "l.parquet")
    done = run("verify", "deidentify", ward, *words)
    assert done.code == 0, done.err
    assert set(parquet.read_table(ward / "l.parquet")["sex"].to_pylist()) == {"f", "m"}


def test_the_key_is_the_owners_alone_and_is_never_replaced_unseen(ward, run):
    assert run("verify", "deidentify", ward, "--out", ward / "one.csv").code == 0
    key = ward / ".hauberk/keys/pseudonyms.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = json.loads(key.read_text())["secret"]
    for path in ward.rglob("*"):
        if path.is_file() and path != key:
            assert secret.encode() not in path.read_bytes()
    key.unlink()
    size = run("ledger", "show", ward, "--json").document["size"]
    lost = run("verify", "deidentify", ward, "--out", ward / "two.csv", "--json")
    assert (lost.code, lost.document["error"]["code"]) == (1, "FLOW-202")
    assert not key.exists()
    assert not (ward / "two.csv").exists()
    assert run("ledger", "show", ward, "--json").document["size"] == size
    assert run("verify", "deidentify", ward, "--out", ward / "two.csv", "--key", "new").code == 0


def test_the_plan_is_shown_changed_and_followed(ward, run):
    shown = run("verify", "deidentify", ward, "--show-plan", "--safe-harbor")
    assert shown.code == 0
    assert 'treatment = "drop"' in shown.out
    plan = ward / "plan.toml"
    plan.write_text(shown.out.replace("[columns.age]\ntreatment = \"age-to-ninety\"",
                                      "[columns.age]\ntreatment = \"bin\"\nedges = [40, 60]"))  # fmt: skip
    out = ward / "out.arrow"
    done = run("verify", "deidentify", ward, "--plan", plan, "--out", out, "--json")
    assert done.code == 0, done.err
    with pa.ipc.open_file(out) as stream:
        shared = stream.read_all()
    assert "patient_nbr" not in shared.column_names
    assert set(shared["age"].to_pylist()) == {"< 40", "40 to < 60", ">= 60"}
    assert done.document["details"]["key"] is None
    assert not (ward / ".hauberk/keys/pseudonyms.key").exists()


def test_what_still_identifies_is_not_written(ward, run):
    plan = ward / "plan.toml"
    plan.write_text(run("verify", "deidentify", ward, "--show-plan").out.replace(
        '[columns.email]\ntreatment = "drop"', ""))  # fmt: skip
    words = ("verify", "deidentify", ward, "--plan", plan, "--out", ward / "out.csv", "--json")
    refused = run(*words)
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-122")
    assert "e-mail addresses in `email`" in refused.document["error"]["got"]
    assert not (ward / "out.csv").exists()
    assert not list(ward.glob(".*.new"))
    plan.write_text(plan.read_text() + '[columns.email]\ntreatment = "keep"\n')
    kept = run(*words)
    assert kept.code == 0
    assert kept.document["findings"]["warning"] >= 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--out", "train.parquet", "--force"), "FLOW-121"),
        (("--out", "test.parquet", "--force"), "FLOW-121"),
        (("--out", "there.csv"), "FLOW-121"),
        (("--out", ".hauberk/keys/x.csv"), "FLOW-121"),
        (("--out", "x.docx"), "FLOW-121"),
        (("--out", "nowhere/x.csv"), "FLOW-121"),
        (("--out", "x.csv", "--out-test", "x.csv"), "FLOW-121"),
        (("--out", "x.csv", "--plan", "absent.toml"), "FLOW-104"),
        (("--out", "x.csv", "--plan", "typo.toml"), "FLOW-103"),
        (("--out", "x.csv", "--plan", "foreign.toml"), "FLOW-104"),
        (("--out", "x.csv", "--plan", "unknown.toml"), "VERIFY-132"),
        (("--out", "x.csv", "--plan", "quasi.toml"), "VERIFY-134"),
        (("--out", "x.csv", "--data", "absent.csv"), "DATA-101"),
        ((), "FLOW-110"),
        (("--out", "x.csv", "--show-plan"), "FLOW-110"),
        (("--out", "x.csv", "--key", "../../k"), "CRYPTO-108"),
    ],
)
def test_wrong_use_changes_nothing(ward, run, words, code, monkeypatch):
    (ward / "there.csv").write_text("mine")
    (ward / ".hauberk").mkdir(mode=0o700)
    (ward / ".hauberk/keys").mkdir(mode=0o700)
    (ward / "typo.toml").write_text("quassi = []")
    (ward / "foreign.toml").write_text('[columns.age]\ntreatment = "drop"\nedges = [1]')
    (ward / "unknown.toml").write_text('[columns.ages]\ntreatment = "drop"')
    (ward / "quasi.toml").write_text('quasi = ["hair"]\n[columns.email]\ntreatment = "drop"')
    shape = {path: path.read_bytes() for path in ward.iterdir() if path.is_file()}
    monkeypatch.chdir(ward)
    refused = run("verify", "deidentify", ".", *words, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, code), refused.out
    assert {path: path.read_bytes() for path in ward.iterdir() if path.is_file()} == shape


@pytest.mark.timeout(600)
def test_a_kill_leaves_no_half_file_and_no_file_without_a_statement(ward, run, run_killed, tmp_path):
    program = """
from hauberk.flows.deidentify import Wishes, deidentify_data
deidentify_data(folder, out=folder / "out.parquet", wishes=Wishes())
"""
    assert run("verify", "deidentify", ward, "--out", ward / "whole.parquet").code == 0
    whole = parquet.read_table(ward / "whole.parquet")
    seen = set()
    for stop in itertools.count(1):
        folder = shutil.copytree(ward, tmp_path / f"killed{stop}")
        killed = run_killed(program, stop, folder)
        out = folder / "out.parquet"
        seen.add((out.exists(), run("ledger", "show", folder, "--json").document["size"] - 1))
        if out.exists():
            assert parquet.read_table(out).equals(whole)
        shutil.rmtree(folder)
        if not killed:
            break
    assert {(False, 0), (True, 1)} <= seen <= {(False, 0), (False, 1), (True, 1)}
