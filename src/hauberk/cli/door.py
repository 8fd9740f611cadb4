"""What every verb shares: `--json`, `--seed`, `--quiet`, the progress bars, and how results and errors are shown."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType
from rich.text import Text

from hauberk.cli.bars import StageBars
from hauberk.core.encoding import Json
from hauberk.core.errors import HauberkError
from hauberk.core.printable import render_printable
from hauberk.core.progress import Watcher, unwatched

__all__ = ["Door", "default_group", "door_options", "folder_argument", "print_error", "tell_error"]

_STDOUT, _STDERR = 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


class _PlainConsole(Console):
    """Takes strings for words: names in them are other people's and neither style the output nor steer the terminal."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """The words as they are, with what cannot be printed spelt out."""
        return super().render_str(render_printable(text), **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The wishes that stand on every command line.

    Attributes:
        json: Print one JSON document on stdout and nothing else there.
        quiet: Neither progress nor tables, only errors and the exit code (and JSON if asked for).
        seed: Overrides the seed of `hauberk.toml`.
    """

    json: bool
    quiet: bool
    seed: int | None

    def show(self, document: Json, *tables: RenderableType) -> None:
        """Print a result: the document as JSON, or the tables for people."""
        if self.json:
            sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
        elif not self.quiet:
            console = _PlainConsole()
            for table in tables:
                console.print(table)

    def show_text(self, document: Json, text: str) -> None:
        """Print a result whose text is a file's content: as it is, without folding it at the width of a terminal."""
        if self.json:
            self.show(document)
        elif not self.quiet:
            sys.stdout.write(text)

    @contextmanager
    def watching(self) -> Iterator[Watcher]:
        """Progress bars on stderr, one a stage; silent when quiet or where stderr is no terminal.

        Whatever the work prints meanwhile (a training function, a library) goes to stderr, so that stdout holds the
        result only.
        """
        with _stdout_to_stderr():
            if self.quiet:
                yield unwatched
                return
            with StageBars() as bars:
                yield bars.watch


def default_group(default: str) -> type[click.Group]:
    """A group whose name alone, or with a folder or a file, means its verb `default`."""

    class Group(click.Group):
        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
                args = [default, *args]
            return super().parse_args(ctx, args)

    return Group


def door_options(command: Command) -> Command:
    """Add `--json`, `--seed` and `--quiet`, handed to the command as one `door`."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, everything else on stderr.")
    @click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Overrides the seed in hauberk.toml.")
    @click.option("-q", "--quiet", is_flag=True, help="No progress, no tables.")
    @functools.wraps(command)
    def wrapped(as_json: bool, seed: int | None, quiet: bool, *args: Any, **kwargs: Any) -> Any:
        return command(*args, door=Door(json=as_json, quiet=quiet, seed=seed), **kwargs)

    return wrapped  # type: ignore[return-value]  # click replaces the signature


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """The descriptor too, because compiled libraries and child processes do not ask `sys.stdout`."""
    sys.stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        # What C code has buffered would else come out behind the document, at the end of the process.
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, _STDOUT)
        os.close(kept)


folder_argument = click.argument("folder", type=click.Path(path_type=Path), default=Path())


def print_error(error: HauberkError) -> None:
    """Print an error on stdout as JSON."""
    sys.stdout.write(json.dumps({"error": error.document()}) + "\n")


def tell_error(error: HauberkError, *, as_json: bool) -> int:
    """Print an error once, for people on stderr and as JSON on stdout if asked for; give the exit code."""
    if as_json:
        print_error(error)
    console = Console(stderr=True, highlight=False)
    console.print(Text.assemble((f"{error.code}  ", "bold red"), render_printable(error.message)))
    if error.hint:
        console.print(Text(render_printable(f"hint: {error.hint}")))
    console.print(Text(f"see:  {error.page}", style="dim"))
    return error.exit_code
