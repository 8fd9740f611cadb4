"""Data that nothing can be learnt from are refused before anything is trained."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyarrow import parquet

from hauberk.data.errors import BadLabel, BadWeight
from hauberk.flows.configuration import parse_configuration
from hauberk.flows.datasets import load_datasets
from hauberk.flows.errors import NotATrainingLabel

TOML = b'[system]\nname = "s"\n[data]\ntrain = "train.parquet"\ntarget = "y"\n'
LABELS = ["no", "yes"] * 40
NUMBERS = [float(i) / 7 for i in range(80)]


def load(folder, columns):
    parquet.write_table(pa.table(columns), folder / "train.parquet")
    return load_datasets(folder, parse_configuration(TOML), seed=0)


def test_what_can_be_learnt_is_loaded(tmp_path):
    assert load(tmp_path, {"a": NUMBERS, "y": LABELS}).train.rows == 60


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"y": LABELS}, "input column"),
        ({"a": NUMBERS, "y": ["no"] * 80}, "two classes, got 1"),
        ({"a": NUMBERS, "y": ["rare", *LABELS[1:]]}, "5 training rows of each class .*, got 0 of 'rare'"),
    ],
)
def test_what_cannot_be_learnt_is_named(tmp_path, columns, words):
    with pytest.raises(NotATrainingLabel, match=words):
        load(tmp_path, columns)


@pytest.mark.parametrize(("source", "label"), [("train", None), ("test", None), ("test", "maybe")])
def test_a_bad_label_is_told_with_its_file(tmp_path, source, label):
    for name in ("train", "test"):
        labels = [*LABELS[:7], label, *LABELS[8:]] if name == source else LABELS
        parquet.write_table(pa.table({"a": NUMBERS, "y": labels}), tmp_path / f"{name}.parquet")
    configuration = parse_configuration(TOML + b'test = "test.parquet"\n')
    with pytest.raises(BadLabel, match=f"^{source}.parquet: column `y`, row 7"):
        load_datasets(tmp_path, configuration, seed=0)


def test_a_bad_weight_is_told_with_its_file(tmp_path):
    with pytest.raises(BadWeight, match=r"train\.parquet: column `sample_weight`, row 3"):
        load(tmp_path, {"sample_weight": [0.5, 1.5, 1.5, -1.5] * 20, "a": NUMBERS, "y": LABELS})


def test_rows_of_weight_0_are_no_training_rows(tmp_path):
    with pytest.raises(NotATrainingLabel, match="got 0 of 'no'"):
        load(tmp_path, {"sample_weight": [0.0, 1.5] * 40, "a": NUMBERS, "y": LABELS})
