"""The schema is pinned by the first run; later runs tell what has changed, until somebody accepts it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

DRIFT = "verify.schema.changed"


def drift(document):
    return [finding for finding in document["findings"] if finding["check"] == DRIFT]


def change(project, alter):
    path = project / "train.parquet"
    parquet.write_table(alter(parquet.read_table(path)), path)


def with_first(table, name, value):
    """The table with the value in the first row of a column."""
    column = table.column(name).combine_chunks()
    mask = pa.array([True] + [False] * (len(column) - 1))
    position = table.column_names.index(name)
    return table.set_column(position, name, pc.replace_with_mask(column, mask, pa.array([value], column.type)))


def test_changed_data_are_told_until_they_are_pinned_or_said(project, run):
    original = parquet.read_table(project / "train.parquet")
    first = run("verify", project, "--json").document
    again = run("verify", project, "--json").document
    assert again["reused"]
    assert drift(first) == []

    change(project, lambda table: with_first(table, "mean-radius", 4000.0))
    changed = run("verify", project, "--json").document
    (found,) = drift(changed)
    assert "`mean-radius` has values beyond its pinned range" in found["evidence"]
    assert "4000" not in found["evidence"]
    assert run("verify", project, "--json").document["reused"]

    # What the user says of the column is no change of the data, also where the data say the same.
    toml = project / "hauberk.toml"
    plain = toml.read_text()
    for high in (5000.0, 4000.0):
        toml.write_text(plain.replace("[data.features.mean-radius]", f"[data.features.mean-radius]\nhigh = {high}"))
        assert drift(run("verify", project, "--json").document) == []
    toml.write_text(plain)

    pinned = run("verify", "pin", project, "--json")
    assert (pinned.code, pinned.document["details"]) == (0, {"action": "pin", "columns": 9})
    assert drift(run("verify", project, "--json").document) == []

    # The narrower data of before are no drift from the wider ones, a column that is gone is.
    parquet.write_table(original, project / "train.parquet")
    assert drift(run("verify", project, "--json").document) == []
    change(project, lambda table: table.append_column("more", pa.array([0.5] * len(table))))
    ran = run("verify", project, "--json")
    assert ran.code == 1
    assert [finding["evidence"] for finding in drift(ran.document)] == [
        "`more` is new in the data, since the schema was pinned"
    ]
    assert run("ledger", "verify", project).code == 0


def test_a_lost_pin_refuses_changed_data_only(project, run):
    run("verify", project, "--json")
    for blob in (project / ".hauberk" / "store").rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert run("verify", project, "--json").code == 0  # unchanged: made again
    for blob in (project / ".hauberk" / "store").rglob("*"):
        if blob.is_file():
            blob.unlink()
    change(project, lambda table: with_first(table, "mean-radius", 4000.0))
    refused = run("verify", project, "--json")
    assert (refused.code, refused.document["error"]["code"].split("-")[0]) == (1, "STORE")
    assert run("verify", "pin", project).code == 0
    assert drift(run("verify", project, "--json").document) == []
