"""What is installed, what is missing and how to get it."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

from hauberk import __version__
from hauberk.core.encoding import Json

__all__ = ["Check", "Health", "Report", "examine"]

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)")
_EXTRA = re.compile(r"extra\s*==\s*[\"'](?P<extra>[^\"']+)[\"']")
# Two distributions that write the same files: whichever was installed last wins, and removing one breaks the other.
_CLASHES = (("xgboost", "xgboost-cpu"),)


class Health(StrEnum):
    """How a part is."""

    OK = "ok"
    OPTIONAL = "optional"
    """Not installed, and only some features need it."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part that was looked at."""

    part: str
    health: Health
    found: str
    hint: str = ""

    def document(self) -> dict[str, Json]:
        """The check as JSON."""
        return {"part": self.part, "health": str(self.health), "found": self.found, "hint": self.hint}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything that the base needs is there."""
        return all(check.health is not Health.BROKEN for check in self.checks)

    def document(self) -> dict[str, Json]:
        """The report as JSON."""
        return {"healthy": self.healthy, "checks": [check.document() for check in self.checks]}


def examine() -> Report:
    """Look at the interpreter, the machine and every distribution that Hauberk's metadata name; imports none."""
    version = platform.python_version()
    python = Health.OK if sys.version_info >= (3, 11) else Health.BROKEN
    checks = [
        Check(part="hauberk", health=Health.OK, found=__version__),
        Check(part="python", health=python, found=version, hint="" if python is Health.OK else "install Python 3.11"),
        Check(part="processors", health=Health.OK, found=str(os.cpu_count() or 1)),
    ]
    checks += [_distribution(name, extras) for name, extras in sorted(_requirements().items())]
    checks += [check for pair in _CLASHES if (check := _clash(*pair))]
    return Report(checks=tuple(checks))


def _requirements() -> dict[str, tuple[str, ...]]:
    """Distribution name to the extras that ask for it; no extra means the base does."""
    wanted: dict[str, set[str]] = {}
    for line in metadata.requires("hauberk") or ():
        name = _REQUIREMENT.match(line)
        extra = _EXTRA.search(line)
        if name is None or name["name"] == "hauberk" or (extra and extra["extra"] in ("dev", "all")):
            continue
        wanted.setdefault(name["name"], set()).add(extra["extra"] if extra else "")
    return {name: () if "" in extras else tuple(sorted(extras)) for name, extras in wanted.items()}


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _distribution(name: str, extras: tuple[str, ...]) -> Check:
    found = _installed(name)
    if found:
        return Check(part=name, health=Health.OK, found=found)
    if not extras:
        return Check(part=name, health=Health.BROKEN, found="missing", hint=f"pip install {name}")
    return Check(
        part=name,
        health=Health.OPTIONAL,
        found="missing",
        hint=" or ".join(f"pip install 'hauberk[{extra}]'" for extra in extras),
    )


def _clash(first: str, second: str) -> Check | None:
    if not (_installed(first) and _installed(second)):
        return None
    hint = f"pip uninstall {first} {second}, then pip install {second}"
    return Check(part=f"{first} beside {second}", health=Health.BROKEN, found="both write the same files", hint=hint)
