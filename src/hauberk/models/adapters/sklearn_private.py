"""What scikit-learn keeps to itself, and trees cannot be read without."""

from __future__ import annotations

from typing import Any

from hauberk.models.errors import NoTrees

__all__ = ["private"]


def private(owner: Any, name: str) -> Any:
    """The attribute of scikit-learn's own object; read in 1.6 to 1.9, and free to move in any later one.

    Raises:
        NoTrees: This version of scikit-learn has it no longer.
    """
    try:
        return getattr(owner, name)
    except AttributeError as error:
        got = f"no {name} in {type(owner).__name__}"
        raise NoTrees(where="scikit-learn model", expected="scikit-learn 1.6 to 1.9", got=got) from error
