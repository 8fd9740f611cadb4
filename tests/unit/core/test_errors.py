"""Every error of the product speaks alike, has its own code and its page."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import hauberk
from hauberk.core.errors import HauberkError

ROOT = Path(__file__).parents[3]


def every_error() -> list[type[HauberkError]]:
    for module in pkgutil.walk_packages(hauberk.__path__, "hauberk."):
        if module.name.endswith((".errors", ".gate")):
            importlib.import_module(module.name)
    found, todo = [], [HauberkError]
    while todo:
        below = todo.pop().__subclasses__()
        found += below
        todo += below
    return found


def test_codes_are_unique_and_well_formed():
    codes = [error.code for error in every_error() if "code" in vars(error)]
    assert len(codes) > 20
    assert len(codes) == len(set(codes))
    assert not [code for code in codes if not re.fullmatch(r"[A-Z]+-[123]\d\d", code)]


def test_every_error_is_documented():
    page = (ROOT / "docs/reference/errors.md").read_text()
    for error in every_error():
        if "code" in vars(error):
            assert f"### {error.code}" in page, error
            assert error.__doc__


def test_the_message_names_everything():
    error = HauberkError(expected="a", got="b", where="here", hint="do this")
    assert error.message == "here: Something went wrong: expected a, got b"
    assert error.document()["hint"] == "do this"


def test_exit_codes_follow_the_hundreds():
    by_code = {error.code: error for error in every_error() if "code" in vars(error)}
    assert by_code["CORE-201"]().exit_code == 1
    assert by_code["FLOW-103"]().exit_code == 2
    assert by_code["FLOW-301"]().exit_code == 2
