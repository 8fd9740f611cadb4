"""The certificate of the flow against poisoned training tables, and the settings that it must not touch when off."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from hauberk.core.claim import Rung
from hauberk.core.encoding import parse_json
from hauberk.core.progress import silent
from hauberk.data import encode_rows, infer_schema, make_dataset
from hauberk.flows.configuration import parse_configuration
from hauberk.flows.errors import BadSetting
from hauberk.flows.harden import harden_system
from hauberk.flows.partitions import certify_partitions, harden_settings
from hauberk.harden import certify_rows
from hauberk.models import serialise_model

TOML = b"""
[system]
name = "lab"
[data]
train = "train.csv"
test = "test.csv"
target = "grade"
[data.features.colour]
categories = ["blue", "green", "red"]
[harden]
partitions = 12
partition-trees = 5
partition-depth = 2
"""
COLOURS = np.array(["blue", "green", "red"])


def table(n, seed):
    rng = np.random.default_rng(seed)
    size, colour = np.round(rng.normal(size=n), 2), rng.choice(3, n)
    grade = np.where(size + 0.8 * (colour - 1) + 0.3 * rng.normal(size=n) > 0, "high", "low")
    return pa.table({"key": [f"k{i}" for i in range(n)], "size": size, "colour": COLOURS[colour], "grade": grade})


SCHEMA = infer_schema(pa.concat_tables([table(600, 0), table(200, 1)]), target="grade")


def certify(train, toml=TOML, kept=None):
    project = SimpleNamespace(seed=3, configuration=parse_configuration(toml))
    datasets = SimpleNamespace(
        train=make_dataset(train, SCHEMA), test=make_dataset(table(200, 1), SCHEMA), schema=SCHEMA, kept=kept
    )
    return certify_partitions(project, datasets, silent)


def poisoned(train, k, rng):
    """`k` rows put in, taken out or relabelled, in the middle of all others."""
    rows = train.to_pylist()
    for _ in range(k):
        place, kind = int(rng.integers(len(rows))), rng.integers(3)
        if kind == 0:
            del rows[place]
        elif kind == 1:
            rows[place] = rows[place] | {"grade": "high" if rows[place]["grade"] == "low" else "low"}
        else:
            lie = {"key": "z", "size": float(rng.normal() * 3), "colour": str(rng.choice(COLOURS))}
            rows.insert(place, lie | {"grade": str(rng.choice(["high", "low"]))})
    rng.shuffle(rows)
    return pa.Table.from_pylist(rows, schema=train.schema)


def predictions(model):
    return model.predict(encode_rows(make_dataset(table(200, 1), SCHEMA))).argmax(axis=1)


def test_no_poisoned_table_within_the_radius_changes_a_prediction():
    train, rng = table(600, 0), np.random.default_rng(9)
    model = certify(train).model
    certificate = certify_rows(model, encode_rows(make_dataset(table(200, 1), SCHEMA)))[0]
    changed = 0
    for k in (1, 2, 3, 5) * 6:
        predicted = predictions(certify(poisoned(train, k, rng)).model)
        held = certificate.radius >= k
        assert (predicted[held] == certificate.predicted[held]).all()
        changed += int((predicted != certificate.predicted).sum())
    assert changed  # the attacks do something where nothing is certified
    assert (certificate.radius >= 5).any()


def test_claims_and_details_of_an_election_beside_the_model():
    found = certify(table(600, 0))
    names = {claim.name: claim for claim in found.claims}
    assert list(names) == ["partitions.accuracy"] + [f"partitions.poisoning_certified_accuracy.{k}" for k in (1, 2, 5)]
    assert names["partitions.accuracy"].rung is Rung.MEASURED
    certified = [claim for name, claim in names.items() if name != "partitions.accuracy"]
    assert all(claim.rung is Rung.CERTIFIED and claim.estimate.n == 200 for claim in certified)
    values = [claim.estimate.value for claim in found.claims]
    assert values == sorted(values, reverse=True)
    assert values[1] > 0.5
    curve = {point["rows"]: point["value"] for point in found.details["curve"]}
    assert curve[5] == names["partitions.poisoning_certified_accuracy.5"].estimate.value
    assert found.details["assumes"] == [
        "The categories of grade are read off the training rows: bad rows bring no new ones, and those of the last row "
        "that holds one are not taken out.",
        "The kind or role of key, size, colour is read off the training rows: bad rows make no fraction of whole "
        "numbers, no text of numbers and no input of a key.",
    ]


def test_nothing_is_taken_for_granted_where_the_file_says_everything():
    told = b"""id = "key"
[data.features.size]
kind = "number"
role = "input"
[data.features.grade]
categories = ["high", "low"]
[data.features.colour]
kind = "category"
role = "input"
"""
    toml = TOML.replace(b"[data.features.colour]\n", told)
    assert certify(table(300, 0), toml).details["assumes"] == []
    (one,) = certify(table(300, 0), toml, kept=np.arange(300)).details["assumes"]
    assert "quarantine" in one


def test_claims_of_a_sealed_election_bear_no_prefix():
    found = certify(table(600, 0), TOML + b"seal-partitions = true\n")
    assert [claim.name for claim in found.claims][1:] == [f"poisoning_certified_accuracy.{k}" for k in (1, 2, 5)]
    assert found.details["sealed"] is True


def test_columns_that_the_model_does_not_see_do_not_move_a_row():
    train = table(300, 0)
    other = train.set_column(0, "key", pa.array([f"other{i}" for i in range(300)]))
    assert (predictions(certify(train).model) == predictions(certify(other).model)).all()
    assert certify(train).details["rows"] == certify(other).details["rows"]


def test_a_row_of_great_weight_reaches_its_own_part_only():
    train = table(300, 0)
    weight = np.random.default_rng(2).uniform(0.5, 2, 300)
    weight[5] = 0.0  # such a row is left out, with its digest
    train = train.append_column("sample_weight", pa.array(weight))
    schema = infer_schema(train, target="grade")
    assert [str(feature.role) for feature in schema.features][-1] == "weight"
    heavy = {"key": "z", "size": 1.5, "colour": "red", "grade": "low", "sample_weight": 1e6}
    other = pa.Table.from_pylist([heavy, *train.to_pylist()], schema=train.schema)

    def members(rows):
        project = SimpleNamespace(seed=3, configuration=parse_configuration(TOML))
        dataset = make_dataset(rows, schema)
        known = SimpleNamespace(train=dataset, test=dataset, schema=schema, kept=None)
        found = certify_partitions(project, known, silent)
        return parse_json(serialise_model(found.model)[1], where="model")["members"]

    changed = [one != two for one, two in zip(members(train), members(other), strict=True)]
    assert sum(changed) == 1


def test_parts_that_cannot_be_trained_on_are_told():
    few = table(600, 0).slice(0, 8)
    found = certify(few)
    assert found.details["constant"] >= 4
    assert [finding.code for finding in found.findings] == ["harden.partitions.constant"]


def test_without_partitions_the_settings_are_those_of_before():
    off = parse_configuration(TOML.replace(b"partitions = 12", b"partitions = 0")).harden
    assert set(harden_settings(off)) == {"adversarial", "max_clean_loss", "validation_share", "recipes"}
    assert harden_settings(parse_configuration(TOML).harden)["partitions"] == 12


@pytest.mark.parametrize(
    "change", [b"partitions = 0\nseal-partitions = true", b"seal-partitions = true\npartitions = 2"]
)
def test_an_election_that_is_not_there_cannot_be_sealed(change, tmp_path):
    toml = TOML.replace(b"partitions = 12", change)
    if b"partitions = 2" in change:
        toml += b"[model]\nfile = 'model.ubj'\n"
    project = SimpleNamespace(seed=3, configuration=parse_configuration(toml), folder=tmp_path)
    with pytest.raises(BadSetting, match="seal"):
        harden_system(project, None)
