"""The example that ships inside the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from hauberk.flows.errors import NoProject

__all__ = ["copy_example"]


def copy_example(name: str, folder: Path) -> None:
    """Copy an example's files into `folder`; files that are there already stay as they are.

    Raises:
        NoProject: This installation ships no such example.
    """
    source = resources.files("hauberk") / "_examples" / name
    if not source.is_dir():
        # A checkout keeps the examples beside the sources.
        source = Path(__file__).parents[3] / "examples" / name
    if not source.is_dir():
        raise NoProject(where=name, expected="an example of this name", got="none")
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        target = folder / file.name
        if file.is_file() and not target.exists():
            target.write_bytes(file.read_bytes())
