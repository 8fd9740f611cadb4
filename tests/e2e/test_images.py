"""A system of images and a network through all stages; and `examples/stopsign`, where its data are there."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HAUBERK_DATA", ROOT / ".." / "shared" / "data"))
DIGITS = """
import numpy as np
from sklearn.datasets import load_digits

from hauberk.data import Images


def train():
    digits = load_digits()
    groups = np.arange(len(digits.target)) // 3
    return Images(pixels=digits.images / 16, labels=digits.target, groups=groups)


def bytes_of_pixels():
    digits = load_digits()
    return Images(pixels=(digits.images * 15.9375).astype(np.uint8), labels=digits.target)


def too_bright():
    digits = load_digits()
    return Images(pixels=digits.images, labels=digits.target)


def no_images():
    return load_digits().images
"""
SETTINGS = """
[system]
name = "digits"
seed = 3

[data]
train = "digits.py:train"
target = "digit"
shape = [8, 8]
group = "writer"

[verify]
trees = 5
folds = 2

[model]
kind = "network"
layers = [
  { type = "Conv2d", in-channels = 1, out-channels = 16, kernel-size = 3, padding = 1 },
  { type = "ReLU" },
  { type = "Conv2d", in-channels = 16, out-channels = 32, kernel-size = 3, stride = 2, padding = 1 },
  { type = "ReLU" },
  { type = "Flatten" },
  { type = "Linear", in-features = 512, out-features = 10 },
]

[threats.evasion]
norm = "linf"
eps = 0.15
rows = 60

[harden]
epochs = 8
max-clean-loss = 0.15

[gates]
accuracy = ">= 0.80"
robust_gain = ">= 0.10"
"""


@pytest.fixture
def digits(tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "digits.py").write_text(DIGITS)
    (folder / "hauberk.toml").write_text(SETTINGS)
    return folder


def change(folder, before, after):
    path = folder / "hauberk.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_secure_takes_images_and_a_network_through_all_stages(digits, run):
    done = run("secure", digits, "--json")
    document = done.document
    assert [stage["stage"] for stage in document["stages"]] == ["verify", "harden", "attack", "seal", "gate", "prove"]
    assert document["after"]["accuracy"]["value"] >= 0.8
    gain = document["after"]["robust_gain"]
    assert gain["low"] > 0
    assert document["after"]["robust_accuracy"]["value"] > document["before"]["robust_accuracy"]["value"] + 0.1
    assert all(gate["pass"] for gate in document["gates"]), document["gates"]
    assert document["verdict"] == "pass"
    assert done.code == 0, done.err
    report = Path(document["report"]).read_text()
    assert "every pixel" in report
    assert "moved by at most 0.15" in report
    assert "What falls first" in report
    assert report.count("data:image/png;base64,") in range(3, 16)
    verified = run("prove", "verify", document["proof"], "--key", document["key"])
    assert verified.code == 0, verified.err
    again = run("secure", digits, "--json")
    assert all(stage["reused"] for stage in again.document["stages"])


def test_pictures_of_the_attack_are_kept_and_lie_within_the_threat(digits):
    from hauberk.flows.project import open_project
    from hauberk.flows.secure import run_until

    change(digits, "epochs = 8", "epochs = 3")
    change(digits, "rows = 60", "rows = 40")
    verified, _, attacked = run_until(digits, "attack")
    said = {finding["code"] for finding in verified.findings}
    assert {"verify.images.left_out", "verify.backdoor.not_checked"} <= said
    told = attacked.details["images"]
    assert list(told["shape"]) == [1, 8, 8]
    assert attacked.details["verdict"] in ("trusted", "weak")
    with open_project(digits) as project:
        data = project.store.get_bytes(attacked.artifacts[told["artifact"]])
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        assert kept["row"].tolist() == list(told["rows"])
        assert len(kept["row"])
        assert np.abs(kept["after"] - kept["before"]).max() <= 0.15 + 1e-9
        assert kept["after"].min() >= 0
        assert kept["after"].max() <= 1
        assert (kept["answer"] != kept["label"]).all()
        assert (kept["answer_before"] == kept["label"]).all()


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        ("shape = [8, 8]", "shape = [3, 8, 8]", "DATA-123", "(n, 3, 8, 8)"),
        ("digits.py:train", "digits.py:too_bright", "DATA-123", "numbers from 0 to 1"),
        ("digits.py:train", "digits.py:no_images", "FLOW-105", "hauberk.data.Images"),
        ('type = "Flatten"', 'type = "Flatter"', "FLOW-104", "layers of Linear"),
        ("in-features = 512", "in-features = 99", "FLOW-104", "logits of 10 classes"),
        ('kind = "network"', 'kind = "trees"', "FLOW-104", "network"),
        ("eps = 0.15", "eps = 0.0", "FLOW-104", "eps above 0"),
    ],
)
def test_what_does_not_go_together_is_told(digits, before, after, code, words):
    from hauberk.core.errors import HauberkError
    from hauberk.flows.configuration import load_configuration
    from hauberk.flows.datasets import load_datasets
    from hauberk.flows.harden_network import verify_layers

    change(digits, before, after)
    configuration = load_configuration(digits)
    with pytest.raises(HauberkError) as told:
        verify_layers(configuration, load_datasets(digits, configuration, seed=3).schema.target.categories)
    assert told.value.code == code
    assert words in str(told.value)


def test_the_stop_sign_is_a_system_that_fits_together(monkeypatch):
    """The whole way takes some twenty minutes; the digits above go it, and this is what could differ."""
    from hauberk.flows.configuration import load_configuration
    from hauberk.flows.harden_network import RECIPES, verify_layers
    from hauberk.flows.images import input_shape, read_images

    if not (DATA / "gtsrb12").is_dir():
        pytest.skip("HAUBERK_DATA holds no gtsrb12")
    monkeypatch.setenv("HAUBERK_DATA", str(DATA.resolve()))
    folder = ROOT / "examples" / "stopsign"
    configuration = load_configuration(folder)
    train, _ = read_images(folder, configuration.data, configuration.data.train)
    test, _ = read_images(folder, configuration.data, configuration.data.test, classes=train.schema.target.categories)
    assert (train.rows, test.rows) == (3600, 1200)
    assert input_shape(configuration.data) == (3, 32, 32)
    assert {"stop", "yield"} <= set(train.schema.target.categories)
    verify_layers(configuration, train.schema.target.categories)
    assert configuration.harden.recipe in RECIPES
