"""Errors of the blobs and of the state."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredBlob",
    "BadStateUrl",
    "CorruptState",
    "MissingBlob",
    "MissingDriver",
    "NewerState",
    "StateUnavailable",
    "StoreError",
    "StoreUnreadable",
    "StoreUnwritable",
    "SwappedBlob",
    "TruncatedBlob",
    "WrongStoreKey",
]


class StoreError(HauberkError):
    """Base of the errors of `hauberk.store`."""


class BadStateUrl(StoreError):
    """The state's address is neither `sqlite:///file` nor `postgresql://host/database`."""

    code = "STORE-101"
    title = "Bad address of the state"


class NewerState(StoreError):
    """The state was written by a newer version of Hauberk. Install that version; older ones do not touch it."""

    code = "STORE-102"
    title = "State of a newer version"


class MissingBlob(StoreError):
    """The store holds no bytes of this digest: they were deleted, or the store is another one."""

    code = "STORE-201"
    title = "Missing from the store"


class AlteredBlob(StoreError):
    """A file of the store was altered. Run the stage that made it again, or restore the file from a backup."""

    code = "STORE-202"
    title = "Altered in the store"


class TruncatedBlob(StoreError):
    """The end of a file of the store is missing. Run the stage that made it again, or restore it from a backup."""

    code = "STORE-203"
    title = "Cut short in the store"


class WrongStoreKey(StoreError):
    """A file of the store was encrypted under another key than the key folder holds: restore that key."""

    code = "STORE-204"
    title = "Wrong key for the store"


class SwappedBlob(StoreError):
    """A file of the store is whole but holds other bytes than its name says: files were renamed or copied over."""

    code = "STORE-205"
    title = "Other bytes than the name says"


class CorruptState(StoreError):
    """The state database is damaged, or is no database of Hauberk.

    It only remembers which stages have run. Move it away: the next run repeats the stages; the ledger stays as it is.
    """

    code = "STORE-206"
    title = "Damaged state"


class StoreUnwritable(StoreError):
    """The store cannot be written: no space left, read-only, or another owner. Nothing was stored."""

    code = "STORE-301"
    title = "Cannot write to the store"


class StoreUnreadable(StoreError):
    """A file of the store is there and cannot be read: another owner, or a failing disk."""

    code = "STORE-302"
    title = "Cannot read the store"


class StateUnavailable(StoreError):
    """The state database cannot be reached or written: no server, no space left, read-only, or locked for too long."""

    code = "STORE-303"
    title = "Cannot use the state"


class MissingDriver(StoreError):
    """The state lies in PostgreSQL and its driver is not installed: `pip install "hauberk[scale]"`."""

    code = "STORE-304"
    title = "Driver not installed"
