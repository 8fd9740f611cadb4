"""The main job on real data, as a user runs it."""

from __future__ import annotations

import json
import shutil

STAGES = ["verify", "harden", "attack", "seal", "gate", "prove"]


def test_the_document_is_the_one_promised(secured):
    document = json.loads((secured / "first.json").read_text())
    keys = {"system", "verdict", "gates", "stages", "before", "after", "ledger", "bundle", "proof", "report"}
    assert keys <= set(document)
    assert document["verdict"] in ("pass", "fail")
    assert [stage["stage"] for stage in document["stages"]] == STAGES
    assert all({"seconds", "statement", "findings"} <= set(stage) for stage in document["stages"])
    assert {"name", "rule", "value", "low", "high", "rung", "pass"} <= set(document["gates"][0])
    assert document["ledger"]["size"] == len(STAGES)
    for moment in ("before", "after"):
        numbers = document[moment]
        assert numbers["certified_accuracy"]["value"] <= numbers["robust_accuracy"]["value"]
        assert numbers["robust_accuracy"]["value"] <= numbers["accuracy"]["value"]
        assert 0.8 < numbers["accuracy"]["value"] <= 1


def test_a_second_run_reuses_everything_and_changes_nothing(secured, run):
    before = {path: path.read_bytes() for path in (secured / "evidence").iterdir()}
    done = run("secure", secured, "--json")
    first = json.loads((secured / "first.json").read_text())
    assert all(stage["reused"] for stage in done.document["stages"])
    assert done.document["ledger"] == first["ledger"]
    assert {path: path.read_bytes() for path in (secured / "evidence").iterdir()} == before


def test_lost_evidence_is_written_again(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in (copy / "evidence").iterdir()}
    shutil.rmtree(copy / "evidence")
    assert run("secure", copy, "--json").code in (0, 1)
    assert {path.name: path.read_bytes() for path in (copy / "evidence").iterdir()} == before


def test_a_changed_setting_repeats_only_what_depends_on_it(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    toml = copy / "hauberk.toml"
    toml.write_text(toml.read_text().replace('clean_loss = "<= 0.01"', 'clean_loss = "<= 0.01"\naccuracy = ">= 0.999"'))
    done = run("secure", copy, "--json")
    reused = {stage["stage"]: stage["reused"] for stage in done.document["stages"]}
    assert reused["verify"]
    assert reused["harden"]
    assert reused["attack"]
    assert not reused["gate"]
    assert done.document["verdict"] == "fail"
    assert done.code == 1


def test_another_seed_is_another_run(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    done = run("secure", copy, "--json", "--seed", "5")
    assert not any(stage["reused"] for stage in done.document["stages"])
    first = json.loads((secured / "first.json").read_text())
    assert done.document["ledger"]["size"] == first["ledger"]["size"] + len(STAGES)


def test_the_same_seed_gives_the_same_claims(secured, run, tmp_path):
    fresh = tmp_path / "clinic"
    fresh.mkdir()
    for name in ("hauberk.toml", "train.parquet"):
        shutil.copy(secured / name, fresh / name)
    done = run("secure", fresh, "--json")
    first = json.loads((secured / "first.json").read_text())
    for part in ("before", "after", "gates", "verdict"):
        assert done.document[part] == first[part]


def test_the_proof_verifies_and_nothing_was_left_unchecked(secured, run):
    evidence = secured / "evidence"
    done = run("prove", "verify", evidence / "clinic.proof.json", "--key", evidence / "clinic.pub", "--json")
    first = json.loads((secured / "first.json").read_text())
    assert done.code == (0 if first["verdict"] == "pass" else 1), done.err
    assert run("ledger", "verify", secured).code == 0
    assert run("ledger", "show", secured, "--json").document["size"] == len(STAGES)
    receipt = run("ledger", "proof", secured, "--leaf", 0)
    assert receipt.code == 0
    assert "c2sp.org/tlog-proof" in receipt.out


def test_single_verbs_stop_after_their_stage(project, run):
    done = run("verify", project, "--json")
    assert done.code in (0, 1), done.err
    assert done.document["stage"] == "verify"
    assert run("ledger", "show", project, "--json").document["size"] == 1
