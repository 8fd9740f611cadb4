"""`hauberk attack physical MODEL`: weather, stickers and patches on a network in a file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.datasets import load_digits

from hauberk.models import build_network, open_torch, serialise_model

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    rows, labels = load_digits(return_X_y=True)
    rows = rows / 16
    generator = torch.Generator().manual_seed(0)
    module = build_network(
        (
            {"type": "Conv2d", "in_channels": 1, "out_channels": 12, "kernel_size": 3, "padding": 1},
            {"type": "ReLU"},
            {"type": "Flatten"},
            {"type": "Linear", "in_features": 768, "out_features": 10},
        )
    )
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(-0.05, 0.05, generator=generator)
    images, right = torch.tensor(rows[:1300], dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels[:1300])
    optimiser = torch.optim.Adam(module.parameters(), lr=5e-3)
    for _ in range(10):
        for part in torch.randperm(1300, generator=generator).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(images[part]), right[part]).backward()
            optimiser.step()
    model = open_torch(module, classes=tuple("0123456789"), shape=(1, 8, 8))
    (folder / "net.safetensors").write_bytes(serialise_model(model)[1])
    table = {f"p{at}": rows[1300:1600, at] for at in range(64)} | {"digit": labels[1300:1600]}
    parquet.write_table(pa.table(table), folder / "rows.parquet")
    return folder


def asked(run, folder, *words, code=0):
    common = ("attack", "physical", folder / "net.safetensors", "--data", folder / "rows.parquet", "--target", "digit")
    found = run(*common, *words, "--json")
    assert found.code == code, found.err
    return found.document


def test_weather_is_reported_for_each_kind_and_severity(digits, run, tmp_path):
    found = asked(run, digits, "--kind", "corruptions", "--rows", 100, "--picture", tmp_path / "c.svg")
    assert found["n"] == 100
    points = {(one["corruption"], one["severity"]): one["value"] for one in found["corruptions"]}
    assert len(points) == 65
    assert points["defocus_blur", 5] < found["clean"]["value"]
    assert found["mean"] == pytest.approx(np.mean(list(points.values())))
    assert (tmp_path / "c.svg").read_text().count("<image") == 65


def test_a_sticker_turns_eights_into_threes_and_a_picture_shows_it(digits, run, tmp_path):
    picture = tmp_path / "s.svg"
    words = ("--kind", "sticker", "--victim", 8, "--goal", 3, "--area", 0.3, "--frontal", "--steps", 120)
    found = asked(run, digits, *words, "--picture", picture)
    assert found["turned"]["value"] > 0.5
    assert found["turned"]["value"] > found["turned_grey"]["value"]
    assert found["turned_bare"]["value"] < 0.1
    assert picture.read_text().count("<image") == 10
    again = asked(run, digits, *words)
    assert again["turned"] == found["turned"]
    patch = asked(run, digits, "--kind", "patch", "--area", 0.14, "--frontal", "--steps", 60, "--rows", 60)
    assert patch["area"] == pytest.approx(9 / 64)


@pytest.mark.parametrize(
    "words",
    [
        ("--kind", "sticker", "--goal", "nobody"),
        ("--kind", "sticker", "--victim", "nobody"),
        ("--kind", "sticker", "--victim", 8, "--goal", 8),
        ("--kind", "sticker", "--area", 1.5),
        ("--kind", "corruptions", "--picture", "no/such/folder/x.svg"),
    ],
)
def test_wrong_use_is_told(digits, run, words):
    error = asked(run, digits, *words, "--rows", 20, code=2)["error"]
    assert error["expected"]
    assert error["got"]
