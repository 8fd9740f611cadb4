"""Functions of the user's own: found, run, and blamed by name when they fail."""

from __future__ import annotations

import pytest

from hauberk.flows.errors import BadTrainFunction
from hauberk.flows.functions import is_function, load_function


@pytest.mark.parametrize(
    ("text", "expected"),
    [("train.py:fit", True), ("sub/train.py:fit", True), ("train.csv", False), ("train.py", False), ("a.py:1x", False)],
)
def test_what_names_a_function(text, expected):
    assert is_function(text) is expected


def test_a_function_is_called_with_its_arguments(tmp_path):
    (tmp_path / "train.py").write_text("def fit(a):\n    return a + 1\n")
    function = load_function(tmp_path, "train.py:fit")
    assert function.call(2) == 3
    assert function.subject.name == "train.py"


def test_the_source_is_part_of_the_identity(tmp_path):
    file = tmp_path / "train.py"
    file.write_text("def fit(): return 1\n")
    first = load_function(tmp_path, "train.py:fit").source
    file.write_text("def fit(): return 2\n")
    assert load_function(tmp_path, "train.py:fit").source != first


def test_a_file_may_define_dataclasses(tmp_path):
    source = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    (tmp_path / "train.py").write_text(source + "@dataclass\nclass A:\n    x: int\ndef fit(): return A(1).x\n")
    assert load_function(tmp_path, "train.py:fit").call() == 1


@pytest.mark.parametrize(
    ("source", "name", "word"),
    [
        (None, "fit", "No such file"),
        ("x = 1\n", "fit", "none"),
        ("fit = 3\n", "fit", "none"),
        ("import nothing_of_the_kind\n", "fit", "ModuleNotFoundError"),
        ("def fit(:\n", "fit", "SyntaxError"),
    ],
)
def test_what_cannot_be_loaded_is_refused(tmp_path, source, name, word):
    if source is not None:
        (tmp_path / "train.py").write_text(source)
    with pytest.raises(BadTrainFunction) as caught:
        load_function(tmp_path, f"train.py:{name}")
    assert word in caught.value.message


def test_a_failing_function_is_blamed(tmp_path):
    (tmp_path / "train.py").write_text("def fit():\n    raise KeyError('income')\n")
    with pytest.raises(BadTrainFunction, match="KeyError: 'income'"):
        load_function(tmp_path, "train.py:fit").call()


@pytest.mark.parametrize("source", ["import sys\ndef fit():\n    sys.exit(0)\n", "import sys\nsys.exit(0)\n"])
def test_a_function_cannot_end_the_run(tmp_path, source):
    (tmp_path / "train.py").write_text(source)
    with pytest.raises(BadTrainFunction, match="SystemExit"):
        load_function(tmp_path, "train.py:fit").call()


@pytest.mark.parametrize("source", ["def fit():\n    raise Stop('now')\n", "raise Stop('now')\n"])
def test_an_exception_outside_the_usual_tree_is_blamed(tmp_path, source):
    (tmp_path / "train.py").write_text("class Stop(BaseException): pass\n" + source)
    with pytest.raises(BadTrainFunction, match="Stop: now"):
        load_function(tmp_path, "train.py:fit").call()


def test_the_user_can_still_stop_the_run(tmp_path):
    (tmp_path / "train.py").write_text("def fit():\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_function(tmp_path, "train.py:fit").call()
