"""Functions of the user's own, named `FILE.py:NAME` in `hauberk.toml`: data readers and training functions."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.errors import HauberkError
from hauberk.core.statement import Subject
from hauberk.flows.errors import BadTrainFunction

__all__ = ["UserFunction", "is_function", "load_function"]

_NAME = re.compile(r"(?P<file>[^:]+\.py):(?P<name>[A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFunction:
    """A function out of the user's file.

    Attributes:
        spelled: As `hauberk.toml` names it.
        source: Digest of the file, an input of every stage that calls the function.
        call: The function; what it raises comes out as `BadTrainFunction`.
    """

    spelled: str
    source: Digest
    call: Callable[..., Any]

    @property
    def subject(self) -> Subject:
        """The file as an artifact."""
        return Subject(self.spelled.partition(":")[0], self.source)


def is_function(text: str) -> bool:
    """Whether a setting names a function rather than a file.

    >>> is_function("train.py:fit"), is_function("train.parquet")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None


def load_function(folder: Path, text: str) -> UserFunction:
    """The function that `text` names, out of a file beside `hauberk.toml`; running the file is the user's wish.

    Raises:
        BadTrainFunction: No such file or function, or the file itself fails.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise BadTrainFunction(where=text, expected="FILE.py:NAME", got=repr(text))
    path = folder / match["file"]
    try:
        source = path.read_bytes()
    except OSError as error:
        raise BadTrainFunction(where=str(path), expected="a Python file", got=error.strerror or str(error)) from error
    module = _run(path, text)
    function = getattr(module, match["name"], None)
    if not callable(function):
        raise BadTrainFunction(where=str(path), expected=f"a function `{match['name']}`", got="none")
    return UserFunction(spelled=text, source=digest_bytes(source), call=_guarded(function, text))


def _run(path: Path, text: str) -> object:
    name = f"hauberk_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadTrainFunction(where=str(path), expected="a Python file", got="a file that Python cannot load")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and the like look their module up by name while it runs.
    sys.modules[name] = module
    with _blamed(text, "a file that runs"):
        spec.loader.exec_module(module)
    return module


def _guarded(function: Callable[..., Any], text: str) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        with _blamed(text, "a function that runs"):
            return function(*arguments)

    return call


@contextmanager
def _blamed(text: str, expected: str) -> Iterator[None]:
    """Whatever the user's code raises is its failure, but for our own errors and the user who stops the run.

    `SystemExit` too: `sys.exit()` must not end the run with a code of its own, as 0 would read as a gate passed.
    """
    try:
        yield
    except (HauberkError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise BadTrainFunction(where=text, expected=expected, got=f"{type(error).__name__}: {error}") from error
