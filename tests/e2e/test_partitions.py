"""The certificate against bad training rows in the main job: beside the model, as the model, and not at all."""

from __future__ import annotations

import json

import pytest

BESIDE, SEALED = "partitions = 15\npartition-trees = 5\n", "seal-partitions = true\n"
NAMES = [f"poisoning_certified_accuracy.{k}" for k in (1, 2, 5)]


def settings(project, text):
    toml = project / "hauberk.toml"
    kept = toml.read_text().replace(BESIDE, "").replace(SEALED, "")
    toml.write_text(kept.replace("[harden]\n", f"[harden]\n{text}", 1))


def claims(project, stage):
    report = json.loads((project / "evidence" / "report.json").read_text())
    found = next(one for one in report["statements"] if one["stage"] == stage)
    return {claim["name"]: claim for claim in found["predicate"]["claims"]}, found


def verified(run, project):
    name = next((project / "evidence").glob("*.proof.json")).name.partition(".")[0]
    folder = project / "evidence"
    return run("prove", "verify", folder / f"{name}.proof.json", "--key", folder / f"{name}.pub")


@pytest.mark.slow
def test_beside_the_model_as_the_model_and_not_at_all(project, run):
    assert "[harden]\n" in (project / "hauberk.toml").read_text()
    first = run("secure", project, "--json")
    assert first.code in (0, 1), first.err
    assert claims(project, "harden")[0] == {}

    settings(project, BESIDE)
    assert run("secure", project, "--json").code in (0, 1)
    beside, statement = claims(project, "harden")
    assert list(beside) == ["partitions.accuracy", *(f"partitions.{name}" for name in NAMES)]
    assert {subject["name"] for subject in statement["subjects"]} == {"model", "baseline", "partitions"}
    page = (project / "evidence" / "report.html").read_text()
    assert "This is not the sealed model" in page
    assert "bad training rows" in page

    settings(project, BESIDE + SEALED)
    toml = project / "hauberk.toml"
    gate, text = '"poisoning_certified_accuracy.1" = ">= 0.5"\n', toml.read_text()
    toml.write_text(text.replace("[gates]", f"[gates]\n{gate}", 1))
    done = run("secure", project, "--json")
    assert done.code in (0, 1), done.err
    sealed, statement = claims(project, "harden")
    assert list(sealed) == ["partitions.accuracy", *NAMES]
    digests = {subject["name"]: subject["digest"] for subject in statement["subjects"]}
    assert digests["model"] == digests["partitions"]
    gates = {gate["name"]: gate for gate in done.document["gates"]}
    assert gates["poisoning_certified_accuracy.1"]["rung"] == "certified"
    assert gates["poisoning_certified_accuracy.1"]["pass"]
    assert "This is the sealed model" in (project / "evidence" / "report.html").read_text()
    told = verified(run, project)
    assert told.code == done.code, told.err
    assert not told.err
    assert done.document["after"]["accuracy"]["value"] == pytest.approx(sealed["partitions.accuracy"]["value"])

    settings(project, "")
    toml.write_text(toml.read_text().replace(f"\n{gate}", "", 1))
    again = run("secure", project, "--json")
    leaves = {stage["stage"]: stage["leaf"] for stage in again.document["stages"]}
    assert leaves == {stage["stage"]: stage["leaf"] for stage in first.document["stages"]}
