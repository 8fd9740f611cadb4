"""Rows leave the training data by a statement, come back by another, and what changed is named."""

from __future__ import annotations

import itertools
import shutil

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hauberk.flows.datasets import load_datasets
from hauberk.flows.project import open_project
from hauberk.flows.quarantine import apply_quarantine


def rows_of(document):
    """The numbers of the training rows."""
    return parquet.read_table(document["suspects"]["file"]).column("row").to_pylist()


def named(document, count):
    """Command-line words that name the first training rows."""
    return [word for row in rows_of(document)[:count] for word in ("--row", row)]


def test_quarantine_and_undo_are_inverse(project, run):
    first = run("verify", project, "--json").document
    before = run("ledger", "show", project, "--json").document["leaves"][0]
    taken = run("verify", "quarantine", project, *named(first, 2), "--reason", "a test", "--json")
    assert taken.code == 0, taken.err
    assert taken.document["details"] == {"action": "quarantine", "rows": 2, "reason": "a test"}
    measures = [f"{measure}_{kind}" for measure in ("accuracy", "recall") for kind in ("with", "without", "gain")]
    names = {name + whose for name in measures for whose in (("",) if "acc" in name else (".benign", ".malignant"))}
    assert names == set(taken.document["claims"])
    told = {kind: taken.document["claims"][f"accuracy_{kind}"] for kind in ("with", "without", "gain")}
    assert told["gain"]["low"] <= told["gain"]["value"] <= told["gain"]["high"]
    assert told["gain"]["value"] == pytest.approx(told["without"]["value"] - told["with"]["value"])
    without = run("verify", project, "--json").document
    assert without["rows"] == first["rows"] - 2
    assert "verify.quarantine.in_force" in {finding["check"] for finding in without["findings"]}
    assert b"<svg" in (project / "evidence" / "suspects.svg").read_bytes()
    again = run("verify", "quarantine", project, *named(without, 1), "--json")
    assert (again.code, again.document["error"]["code"]) == (2, "FLOW-111")
    assert run("verify", "quarantine", project, "--undo", "--json").code == 0
    restored = run("verify", project, "--json").document
    assert restored["reused"]
    assert restored["statement"] == first["statement"] == before["envelope"]
    nothing = run("verify", "quarantine", project, "--undo", "--json")
    assert (nothing.code, nothing.document["error"]["code"]) == (2, "FLOW-112")
    assert run("ledger", "verify", project).code == 0


def test_a_quarantine_outlives_the_index_and_refuses_other_data(project, run):
    first = run("verify", project, "--json").document
    whole = first["rows"]
    assert run("verify", "quarantine", project, *named(first, 1)).code == 0
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (project / ".hauberk" / name).unlink(missing_ok=True)
    assert run("verify", project, "--json").document["rows"] == whole - 1
    table = parquet.read_table(project / "train.parquet")
    parquet.write_table(table.slice(1), project / "train.parquet")
    refused = run("secure", project, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-114")
    assert run("verify", "quarantine", project, "--undo").code == 0
    assert run("verify", project, "--json").code == 0


def test_the_drop_cap_holds_and_changes_nothing(project, run):
    first = run("verify", project, "--json").document
    size = run("ledger", "show", project, "--json").document["size"]
    refused = run("verify", "quarantine", project, *named(first, 80), "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-113")
    for beyond in (10**6, 10**30):  # the second is no number of the machine
        unknown = run("verify", "quarantine", project, "--row", beyond, "--json")
        assert (unknown.code, unknown.document["error"]["code"]) == (2, "FLOW-112")
    held = next(row for row in range(569) if row not in set(rows_of(first)))
    tested = run("verify", "quarantine", project, "--row", held, "--json")
    assert (tested.code, tested.document["error"]["code"]) == (2, "FLOW-112")
    assert "held out" in tested.document["error"]["got"]
    unflagged = run("verify", "quarantine", project, "--json")
    assert (unflagged.code, unflagged.document["error"]["code"]) == (2, "FLOW-112")
    assert run("ledger", "show", project, "--json").document["size"] == size


def test_rows_keep_their_numbers_and_their_statement_under_a_quarantine(project, run):
    first = run("verify", project, "--json").document
    rows = rows_of(first)
    assert len(rows) == first["rows"] < 569 > rows[-1] > first["rows"]
    words = named(first, 2)
    for leaf in (1, 4):
        assert run("verify", "quarantine", project, *words).code == 0
        done = run("verify", project, "--json").document
        notes = [finding for finding in done["findings"] if finding["check"] == "verify.quarantine.in_force"]
        assert [note["evidence"] for note in notes] == [f"2 rows are in quarantine since leaf {leaf}"]
        table = parquet.read_table(done["suspects"]["file"])
        assert table.column("row").to_pylist() == rows[2:]
        assert run("verify", "diff", project).code == 0  # the file is as it was
        assert run("verify", "quarantine", project, "--undo").code == 0


def test_a_quarantine_whose_rows_are_lost_can_be_undone(project, run):
    first = run("verify", project, "--json").document
    assert run("verify", "quarantine", project, *named(first, 1)).code == 0
    for blob in (project / ".hauberk" / "store").rglob("*"):
        if blob.is_file():
            blob.unlink()
    lost = run("verify", project, "--json")
    assert lost.document["error"]["code"] == "STORE-201"
    undone = run("verify", "quarantine", project, "--undo", "--json")
    assert undone.document["details"] == {"action": "undo", "rows": 1, "leaf": 1}
    assert run("verify", project).code == 0


def test_what_no_run_could_learn_from_is_not_logged(project, run):
    table = parquet.read_table(project / "train.parquet")
    label = table.column("diagnosis").to_numpy(zero_copy_only=False)
    few = np.concatenate([np.flatnonzero(label == "malignant")[:8], np.flatnonzero(label == "benign")])
    parquet.write_table(table.take(pa.array(few)), project / "train.parquet")
    toml = project / "hauberk.toml"
    toml.write_text(toml.read_text().replace("folds = 3", "folds = 3\ndrop-cap = 0.9", 1))
    first = run("verify", project, "--json").document
    size = run("ledger", "show", project, "--json").document["size"]
    table = table.take(pa.array(few)).column("diagnosis").to_pylist()
    bad = [row for row in rows_of(first) if table[row] == "malignant"]
    words = [word for row in bad[: len(bad) - 2] for word in ("--row", row)]
    refused = run("verify", "quarantine", project, *words, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-107"), refused.out
    assert run("ledger", "show", project, "--json").document["size"] == size
    assert run("verify", project, "--json").code == 0


def test_another_seed_does_not_test_on_rows_in_quarantine(project, run):
    """What is left out is left out, on whichever side another split would have it."""
    first = run("verify", project, "--seed", 1, "--json").document
    chosen = rows_of(first)[:12]
    words = [word for row in chosen for word in ("--row", row)]
    assert run("verify", "quarantine", project, "--seed", 1, *words).code == 0
    whole = parquet.read_table(project / "train.parquet").num_rows
    for seed in (1, 2):
        with open_project(project, seed=seed) as opened:
            datasets = load_datasets(project, opened.configuration, seed=seed)
            left = apply_quarantine(opened, datasets)
        assert left.train.rows + left.test.rows == whole - len(chosen)
        assert not {*left.numbers.tolist(), *left.test_numbers.tolist()} & set(chosen)
        assert (left.test_subject == datasets.test_subject) is (seed == 1)


def test_an_undo_of_some_rows_is_wrong_use(project, run):
    for words in (("--row", 3), ("--reason", "x")):
        refused = run("verify", "quarantine", project, "--undo", *words, "--json")
        assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-110")


def test_rows_that_are_held_out_are_compared_too_and_the_seed_is_no_change(project, run):
    first = run("verify", project, "--json").document
    assert run("verify", "diff", project, "--seed", 5).code == 0
    table = parquet.read_table(project / "train.parquet")
    held = next(row for row in range(569) if row not in set(rows_of(first)))
    for gone in (held, rows_of(first)[7]):
        parquet.write_table(table.take(pa.array(np.delete(np.arange(569), gone))), project / "train.parquet")
        found = run("verify", "diff", project, "--json").document
        assert (found["went"], found["counts"]) == ([gone], {"changed": 0, "went": 1, "came": 0})
        assert not found["moved"]


@pytest.mark.timeout(900)
def test_a_kill_leaves_the_state_before_or_after(project, run, run_killed, tmp_path):
    """At each call of the system that writes, the process ends as by SIGKILL."""
    first = run("verify", project, "--json").document
    whole, (one, other) = first["rows"], rows_of(first)[:2]
    program = """
from hauberk.flows import quarantine
if words[0] == "undo":
    quarantine.undo_quarantine(folder)
else:
    quarantine.quarantine_rows(folder, rows=tuple(map(int, words[1:])))
"""
    taken = tmp_path / "taken"
    shutil.copytree(project, taken)
    assert run("verify", "quarantine", taken, "--row", one, "--row", other).code == 0
    for deed, before in (("quarantine", project), ("undo", taken)):
        killed, seen = True, set()
        for stop in itertools.count(1, 12):
            folder = tmp_path / f"{deed}{stop}"
            shutil.copytree(before, folder)
            killed = run_killed(program, stop, folder, deed, one, other)
            after = run("verify", folder, "--json")
            assert after.code == 0, after.out
            seen.add(after.document["rows"])
            assert run("ledger", "verify", folder).code == 0
            if not killed:
                break
        assert stop > 4
        assert seen <= {whole, whole - 2}
        assert after.document["rows"] == (whole if deed == "undo" else whole - 2)


def test_diff_names_the_rows(project, run, tmp_path):
    fixed = tmp_path / "fixed"
    shutil.copytree(project, fixed)
    toml = (fixed / "hauberk.toml").read_text()
    shutil.copy(fixed / "train.parquet", fixed / "test.parquet")
    (fixed / "hauberk.toml").write_text(toml.replace("[data]", '[data]\ntest = "test.parquet"', 1))
    none_yet = run("verify", "diff", fixed, "--json")
    assert (none_yet.code, none_yet.document["error"]["code"]) == (2, "FLOW-114")
    run("verify", fixed)
    assert run("verify", "diff", fixed).code == 0
    table = parquet.read_table(fixed / "train.parquet")
    first = table.column(0).to_numpy().copy()
    first[5] += 1
    changed = table.set_column(0, table.column_names[0], pa.array(first))
    kept = np.delete(np.arange(table.num_rows), 9)
    parquet.write_table(pa.concat_tables([changed.take(pa.array(kept)), changed.slice(0, 1)]), fixed / "train.parquet")
    done = run("verify", "diff", fixed, "--json")
    assert done.code == 1
    found = done.document
    assert found["changed"] == [{"before": 5, "after": 5}]
    assert found["went"] == [9]
    assert found["came"] == [table.num_rows - 1]
    assert "changed" in run("verify", "diff", fixed).out
