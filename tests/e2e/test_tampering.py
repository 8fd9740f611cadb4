"""One byte changed anywhere in what a run leaves behind: the audit or the verifier fails and says what and where."""

from __future__ import annotations

import random
import shutil

import pytest


def flip(path, seed=0):
    data = bytearray(path.read_bytes())
    place = random.Random(seed).randrange(len(data))
    data[place] ^= 1
    path.write_bytes(bytes(data))


def test_the_untouched_copy_passes(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    assert run("ledger", "verify", copy).code == 0


@pytest.mark.parametrize("kind", ["checkpoint", "tile/0/*", "tile/entries/*"])
def test_an_altered_ledger_file_is_named(secured, run, tmp_path, kind):
    copy = shutil.copytree(secured, tmp_path / "copy")
    path = next(p for p in sorted((copy / ".hauberk/ledger").rglob("*")) if p.is_file() and kind.strip("/*") in str(p))
    flip(path)
    done = run("ledger", "verify", copy, "--json")
    assert done.code == 1, done.out
    assert path.name.split(".")[0] in done.out or "checkpoint" in done.out or "entry" in done.out


def test_an_altered_blob_is_named(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    blobs = sorted(p for p in (copy / ".hauberk/store").rglob("*") if p.is_file())
    flip(blobs[0])
    done = run("ledger", "verify", copy, "--json")
    assert done.code == 1
    assert any(blob in done.out for blob in (blobs[0].name, blobs[0].parent.name + blobs[0].name))


def test_a_missing_blob_is_named(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    blob = sorted(p for p in (copy / ".hauberk/store").rglob("*") if p.is_file())[0]
    blob.unlink()
    assert run("ledger", "verify", copy, "--json").code == 1


@pytest.mark.parametrize("suffix", ["proof.json", "bundle", "pub"])
def test_altered_evidence_fails(secured, run, tmp_path, suffix):
    evidence = shutil.copytree(secured / "evidence", tmp_path / "evidence")
    flip(evidence / f"clinic.{suffix}", seed=1)
    done = run("prove", "verify", evidence / "clinic.proof.json", "--key", evidence / "clinic.pub", "--json")
    assert done.code != 0
    assert "FAILED" not in done.out or "error" in done.out


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_an_altered_report_fails_by_name(secured, run, tmp_path, name):
    evidence = shutil.copytree(secured / "evidence", tmp_path / "evidence")
    flip(evidence / name)
    done = run("prove", "verify", evidence / "clinic.proof.json", "--key", evidence / "clinic.pub")
    assert done.code == 1
    assert name in done.out + done.err


def test_secure_does_not_build_on_an_altered_ledger(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    flip(copy / ".hauberk/ledger/checkpoint")
    before = {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    done = run("secure", copy, "--json")
    assert done.code != 0
    assert "error" in done.document
    assert {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()} == before


def test_secure_does_the_work_again_when_a_blob_is_broken(secured, run, tmp_path):
    copy = shutil.copytree(secured, tmp_path / "copy")
    for blob in sorted(p for p in (copy / ".hauberk/store").rglob("*") if p.is_file()):
        flip(blob)
    done = run("secure", copy, "--json")
    # Refused or repeated, but never served from broken bytes.
    assert done.code in (0, 1)
    if "error" not in done.document:
        reused = {stage["stage"] for stage in done.document["stages"] if stage["reused"]}
        # The attack keeps nothing in the store: what it says of a model of the same digest stays true.
        assert reused <= {"attack"}
        # The first bundle is gone for good, its statement is not: the audit goes on saying so.
        assert run("ledger", "verify", copy).code == 1
