"""`hauberk keys`: the public side of the project's identity."""

from __future__ import annotations

from pathlib import Path

from hauberk.flows.project import open_project

__all__ = ["public_identity"]


def public_identity(folder: Path) -> str:
    """The public key that verifies everything that this project signs; keys are made if there are none.

    Raises:
        As `open_project`.
    """
    with open_project(folder) as project:
        return project.identity.text
