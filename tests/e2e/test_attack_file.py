"""`hauberk attack MODEL --data FILE`: a model file and a table are enough, whatever the model is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from pyarrow import csv, parquet
from sklearn.datasets import load_breast_cancer, load_digits

import hauberk
from hauberk.models import open_torch, serialise_model

NAMES = tuple(str(name) for name in load_breast_cancer().feature_names)


@pytest.fixture(scope="module")
def cancer(tmp_path_factory):
    """A folder with a booster, and a table of rows that it has not seen; numbers from 0 to 1."""
    folder = tmp_path_factory.mktemp("cancer")
    rows, labels = load_breast_cancer(return_X_y=True)
    rows = (rows - rows.min(axis=0)) / np.ptp(rows, axis=0)
    options = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1}
    data = xgboost.DMatrix(rows[:400], labels[:400], feature_names=list(NAMES))
    xgboost.train(options, data, 30).save_model(folder / "model.ubj")
    shuffled = np.random.default_rng(0).permutation(len(NAMES))  # the model knows its columns by name
    table = {NAMES[at]: rows[400:, at] for at in shuffled} | {"target": labels[400:]}
    csv.write_csv(pa.table(table), folder / "rows.csv")
    return folder, rows[400:], labels[400:]


def asked(run, folder, *words, code=0):
    found = run("attack", folder / "model.ubj", "--data", folder / "rows.csv", "--target", "target", *words, "--json")
    assert found.code == code, found.err
    return found.document


def test_the_document_says_what_was_found_and_what_was_proved(cancer, run):
    folder, rows, labels = cancer
    found = asked(run, folder, "--norm", "linf", "--eps", 0.05)
    assert {"clean", "attacked", "certified", "verdict", "weak_because", "seconds", "rows"} <= set(found)
    assert found["verdict"] == "trusted"
    assert found["weak_because"] == []
    assert found["certified"]["value"] <= found["attacked"]["value"] < found["clean"]
    assert found["attacked"]["low"] < found["attacked"]["value"] < found["attacked"]["high"]
    booster = xgboost.Booster(model_file=folder / "model.ubj")
    turned = 0
    for row in found["rows"]:
        assert not (row["certified"] and row["attacked"])
        if row["attacked"]:
            changed = dict(zip(NAMES, rows[row["row"]], strict=True)) | row["adversarial"]
            point = np.array([[changed[name] for name in NAMES]])
            assert np.abs(point - rows[row["row"]]).max() <= 0.05 + 1e-6
            answer = booster.predict(xgboost.DMatrix(point.astype(np.float32), feature_names=list(NAMES)))[0] > 0.5
            assert answer != labels[row["row"]]
            assert row["lower"] <= row["upper"] <= 0.05 + 1e-6
            turned += 1
        elif row["certified"] and row["correct"]:
            assert row["lower"] >= 0.05
    assert turned > 5


def test_a_wider_threat_does_more_and_units_are_said(cancer, run):
    folder, *_ = cancer
    near = asked(run, folder, "--norm", "l1", "--eps", 0.02, "--rows", 60)
    far = asked(run, folder, "--norm", "l1", "--eps", 0.2, "--rows", 60)
    assert near["n"] == far["n"] == 60
    assert far["attacked"]["value"] < near["attacked"]["value"]
    scaled = asked(run, folder, "--norm", "linf", "--eps", 0.5, "--scale", "std", "--rows", 60)
    assert scaled["attacked"]["value"] < scaled["clean"]


@pytest.mark.parametrize(("norm", "eps"), [("l2", 0.08), ("l1", 0.1), ("l0", 2)])
def test_trees_are_attacked_and_certified_in_every_norm(cancer, run, norm, eps):
    folder, rows, labels = cancer
    found = asked(run, folder, "--norm", norm, "--eps", eps, "--range", 0, 1, "--rows", 60)
    assert (found["method"], found["verdict"]) == ("trees", "trusted")
    assert found["certified"]["value"] == found["attacked"]["value"] < found["clean"]
    booster, closed = xgboost.Booster(model_file=folder / "model.ubj"), 0
    for row in found["rows"]:
        assert row["upper"] is None or row["lower"] <= row["upper"]
        closed += row["upper"] is not None and row["lower"] >= 0.99 * row["upper"]
        if row["attacked"] and row["correct"]:
            changed = dict(zip(NAMES, rows[row["row"]], strict=True)) | row["adversarial"]
            point = np.array([[changed[name] for name in NAMES]])
            away = np.linalg.norm(point - rows[row["row"]], ord=int(norm[1:]), axis=1)[0]
            assert away <= eps * (1 + 1e-6)
            assert abs(away - row["upper"]) < 1e-9
            answer = booster.predict(xgboost.DMatrix(point.astype(np.float32), feature_names=list(NAMES)))[0] > 0.5
            assert answer != labels[row["row"]]
    assert closed > 20


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--norm", "l3", "--eps", 0.1), "FLOW-110"),
        (("--norm", "linf", "--eps", -1), "ATTACK-101"),
        (("--norm", "linf", "--eps", 0.1, "--goal", "nobody"), "ATTACK-103"),
        (("--norm", "linf", "--eps", 0.1, "--range", 1, 0), "FLOW-104"),
    ],
)
def test_wrong_use_is_told(cancer, run, words, code):
    folder, *_ = cancer
    assert asked(run, folder, *words, code=2)["error"]["code"] == code


def test_files_that_do_not_fit_are_refused(cancer, run, tmp_path):
    folder, *_ = cancer
    table = csv.read_csv(folder / "rows.csv")
    one = ("--target", "target", "--norm", "linf", "--eps", 0.1, "--json")
    parquet.write_table(table.drop_columns([NAMES[0]]), tmp_path / "short.parquet")
    assert run("attack", folder / "model.ubj", "--data", tmp_path / "short.parquet", *one).code == 2
    parquet.write_table(table.slice(0, 0), tmp_path / "empty.parquet")
    assert run("attack", folder / "model.ubj", "--data", tmp_path / "empty.parquet", *one).code == 2
    words = table.set_column(0, table.column_names[0], pa.array(["a"] * table.num_rows))
    parquet.write_table(words, tmp_path / "words.parquet")
    told = run("attack", folder / "model.ubj", "--data", tmp_path / "words.parquet", *one)
    assert "--schema" in told.document["error"]["hint"]
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    told = run("attack", tmp_path / "model.pkl", "--data", folder / "rows.csv", *one)
    assert (told.code, "safe format" in told.out) == (2, True)
    assert run("attack", folder / "model.ubj", "--json").code == 2


def save_network(folder, *, steep=1.0):
    """A network of three digits and its rows in files; a steep one answers alike, and its slopes are 0 in float32."""
    torch = pytest.importorskip("torch")
    rows, labels = load_digits(n_class=3, return_X_y=True)
    rows, random = rows / 16, torch.Generator().manual_seed(0)
    bend = torch.nn.ReLU() if steep == 1.0 else torch.nn.Sigmoid()
    module = torch.nn.Sequential(torch.nn.Linear(64, 24), bend, torch.nn.Linear(24, 3))
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(-0.15, 0.15, generator=random)
    right, images = torch.tensor(labels), torch.tensor(rows, dtype=torch.float32)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(images), right).backward()
        optimiser.step()
    with torch.no_grad():
        module[0].weight.mul_(steep)
        module[0].bias.mul_(steep)
    model = open_torch(module, classes=("0", "1", "2"), shape=(64,))
    (folder / "net.safetensors").write_bytes(serialise_model(model)[1])
    table = {f"p{at}": rows[:60, at] for at in range(64)} | {"digit": labels[:60]}
    parquet.write_table(pa.table(table), folder / "rows.parquet")
    words = ("--data", folder / "rows.parquet", "--target", "digit", "--range", 0, 1, "--json")
    return model, rows[:60], labels[:60], ("attack", folder / "net.safetensors", *words)


def test_a_network_in_a_file_is_attacked_by_its_gradients(tmp_path, run):
    model, rows, labels, words = save_network(tmp_path)
    found = run(*words, "--norm", "linf", "--eps", 0.15)
    assert found.code == 0, found.err
    document = found.document
    assert (document["method"], document["certified"], document["verdict"]) == ("network", None, "trusted")
    assert document["attacked"]["value"] < document["clean"]
    assert run(*words, "--norm", "l2", "--eps", 0.8).document["verdict"] == "trusted"
    threat = hauberk.attack.Threat(norm="linf", eps=0.15, low=0.0, high=1.0)
    result = hauberk.attack(model, (rows.reshape(-1, 8, 8), labels), threat=threat)
    assert result.robustness.attacked.value == document["attacked"]["value"]
    assert "<svg" in result._repr_html_()
    assert result.verdict in repr(result)


def test_a_network_that_hides_its_slopes_gets_no_bare_number(tmp_path, run):
    *_, words = save_network(tmp_path, steep=1e5)
    found = run(*words, "--norm", "linf", "--eps", 0.15)
    assert (found.code, found.document["verdict"]) == (1, "weak"), found.document
    assert "zero_gradient" in str(found.document["findings"])
    named = {row["row"] for row in found.document["rows"] if row["correct"]}
    assert all(set(one["rows"]) <= named for one in found.document["findings"])
    printed = run(*words[:-1], "--norm", "linf", "--eps", 0.15).out
    assert "weak" in printed


def test_a_network_under_a_unit_of_each_feature_is_followed_by_its_slopes_too(tmp_path, run):
    *_, words = save_network(tmp_path)
    document = run(*words, "--norm", "linf", "--eps", 0.15, "--scale", "range").document
    assert document["method"] == "gradients+queries"
    assert document["attacked"]["value"] < document["clean"]


def test_inside_a_systems_folder_the_document_is_the_same(project, run):
    found = run("attack", project, "--json")
    assert found.code == 0, found.err
    document = found.document
    assert {"clean", "attacked", "certified", "verdict", "weak_because", "seconds", "rows"} <= set(document)
    rows, beaten = document["rows"], [row for row in document["rows"] if row["attacked"]]
    assert {"row", "certified", "attacked", "lower", "upper", "adversarial"} <= set(rows[0])
    right = sum(row["correct"] for row in rows)
    assert document["clean"] == pytest.approx(right / len(rows))
    assert document["attacked"]["value"] == pytest.approx((right - len(beaten)) / len(rows))
    assert document["certified"]["value"] == pytest.approx(sum(row["certified"] for row in rows) / len(rows))
    assert not any(row["certified"] and row["attacked"] for row in rows)
    for row in beaten:
        assert row["adversarial"]
        assert row["words"]
        assert row["label"] != row["becomes"]
    again = run("attack", project, "--json").document
    assert again["reused"]
    assert again["rows"] == rows
    printed = run("attack", project).out
    assert not beaten or "what is enough" in printed
