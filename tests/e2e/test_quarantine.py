"""Rows leave the training data by a statement, come back by another, and what changed is named."""

from __future__ import annotations

import shutil

import numpy as np
import pyarrow as pa
from pyarrow import parquet


def test_quarantine_and_undo_are_inverse(project, run):
    first = run("verify", project, "--json").document
    before = run("ledger", "show", project, "--json").document["leaves"][0]
    taken = run("verify", "quarantine", project, "--row", 3, "--row", 17, "--reason", "a test", "--json")
    assert taken.code == 0, taken.err
    assert taken.document["details"] == {"action": "quarantine", "rows": 2, "reason": "a test"}
    assert {"accuracy_gain", "recall_gain.benign", "recall_gain.malignant"} == set(taken.document["claims"])
    gain = taken.document["claims"]["accuracy_gain"]
    assert gain["low"] <= gain["value"] <= gain["high"]
    without = run("verify", project, "--json").document
    assert without["rows"] == first["rows"] - 2
    assert "verify.quarantine.in_force" in {finding["check"] for finding in without["findings"]}
    again = run("verify", "quarantine", project, "--row", 1, "--json")
    assert (again.code, again.document["error"]["code"]) == (2, "FLOW-111")
    assert run("verify", "quarantine", project, "--undo", "--json").code == 0
    restored = run("verify", project, "--json").document
    assert restored["reused"]
    assert restored["statement"] == first["statement"] == before["envelope"]
    nothing = run("verify", "quarantine", project, "--undo", "--json")
    assert (nothing.code, nothing.document["error"]["code"]) == (2, "FLOW-112")
    assert run("ledger", "verify", project).code == 0


def test_a_quarantine_outlives_the_index_and_refuses_other_data(project, run):
    whole = run("verify", project, "--json").document["rows"]
    assert run("verify", "quarantine", project, "--row", 0).code == 0
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
    run("verify", project, "--json")
    size = run("ledger", "show", project, "--json").document["size"]
    rows = [word for row in range(80) for word in ("--row", row)]
    refused = run("verify", "quarantine", project, *rows, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-113")
    unknown = run("verify", "quarantine", project, "--row", 10**6, "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "FLOW-112")
    unflagged = run("verify", "quarantine", project, "--json")
    assert (unflagged.code, unflagged.document["error"]["code"]) == (2, "FLOW-112")
    assert run("ledger", "show", project, "--json").document["size"] == size


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
