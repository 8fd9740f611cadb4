"""The project's keys on disk, and where the passphrase that they are encrypted under comes from."""

from __future__ import annotations

import os
from pathlib import Path

from hauberk.crypto import FileKeyProvider
from hauberk.flows.errors import BadSetting

__all__ = ["open_key_folder"]

_VARIABLE = "HAUBERK_PASSPHRASE_FILE"


def open_key_folder(state_folder: Path) -> FileKeyProvider:
    """The keys of the project, with the passphrase in the file that `HAUBERK_PASSPHRASE_FILE` names, if it is set.

    Raises:
        BadSetting: The variable names no readable text file.
    """
    return FileKeyProvider(state_folder / "keys", passphrase=_load_passphrase())


def _load_passphrase() -> str | None:
    """The content of the file without the line end that an editor adds; an empty variable is not taken for none."""
    name = os.environ.get(_VARIABLE)
    if name is None:
        return None
    try:
        text = Path(name).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        got = f"{name!r}: {error.strerror}" if isinstance(error, OSError) else f"{name!r}: no UTF-8"
        raise BadSetting(where=_VARIABLE, expected="a file that holds the passphrase", got=got) from error
    return text.removesuffix("\n").removesuffix("\r")
