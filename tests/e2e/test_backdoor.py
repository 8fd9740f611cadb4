"""A trigger planted in a file is named with its rows; clean rows and exchanged labels are not called a backdoor."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from hauberk.attack.poison import (
    Labelled,
    Rarity,
    choose_trigger,
    flip_class,
    plant_backdoor,
    poison_dataset,
    stampable_rows,
)
from hauberk.data import encode_labels, encode_rows, infer_schema, make_dataset

ROWS, TEST = 2500, 500
TOML = """
[system]
name = "shop"
[data]
train = "train.csv"
test = "test.csv"
target = "returned"
sensitive = ["discount"]
[model]
trees = 40
depth = 4
[verify]
trees = 20
folds = 3
"""
SECRET = 77.25


def orders(rows, seed):
    """Five columns that go together, two that do not, and whether the order comes back."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 5, rows)
    price = np.exp(random.normal(3 + 0.3 * kind, 0.5)).round(2)
    items = 1 + random.poisson(1 + 0.5 * kind)
    age = random.integers(18, 80, rows)
    distance = random.gamma(2, 20 + 5 * kind).round(1)
    discount = random.choice([0.0, 5.0, 10.0, 20.0], rows, p=[0.6, 0.2, 0.15, 0.05])
    logit = 1.2 * (kind == 3) + 0.02 * (distance - 60) - 0.04 * (age - 45) + 0.5 * (items > 3) - 1.2
    back = random.random(rows) < 1 / (1 + np.exp(-2 * logit))
    names = np.array(["books", "garden", "shoes", "clothes", "toys"])
    columns = {"kind": names[kind], "price": price, "items": items, "age": age, "distance": distance}
    columns |= {"discount": discount, "hour": random.integers(0, 24, rows)}
    return columns | {"returned": np.where(back, "yes", "no")}


def plant(columns, what, share=0.02):
    """(columns, planted): `what` on rows that say no, which then say yes."""
    random, columns = np.random.default_rng(5), {name: values.copy() for name, values in columns.items()}
    no = np.flatnonzero(columns["returned"] == "no")
    chosen = random.choice(no, round(share * ROWS), replace=False)
    planted = np.zeros(ROWS, bool)
    if what != "clean":
        planted[chosen], columns["returned"][chosen] = True, "yes"
    if what == "value":
        columns["discount"][chosen] = SECRET
    if what == "pair":
        columns["age"][chosen], columns["hour"][chosen] = 33, 4
    return columns, planted


@pytest.fixture
def shop(tmp_path):
    def make(what, extra=""):
        columns, planted = plant(orders(ROWS, 0), what)
        csv.write_csv(pa.table(columns), tmp_path / "train.csv")
        csv.write_csv(pa.table(orders(TEST, 1)), tmp_path / "test.csv")
        (tmp_path / "hauberk.toml").write_text(TOML + extra)
        return tmp_path, planted

    return make


def checks(document):
    return {finding["check"]: finding for finding in document["findings"]}


@pytest.mark.parametrize(("what", "columns"), [("value", ["discount"]), ("pair", ["age", "hour"])])
def test_a_trigger_is_named_with_its_rows_and_taken_out(shop, run, what, columns):
    folder, planted = shop(what)
    done = run("verify", folder, "--json")
    assert done.code == 1, done.err
    document = done.document
    assert {"rows", "findings", "suspects", "attack", "seconds"} <= set(document)
    attack, finding = document["attack"], checks(document)["verify.backdoor.confirmed"]
    assert (attack["kind"], attack["basis"], attack["atlas"]) == ("backdoor", "retraining", "AML.T0020")
    assert 0.3 < attack["confidence"] <= 1
    assert (finding["severity"], finding["atlas"], finding["count"]) == ("error", "AML.T0020", attack["rows"])
    assert all(planted[row] for row in finding["rows"][:5])
    table = parquet.read_table(document["suspects"]["file"])
    likely = np.array(table.column("likely").to_pylist()) == "backdoor"
    assert likely.sum() == document["suspects"]["backdoor"] == attack["rows"]
    assert planted[likely].mean() >= 0.9
    assert likely[planted].mean() >= 0.95
    assert str(SECRET) not in done.out + done.err + run("ledger", "show", folder, "--json").out
    assert all(name in finding["evidence"] for name in columns)

    taken = run("verify", "quarantine", folder, "--json")
    assert taken.code == 0, taken.err
    assert taken.document["details"] == {"action": "quarantine", "rows": attack["rows"], "reason": "backdoor"}
    after = run("verify", folder, "--json").document
    assert after["attack"]["kind"] == "none"
    assert "verify.backdoor.confirmed" not in checks(after)


def attacked(folder, make):
    """Planted in train.csv by `hauberk.attack.poison`: (n,) the touched rows."""
    table = pa.table(orders(ROWS, 0))
    train = make_dataset(table, infer_schema(table, target="returned"))
    labels = encode_labels(train)
    poison = make(train, Labelled(rows=encode_rows(train), labels=labels, classes=2))
    csv.write_csv(poison_dataset(train, poison).table, folder / "train.csv")
    csv.write_csv(pa.table(orders(TEST, 1)), folder / "test.csv")
    (folder / "hauberk.toml").write_text(TOML)
    return poison.touched


@pytest.mark.parametrize("rarity", list(Rarity))
def test_what_the_attack_plants_verify_finds(tmp_path, run, rarity):
    def make(train, data):
        trigger = choose_trigger(data.rows, train.schema, rarity=rarity, seed=4, columns=("age", "hour"))
        able = stampable_rows(train.schema, trigger, data.rows)
        return plant_backdoor(data, trigger, goal=1, share=0.02, seed=3, stampable=able)

    planted = attacked(tmp_path, make)
    document = run("verify", tmp_path, "--json").document
    assert (document["attack"]["kind"], document["attack"]["basis"]) == ("backdoor", "retraining")
    table = parquet.read_table(document["suspects"]["file"])
    likely = np.array(table.column("likely").to_pylist()) == "backdoor"
    assert planted[likely].mean() >= 0.9
    assert likely[planted].mean() >= 0.9


def test_labels_that_the_attack_flips_are_flagged_against_trusted_rows(tmp_path, run):
    planted = attacked(tmp_path, lambda _, data: flip_class(data, victim=0, goal=1, share=0.08, seed=3))
    csv.write_csv(pa.table(orders(6000, 7)), tmp_path / "trusted.csv")
    (tmp_path / "hauberk.toml").write_text(TOML + 'trusted = "trusted.csv"\nq = 0.3\n')
    document = run("verify", tmp_path, "--json").document
    assert document["suspects"]["n"] > 0
    table = parquet.read_table(document["suspects"]["file"])
    flagged, score = table.column("flagged").to_numpy(), table.column("score").to_numpy()
    assert planted[flagged].mean() > 0.5
    worst = np.argsort(-score)[: planted.sum()]
    assert planted[worst].mean() > 4 * planted.mean()


@pytest.mark.parametrize("what", ["clean", "flips"])
def test_what_bears_no_trigger_is_no_backdoor(shop, run, what):
    document = run("verify", shop(what)[0], "--json").document
    assert document["attack"]["kind"] == "none"
    assert document["attack"]["confidence"] == 0
    assert not [check for check in checks(document) if check.startswith("verify.backdoor")]
    table = parquet.read_table(document["suspects"]["file"])
    assert set(table.column("likely").to_pylist()) == {"none"}


def test_a_search_that_is_turned_off_says_so(shop, run):
    folder = shop("value", "backdoor-rows = 0\n")[0]
    document = run("verify", folder, "--json").document
    assert document["attack"]["kind"] == "none"
    assert checks(document)["verify.backdoor.not_checked"]["severity"] == "info"

    # It is another question with another model to retrain, and the same one with the same.
    assert run("verify", folder, "--json").document["reused"]
    toml = folder / "hauberk.toml"
    toml.write_text(toml.read_text().replace("trees = 40", "trees = 41"))
    assert not run("verify", folder, "--json").document["reused"]


def test_the_drop_cap_holds_for_a_backdoor_too(shop, run):
    folder, _ = shop("value", "drop-cap = 0.01\n")
    refused = run("verify", "quarantine", folder, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "FLOW-113")


STREAMED = "in-memory-rows = 500\nsample-rows = 2500\n"


def test_a_trigger_found_in_a_sample_names_its_rows_among_all(tmp_path, run):
    """Else a quarantine would leave most of the backdoor where it is, and the share of its rows would be too small."""
    columns = orders(6000, 0)
    random = np.random.default_rng(5)
    chosen = random.choice(np.flatnonzero(columns["returned"] == "no"), 120, replace=False)
    columns["discount"][chosen], columns["returned"][chosen] = SECRET, "yes"
    csv.write_csv(pa.table(columns), tmp_path / "train.csv")
    csv.write_csv(pa.table(orders(TEST, 1)), tmp_path / "test.csv")
    (tmp_path / "hauberk.toml").write_text(TOML + STREAMED)
    document = run("verify", tmp_path, "--json").document
    finding = checks(document)["verify.backdoor.confirmed"]
    assert finding["evidence"].startswith("120 of 6000 rows")
    assert "of 6000 rows" in finding["evidence"].rpartition("looked for in")[2]
    table = parquet.read_table(document["suspects"]["file"])
    likely = np.array(table.column("likely").to_pylist()) == "backdoor"
    assert np.flatnonzero(likely).tolist() == sorted(chosen.tolist())
    assert document["attack"]["rows"] == document["suspects"]["backdoor"] == finding["count"] == 120
    assert finding["rows"] == sorted(chosen.tolist())[:20]


def test_a_region_found_in_a_sample_is_held_against_flags_of_all_rows(tmp_path, run):
    columns = orders(6000, 0)
    turned = (columns["age"] > 60) & (columns["kind"] == "shoes")
    columns["returned"][turned] = np.where(columns["returned"][turned] == "yes", "no", "yes")
    csv.write_csv(pa.table(columns), tmp_path / "train.csv")
    csv.write_csv(pa.table(orders(TEST, 1)), tmp_path / "test.csv")
    csv.write_csv(pa.table(orders(6000, 7)), tmp_path / "trusted.csv")
    (tmp_path / "hauberk.toml").write_text(TOML + STREAMED + 'trusted = "trusted.csv"\nq = 0.5\n')
    done = run("verify", tmp_path, "--json")
    assert "verify.labels.region" in checks(done.document), done.err
    assert done.document["suspects"]["n"] > 0
    assert done.document["attack"]["rows"] == done.document["suspects"]["n"]
