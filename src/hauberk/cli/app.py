"""The root command: verbs are imported when they are called, errors are told in one place."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import sys
from collections.abc import Sequence

import click
import structlog

from hauberk import __version__
from hauberk.cli.door import print_error, tell_error
from hauberk.core.errors import HauberkError
from hauberk.flows.errors import Interrupted, StateUnwritable, WrongUse

__all__ = ["app", "run"]

VERBS = {
    "init": "Write hauberk.toml from a training file.",
    "secure": "Verify, harden, attack, seal, gate and prove: the main job.",
    "verify": "Check the data: schema, integrity, label errors.",
    "harden": "Train robust candidates and choose one.",
    "attack": "Measure what an attacker can do to the model.",
    "seal": "Sign and encrypt the model into a bundle.",
    "prove": "Verify a proof offline.",
    "ledger": "Show, audit and prove the transparency log.",
    "keys": "Show the public key, make keys.",
    "doctor": "What is installed, what is missing and how to get it.",
    "demo": "Secure the census lending example.",
}

_UNWRITABLE = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM,
        # A path that was given is in the way, or cannot be one.
        errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP,
    }
)  # fmt: skip


class _Verbs(click.Group):
    """Knows the verbs by name and imports `hauberk.cli.<verb>` only when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"hauberk.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.message} Verbs: {', '.join(VERBS)}.", ctx) from error


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hauberk")
def app() -> None:
    """Secures a machine-learning system through its whole life and proves every claim."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; errors become one message and an exit code (0 clean, 1 findings, 2 wrong use)."""
    _configure_log()
    as_json = "--json" in arguments
    try:
        code = app.main(list(arguments), prog_name="hauberk", standalone_mode=False)
    except HauberkError as error:
        return tell_error(error, as_json=as_json)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        if as_json:
            print_error(_wrong_use(error))
        return 2
    except (click.Abort, KeyboardInterrupt):
        return tell_error(Interrupted(hint="run the same command again: finished stages are kept"), as_json=as_json)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        where = str(error.filename or "")
        return tell_error(StateUnwritable(where=where, got=error.strerror or str(error)), as_json=as_json)
    return code if isinstance(code, int) else 0


def _wrong_use(error: click.ClickException) -> WrongUse:
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = context.command_path if context else "hauberk"
    return WrongUse(where=where, got=error.format_message(), hint=f"see `{where} --help`")


def _configure_log() -> None:
    """Events go to stderr from the level in `HAUBERK_LOG` up (default: warning), as JSON lines if it says `json`."""
    wish = os.environ.get("HAUBERK_LOG", "warning").lower()
    level = logging.INFO if wish == "json" else logging.getLevelNamesMapping().get(wish.upper(), logging.WARNING)
    last = structlog.processors.JSONRenderer() if wish == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Whatever stands for stderr when something is logged: a caller may have exchanged and closed that of today.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
