"""`hauberk init` writes what it can read again, whatever the columns are called."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from hauberk.core.errors import HauberkError
from hauberk.data.errors import DataError
from hauberk.flows.configuration import load_configuration
from hauberk.flows.datasets import load_datasets
from hauberk.flows.errors import ProjectExists
from hauberk.flows.init import init_project

NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name.strip() and name not in ("y", "x"))


def write(folder, columns):
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), folder / "train.parquet")
    return folder / "train.parquet"


COLUMNS = {
    "age": [20 + i % 40 for i in range(80)],
    "sex": ["f" if i % 3 else "m" for i in range(80)],
    "gain": [float(i % 17) * 1.5 for i in range(80)],
    "y": ["no" if i % 2 else "yes" for i in range(80)],
}


def test_what_is_written_can_be_read_and_used(tmp_path):
    train = write(tmp_path, COLUMNS)
    made = init_project(tmp_path, train=train, target="y", test=None, force=False)
    configuration = load_configuration(tmp_path)
    assert set(configuration.data.protected) == {"age", "sex"}
    assert configuration.data.features["gain"].mutable is True
    assert configuration.data.features["age"].mutable is False
    datasets = load_datasets(tmp_path, configuration, seed=0)
    assert datasets.train.rows + datasets.test.rows == 80
    assert made.schema.target is not None


def test_an_existing_project_is_left_alone(tmp_path):
    train = write(tmp_path, COLUMNS)
    (tmp_path / "hauberk.toml").write_text("mine")
    with pytest.raises(ProjectExists):
        init_project(tmp_path, train=train, target="y", test=None, force=False)
    assert (tmp_path / "hauberk.toml").read_text() == "mine"
    init_project(tmp_path, train=train, target="y", test=None, force=True)
    assert "target" in (tmp_path / "hauberk.toml").read_text()


def test_an_unknown_target_writes_nothing(tmp_path):
    train = write(tmp_path, COLUMNS)
    with pytest.raises(HauberkError):
        init_project(tmp_path, train=train, target="z", test=None, force=False)
    assert not (tmp_path / "hauberk.toml").exists()


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    words=st.lists(st.text(max_size=9), min_size=2, max_size=4),
)
def test_any_names_and_categories_survive(tmp_path_factory, names, words):
    folder = tmp_path_factory.mktemp("init")
    columns = {name: [words[i % len(words)] for i in range(40)] for name in names}
    columns |= {"x": [float(i) for i in range(40)], "y": ["no" if i % 2 else "yes" for i in range(40)]}
    try:
        train = write(folder, columns)
    except (pa.ArrowException, UnicodeEncodeError):
        return
    try:
        init_project(folder, train=train, target="y", test=None, force=False)
    except HauberkError:
        return
    assert load_configuration(folder).data.target == "y"


def test_whole_numbers_beyond_a_float(tmp_path):
    train = write(tmp_path, COLUMNS | {"long": [2**62 + i % 7 for i in range(80)]})
    assert init_project(tmp_path, train=train, target="y", test=None, force=False).path.is_file()


ROWS = [(f"{i % 17},5", i * 7 % 5, "no" if i % 2 else "yes") for i in range(80)]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_csv_of_another_separator(tmp_path, separator):
    train = tmp_path / "train.csv"
    train.write_text("\n".join(separator.join(map(str, row)) for row in [("gain", "n", "y"), *ROWS]) + "\n")
    init_project(tmp_path, train=train, target="y", delimiter=separator)
    configuration = load_configuration(tmp_path)
    assert configuration.data.csv.delimiter == separator
    assert load_datasets(tmp_path, configuration, seed=0).train.rows == 60


@pytest.mark.parametrize(("separator", "spelled"), [(";", "';'"), ("\t", "$'\\t'"), ("|", "'|'")])
@pytest.mark.parametrize("first", [0, 1])
def test_a_header_of_another_separator_names_the_option(tmp_path, separator, spelled, first):
    train = tmp_path / "train.csv"
    lines = [("gain", "n", "y")[first:], *(row[first:] for row in ROWS)]
    train.write_text("\n".join(separator.join(map(str, line)) for line in lines) + "\n")
    with pytest.raises(HauberkError) as caught:
        init_project(tmp_path, train=train, target="y")
    assert f"--delimiter {spelled}" in caught.value.hint
    assert not (tmp_path / "hauberk.toml").exists()


@pytest.mark.parametrize("test", ["nowhere.parquet", "folder.csv", "test.xlsx"])
def test_a_test_file_that_cannot_be_one_writes_nothing(tmp_path, test):
    train = write(tmp_path, COLUMNS)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=test):
        init_project(tmp_path / "new", train=train, target="y", test=tmp_path / test)
    assert not (tmp_path / "new").exists()


def test_a_test_file_is_written_down(tmp_path):
    train = write(tmp_path, COLUMNS)
    init_project(tmp_path / "new", train=train, target="y", test=write(tmp_path / "later", COLUMNS))
    assert load_configuration(tmp_path / "new").data.test == "../later/train.parquet"


def test_a_weight_that_was_guessed_is_written_down(tmp_path):
    train = write(tmp_path, COLUMNS | {"sample_weight": [0.5 + i % 3 for i in range(80)]})
    init_project(tmp_path, train=train, target="y")
    assert load_configuration(tmp_path).data.features["sample_weight"].role == "weight"
