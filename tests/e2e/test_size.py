"""Data that outgrow memory: read in batches, found out as in memory, and in bounded memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

ROWS = 6000
EXACT = ("verify.schema.", "verify.rows.", "verify.time.", "verify.target.few", "verify.target.imbalance")


def rows(count: int, *, faults: bool, seed: int = 0) -> dict[str, np.ndarray]:
    """Rows with a time axis, a group and three classes; with faults, what the checks are to find."""
    random = np.random.default_rng(seed)
    amount, age = random.normal(100, 20, count).round(9), random.integers(18, 90, count)
    columns = {
        "when": np.arange(count) * 60 + random.integers(0, 60, count),
        "amount": amount,
        "age": age,
        "shop": random.choice([f"shop {number}" for number in range(12)], count),
        "colour": random.choice(["red", "green", "blue"], count),
    }
    signal = (amount - 100) / 20 + (age - 54) / 21 + (columns["colour"] == "red")
    label = np.where(signal + 0.2 * random.normal(size=count) > 0.6, "bad", "good").astype("U8")
    label[random.choice(count, max(40, count // 100), replace=False)] = "unknown"
    if faults:
        columns["age"][50::499] = 130
        columns["when"][1000] = columns["when"][900]
        for name, values in columns.items():
            values[2000:2040] = values[3000:3040] if name != "when" else values[2000:2040]
        label[2000:2020] = label[3000:3020]
        label[2020:2040] = np.where(label[3020:3040] == "good", "bad", "good")
        wrong = random.choice(count, count // 20, replace=False)
        label[wrong] = np.where(label[wrong] == "good", "bad", "good")
    return columns | {"label": label}


def make(folder, count=ROWS, *, faults=True, suffix="parquet", extra="", trusted=0, tested=False):
    """A project; with `tested`, its test file repeats some training rows."""
    folder.mkdir()
    table = pa.table(rows(count, faults=faults))
    for name, part in {"train": table, "test": table.slice(1500, 1000)}.items() if tested else [("train", table)]:
        if suffix == "csv":
            arrow_csv.write_csv(part, folder / f"{name}.csv", arrow_csv.WriteOptions(delimiter=";"))
        else:
            parquet.write_table(part, folder / f"{name}.{suffix}", row_group_size=2500)
    lines = ['[system]\nname = "size"', f'[data]\ntrain = "train.{suffix}"\ntarget = "label"\ntime = "when"']
    lines += [
        f'test = "test.{suffix}"' if tested else "",
        'group = "shop"',
        '[data.csv]\ndelimiter = ";"' if suffix == "csv" else "",
    ]
    lines += ["[data.features.age]\nlow = 0\nhigh = 120", "[verify]\nfolds = 3\ntrees = 15", extra]
    if trusted:
        parquet.write_table(pa.table(rows(trusted, faults=False, seed=5)), folder / "trusted.parquet")
        lines.append('trusted = "trusted.parquet"\nq = 0.2')
    (folder / "hauberk.toml").write_text("\n".join(lines) + "\n")
    return folder


def exact(document):
    found = [one for one in document["findings"] if one["check"].startswith(EXACT)]
    return sorted((one["check"], one["severity"], one["rows"], one["count"], one["evidence"]) for one in found)


STREAMED = "in-memory-rows = 1000\nsample-rows = 1500"


@pytest.mark.parametrize(("suffix", "tested"), [("parquet", True), ("csv", False)])
def test_batches_and_memory_agree(tmp_path, run, suffix, tested):
    whole = run("verify", make(tmp_path / "whole", suffix=suffix, tested=tested), "--json").document
    parts = run("verify", make(tmp_path / "parts", suffix=suffix, extra=STREAMED, tested=tested), "--json").document
    assert whole.keys() == parts.keys()
    assert whole["rows"] == parts["rows"]
    assert exact(whole) == exact(parts)
    found = {one["check"] for one in parts["findings"]}
    assert {"verify.schema.out_of_range", "verify.rows.duplicate", "verify.rows.contradictory", "verify.time.unordered",
            "verify.labels.suspicious", "verify.labels.no_claim", "verify.size.streamed"} <= found  # fmt: skip
    assert tested == ({"verify.rows.overlap", "verify.time.future"} <= found)
    assert "verify.size.streamed" not in {one["check"] for one in whole["findings"]}
    for name in ("whole", "parts"):
        suspects = parquet.read_table(tmp_path / name / "evidence" / "suspects.parquet")
        assert suspects.column("row").to_pylist() == list(range(whole["rows"]))
        assert suspects.column("p_value").null_count == whole["rows"]
        assert not any(suspects.column("flagged").to_pylist())


def test_sound_rows_have_no_finding_but_notes(tmp_path, run):
    done = run("verify", make(tmp_path / "sound", faults=False, extra=STREAMED), "--json")
    assert done.code == 0, done.err
    alarming = {one["check"] for one in done.document["findings"] if one["severity"] != "info"}
    assert alarming <= {"verify.labels.suspicious", "verify.time.future"}, done.document["findings"]


def test_the_same_data_are_named_by_the_same_digests(tmp_path, run):
    """So `verify diff` and a quarantine go on where the other way left off; a second run reuses the first."""
    folder = make(tmp_path / "parts", extra=STREAMED)
    assert run("verify", folder, "--json").code in (0, 1)
    assert run("verify", folder, "--json").document["reused"]
    same = run("verify", "diff", folder, "--json")
    assert same.code == 0, same.out + same.err
    taken = run("verify", "quarantine", folder, "--row", 7, "--json")
    assert taken.code == 0, taken.err
    left = run("verify", folder, "--json").document
    assert left["rows"] == 4499
    assert "verify.size.streamed" not in {one["check"] for one in left["findings"]}


def test_flags_with_trusted_rows(tmp_path, run):
    folder = make(tmp_path / "parts", extra=STREAMED + "\ndrop-cap = 0.5", trusted=3000)
    document = run("verify", folder, "--json").document
    suspects = parquet.read_table(folder / "evidence" / "suspects.parquet")
    assert suspects.column("p_value").null_count == 0
    flagged = suspects.column("flagged").to_numpy()
    assert document["suspects"]["n"] == flagged.sum() > 20
    assert "verify.labels.flagged" in {one["check"] for one in document["findings"]}

    # What is shown is what is taken out.
    taken = run("verify", "quarantine", folder, "--json")
    assert taken.code == 0, taken.err
    assert taken.document["details"] == {"action": "quarantine", "rows": int(flagged.sum()), "reason": "flagged"}


def test_trusted_rows_out_of_the_training_data_are_refused(tmp_path, run):
    folder = make(tmp_path / "parts", extra=STREAMED, trusted=100)
    parquet.write_table(parquet.read_table(folder / "train.parquet").slice(0, 3000), folder / "trusted.parquet")
    done = run("verify", folder, "--json")
    assert done.code == 2
    assert done.document["error"]["code"] == "VERIFY-103"


@pytest.mark.parametrize(("column", "value", "code"), [("label", None, "DATA-"), ("amount", float("inf"), "DATA-")])
def test_a_bad_value_in_a_late_batch_is_named_by_its_row(tmp_path, run, column, value, code):
    folder = make(tmp_path / "parts", count=70_000, extra=STREAMED)
    table = parquet.read_table(folder / "train.parquet")
    values = table.column(column).to_pylist()
    values[69_000] = value
    place = table.column_names.index(column)
    parquet.write_table(table.set_column(place, column, pa.array(values)), folder / "train.parquet")
    done = run("verify", folder, "--json")
    assert done.code == 2
    error = done.document["error"]
    assert error["code"].startswith(code)
    assert "row 69000" in error["where"]


PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "hauberk", "verify", sys.argv[1], "--json"], stdout=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(folder) -> float:
    """MB of the process at its largest."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(folder)], capture_output=True, text=True, timeout=280, check=True
    )
    code, peak = done.stdout.split()
    assert int(code) in (0, 1), done.stderr
    return int(peak) / 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(tmp_path):
    """200,000 rows of 40 numbers more are 64 MB, and several times that where a stage has them in memory as a whole."""
    peaks = []
    for count in (100_000, 300_000):
        random, folder = np.random.default_rng(1), tmp_path / f"n{count}"
        folder.mkdir()
        columns = {f"x{place}": random.normal(size=count) for place in range(40)}
        columns["label"] = np.where(columns["x0"] > 0, "p", "q")
        parquet.write_table(pa.table(columns), folder / "train.parquet")
        text = '[system]\nname = "size"\n[data]\ntrain = "train.parquet"\ntarget = "label"\n'
        text += "[verify]\nfolds = 2\ntrees = 5\nin-memory-rows = 10000\nsample-rows = 5000\n"
        (folder / "hauberk.toml").write_text(text)
        peaks.append(peak_of(folder))
    assert peaks[1] < peaks[0] + 120, peaks
