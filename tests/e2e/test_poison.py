"""How much poison breaks this model, from the command line: the curve, the certificate beside it, and the errors."""

from __future__ import annotations

import json
from hashlib import sha256
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.datasets import load_breast_cancer

from hauberk.cli.app import run as in_process

ELECTION = "[harden]\npartitions = 41\npartition-trees = 5\n"


def poison(run, project, kind, *words):
    return run("attack", "poison", project, "--kind", kind, *words, "--json")


@pytest.fixture
def here(capsys):
    """The command within this process: exit code and document."""

    def call(project, kind, *words):
        code = in_process(["attack", "poison", str(project), "--kind", kind, *map(str, words), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project that wrong wishes leave as it is."""
    folder = tmp_path_factory.mktemp("small")
    train = write_cancer(folder)
    assert in_process(["init", str(folder), "--train", str(train), "--target", "diagnosis", "-q"]) == 0
    return folder


def write_cancer(folder):
    data = load_breast_cancer()
    columns = {str(name).replace(" ", "-"): data.data[:, place] for place, name in enumerate(data.feature_names[:8])}
    columns["diagnosis"] = [str(data.target_names[label]) for label in data.target]
    parquet.write_table(pa.table(columns), folder / "train.parquet")
    return folder / "train.parquet"


def test_a_curve_with_its_certificate_its_statement_and_its_picture(project, run):
    toml = project / "hauberk.toml"
    toml.write_text(toml.read_text().replace("[harden]\n", ELECTION, 1))
    data = sha256((project / "train.parquet").read_bytes()).hexdigest()
    done = poison(run, project, "backdoor-rare", "--share", 0.02, "--share", 0.1, "--seeds", 2)
    assert done.code == 0, done.err
    document = done.document
    assert (document["stage"], document["kind"], document["model"]) == ("poison", "backdoor-rare", "built-in booster")
    assert document["seeds"] == [0, 1]
    assert [point["share"] for point in document["curve"]] == [0.0, 0.02, 0.1]
    assert all(point["rows"] <= point["share"] * document["train_rows"] for point in document["curve"])
    assert document["curve"][2]["gain"]["low"] > 0.3
    assert document["curve"][2]["loss"]["value"] < 0.05
    assert document["broken"]["share"] in (0.02, 0.1)
    assert document["claims"]["poison.backdoor-rare.harmful_share"]["value"] == document["broken"]["share"]
    assert len(document["trigger"]) == 2
    assert len(document["victim_rows"]) == 20
    assert not document["reachable"]

    election = document["election"]
    assert [point["rows"] for point in election] == [0, 1, 2, 10, 20]
    assert [point["changes"] for point in election] == [0, 2, 4, 20, 40]
    for point in election:
        assert point["refuted"] == 0
        assert point["certified"]["value"] <= point["attacked"]["value"]
        assert point["success"]["value"] <= point["success_bound"]["value"]
    assert election[0]["certified"]["value"] == election[0]["attacked"]["value"] > election[1]["certified"]["value"] > 0

    texts = [one.text for one in ElementTree.parse(document["picture"]).iter() if one.tag.endswith("text")]
    assert "accuracy certified" in texts
    assert f"10% more turned by {document['broken']['rows']} rows" in texts
    assert "10.0 %" not in texts
    assert "training with 0.1 of the rows poisoned" in done.err
    assert sha256((project / "train.parquet").read_bytes()).hexdigest() == data

    leaf = json.dumps(run("ledger", "show", project, "--json").document)
    assert "urn:hauberk:attack:poison:v1" in leaf
    again = poison(run, project, "backdoor-rare", "--share", 0.02, "--share", 0.1, "--seeds", 2).document
    assert again["reused"]
    assert again["statement"] == document["statement"]


def test_people_read_a_table(project, run):
    done = run("attack", "poison", project, "--kind", "surest-flips", "--share", 0.3)
    assert done.code == 0, done.err
    assert "surest-flips against built-in booster" in done.out
    assert "30.00%" in done.out
    assert "poison-surest-flips.svg" in "".join(done.out.split())
    assert (project / "evidence" / "poison-surest-flips.svg").is_file()


def test_a_row_is_named_by_its_number_in_the_file(project, here):
    rows = here(project, "collision", "--share", 0.05, "--goal", "benign")[1]["victim_rows"]
    assert here(project, "collision", "--share", 0.05, "--goal", "benign", "--row", rows[3])[1]["victim_rows"] == [
        rows[3]
    ]
    held = {*here(project, "random-flips", "--share", 0.05, "--seeds", 1)[1]["victim_rows"]}
    between = next(row for row in range(max(held)) if row not in held)
    code, document = here(project, "collision", "--row", between)
    assert code == 2
    assert "training rows are no victims" in document["error"]["hint"]


def test_the_users_own_training_is_what_is_attacked(project, here):
    (project / "train.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "def fit(training):\n"
        "    tree = DecisionTreeClassifier(max_depth=4, random_state=training.seed)\n"
        "    return tree.fit(training.rows, training.labels)\n"
    )
    toml = project / "hauberk.toml"
    toml.write_text(toml.read_text().replace("[model]\ntrees = 20\ndepth = 3\n", '[model]\ntrain = "train.py:fit"\n'))
    code, document = here(project, "class-flips", "--share", 0.2, "--seeds", 2, "--victim", "malignant")
    assert code == 0
    assert document["model"] == "train.py:fit"
    assert document["goal"] == "benign"
    assert document["curve"][1]["gain"]["low"] > 0


@pytest.mark.parametrize(
    ("kind", "words", "code", "got"),
    [
        ("random-flips", ["--share", "1.5"], "ATTACK-121", "1.5"),
        ("random-flips", ["--share", "nan"], "ATTACK-121", "nan"),
        ("random-flips", ["--share", "0.0001"], "ATTACK-121", "0.0001"),
        ("class-flips", ["--goal", "benin"], "ATTACK-123", "'benin'"),
        ("region", ["--row", "9999"], "ATTACK-123", "9999"),
        ("random-flips", ["--harm", "0"], "ATTACK-123", "0"),
        ("region", ["--region", "inf"], "ATTACK-123", "inf"),
        ("backdoor-rare", ["--column", "nothing"], "ATTACK-122", "`nothing`"),
        ("patch", [], "ATTACK-123", "none"),
        ("patch", ["--image", "1", "3", "3"], "ATTACK-122", "8"),
    ],
)
def test_a_wrong_wish_says_what_is_wrong(small, here, kind, words, code, got):
    ended, document = here(small, kind, *words)
    assert ended == 2
    error = document["error"]
    assert error["code"] == code
    assert got in error["got"]
    assert error["expected"]
    assert error["hint"] or code != "ATTACK-121"


def test_attack_alone_still_means_evasion(tmp_path, capsys):
    assert in_process(["attack", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "FLOW-101"
    assert in_process(["attack", "poison", str(tmp_path), "--json"]) == 2
    assert "--kind" in json.loads(capsys.readouterr().out)["error"]["got"]
