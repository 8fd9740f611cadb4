"""Writes the reference pages that the code itself knows: errors, settings, command line.

Run `python docs/generate.py`; `--check` writes nothing and fails where a page is out of date.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import os
import pkgutil
import re
import sys
import typing
from pathlib import Path

import click
from click.testing import CliRunner

import hauberk
from hauberk.cli.app import VERBS, app
from hauberk.core.errors import HauberkError
from hauberk.flows.configuration import Configuration

HERE = Path(__file__).parent
FAULT = {"1": "Wrong input or use", "2": "Altered, or does not verify", "3": "Environment"}


def errors_page() -> str:
    """Every error class with a code, by room."""
    for module in pkgutil.walk_packages(hauberk.__path__, "hauberk."):
        if module.name.endswith((".errors", ".gate")):
            importlib.import_module(module.name)
    found: dict[str, type[HauberkError]] = {}
    todo = [HauberkError]
    while todo:
        below = todo.pop().__subclasses__()
        todo += below
        found |= {error.code: error for error in below if "code" in vars(error)}
    lines = [
        "# Errors",
        "",
        "An error names its code, what was expected, what came, and what to do. The hundreds of the",
    ]
    lines += ["code say whose fault it is: " + "; ".join(f"{k}xx {v.lower()}" for k, v in FAULT.items()) + ".", ""]
    room = ""
    for code in sorted(found):
        if code.partition("-")[0] != room:
            room = code.partition("-")[0]
            lines += [f"## {room}", ""]
        lines += [f"### {code}", "", f"**{found[code].title}.** {inspect.cleandoc(found[code].__doc__ or '')}", ""]
    return "\n".join(lines)


def settings_page() -> str:
    """Every setting of hauberk.toml, out of the docstrings of the sections."""
    lines = ["# hauberk.toml", "", "Hyphens and underscores in keys are alike. Unknown keys are refused.", ""]
    lines += _section("", Configuration)
    return "\n".join(lines)


def _section(path: str, kind: type) -> list[str]:
    lines: list[str] = []
    hints = typing.get_type_hints(kind)
    meanings = _meanings(kind)
    rows = []
    for field in dataclasses.fields(kind):
        inner = _inner(hints[field.name])
        name = field.name.replace("_", "-")
        if inner is not None:
            listed = typing.get_origin(hints[field.name]) is dict
            lines += _section(f"{path}.{name}".lstrip(".") + (".NAME" if listed else ""), inner)
        else:
            rows.append(f"| `{name}` | {_default(field)} | {meanings.get(field.name, '')} |")
    head = [f"## `[{path}]`" if path else "## Above all sections", "", _summary(kind), ""]
    table = ["| key | default | meaning |", "|---|---|---|", *rows, ""] if rows else []
    return head + table + lines


def _inner(hint: object) -> type | None:
    for candidate in (hint, *typing.get_args(hint)):
        if dataclasses.is_dataclass(candidate):
            return typing.cast("type", candidate)
    return None


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is not dataclasses.MISSING:
        return "" if field.default is None else f"`{field.default!r}`"
    return "**required**" if field.default_factory is dataclasses.MISSING else ""


def _summary(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "").split("\n\nAttributes:")[0].replace("\n", " ")


def _meanings(kind: type) -> dict[str, str]:
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?= {4}\S)", "\n" + text):
        names, _, meaning = entry.strip().partition(":")
        for name in names.split(","):
            found[name.strip()] = " ".join(meaning.split())
    return found


def commands_page() -> str:
    """The help of every verb, as the command prints it."""
    lines = [
        "# Command line",
        "",
        "Exit codes: 0 clean, 1 findings above the threshold, a failed gate or evidence that",
    ]
    lines += ["does not verify, 2 wrong use or environment.", "", *_help([])]
    for verb in VERBS:
        lines += _help([verb])
        command = app.get_command(click.Context(app), verb)
        if isinstance(command, click.Group):
            for inner in sorted(command.commands):
                lines += _help([verb, inner])
    return "\n".join(lines)


def _help(words: list[str]) -> list[str]:
    result = CliRunner().invoke(app, [*words, "--help"], prog_name="hauberk", terminal_width=100)
    return [f"## hauberk {' '.join(words)}".rstrip(), "", "```", result.output.rstrip(), "```", ""]


PAGES = {
    "reference/errors.md": errors_page,
    "reference/configuration.md": settings_page,
    "reference/cli.md": commands_page,
}


def main() -> int:
    """Write the pages, or compare them."""
    os.environ["COLUMNS"] = "100"
    stale = []
    for name, page in PAGES.items():
        path = HERE / name
        text = page().rstrip() + "\n"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    sys.stdout.write("".join(f"{name} was out of date\n" for name in stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
