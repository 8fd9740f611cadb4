"""The clinic that writes wrong labels is named by the check of the data, and its name stays where it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import parquet


def test_a_bad_source_is_a_finding_without_its_name(project, run):
    table = parquet.read_table(project / "train.parquet")
    random = np.random.default_rng(0)
    names = np.array(["north", "south", "east", "Dr Grimm"])
    clinic = names[random.integers(0, len(names), table.num_rows)]
    label = table.column("diagnosis").to_numpy(zero_copy_only=False)
    wrong = (clinic == "Dr Grimm") & (random.random(len(label)) < 0.3)
    bad = np.where(wrong, np.where(label == "benign", "malignant", "benign"), label)
    for labels, expected in ((label, 0), (bad, 1)):
        columns = {name: table.column(name) for name in table.column_names} | {"diagnosis": pa.array(labels.tolist())}
        parquet.write_table(pa.table(columns | {"clinic": pa.array(clinic.tolist())}), project / "train.parquet")
        toml = (project / "hauberk.toml").read_text()
        if "group" not in toml.split("[data.features")[0]:
            (project / "hauberk.toml").write_text(toml.replace("[data]", '[data]\ngroup = "clinic"', 1))
        document = run("verify", project, "--json").document
        found = [one for one in document["findings"] if one["check"] == "verify.sources.contradicted"]
        assert len(found) == expected, document
        assert all("Grimm" not in one["evidence"] and one["count"] > 20 for one in found)
