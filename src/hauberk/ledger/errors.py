"""Errors of the ledger: its files, its proofs, and the disk under it."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredEntry",
    "AlteredTile",
    "BadOrigin",
    "DiskFailed",
    "DiskFull",
    "EntryTooLarge",
    "FolderUnwritable",
    "Forked",
    "LedgerError",
    "LogClosed",
    "LogLocked",
    "MalformedBundle",
    "MalformedCheckpoint",
    "MalformedPending",
    "MalformedReceipt",
    "MalformedTile",
    "MissingCheckpoint",
    "MissingFile",
    "NoLocks",
    "NotAnEntry",
    "NotConsistent",
    "NotIncluded",
    "OutOfRange",
    "RolledBack",
    "WrongOrigin",
    "WrongRoot",
]


class LedgerError(HauberkError):
    """Base of the errors of `hauberk.ledger`."""


class EntryTooLarge(LedgerError):
    """An entry of the log may have at most 65,535 bytes: an entry bundle prefixes it with a length of 16 bits.

    Put what is larger into the store and its digest into the entry.
    """

    code = "LEDGER-101"
    title = "Entry too large"


class NotAnEntry(LedgerError):
    """Something else than bytes was to be appended."""

    code = "LEDGER-102"
    title = "Not an entry"


class BadOrigin(LedgerError):
    """The origin of a log is one line of printable text, such as `example.com/lending`."""

    code = "LEDGER-103"
    title = "Bad origin"


class OutOfRange(LedgerError):
    """An index or a size lies beyond the end of the log, or a consistency proof from the empty log was asked for.

    Every log extends the empty one, so such a proof would prove nothing.
    """

    code = "LEDGER-104"
    title = "Beyond the log"


class LogClosed(LedgerError):
    """The log was used after it had been closed. Open it again."""

    code = "LEDGER-105"
    title = "The log is closed"


class MalformedCheckpoint(LedgerError):
    """A checkpoint is not of the form of C2SP tlog-checkpoint: origin, size and root, each spelt in the one way."""

    code = "LEDGER-201"
    title = "Malformed checkpoint"


class MalformedReceipt(LedgerError):
    """A receipt is not of the form `c2sp.org/tlog-proof@v1`, or not spelt in the one canonical way.

    A line `extra` is refused too: nobody signs it, so it could be changed unseen.
    """

    code = "LEDGER-202"
    title = "Malformed receipt"


class MalformedBundle(LedgerError):
    """A file of entries (`tile/entries/…`) was cut short, has extra bytes, or holds another number of entries."""

    code = "LEDGER-203"
    title = "Malformed entry bundle"


class MalformedTile(LedgerError):
    """A tile file does not have 32 bytes for each of its hashes, or its path is not that of a tile."""

    code = "LEDGER-204"
    title = "Malformed tile"


class WrongOrigin(LedgerError):
    """The checkpoint is that of another log."""

    code = "LEDGER-205"
    title = "Checkpoint of another log"


class NotIncluded(LedgerError):
    """The proof does not show that the entry is in the log: the entry, the index, the proof or the root was altered."""

    code = "LEDGER-206"
    title = "Inclusion not proven"


class NotConsistent(LedgerError):
    """The proof does not show that the new log extends the old one: entries may have been changed or taken out."""

    code = "LEDGER-207"
    title = "Consistency not proven"


class MissingCheckpoint(LedgerError):
    """There is no log here, or its checkpoint was deleted. An empty log proves nothing, so it never verifies."""

    code = "LEDGER-208"
    title = "No checkpoint"


class MissingFile(LedgerError):
    """A tile or a bundle of entries that the checkpoint commits to is not there. Restore the folder from a copy."""

    code = "LEDGER-209"
    title = "File of the log missing"


class AlteredTile(LedgerError):
    """A tile does not hash to what the tiles above it and the checkpoint commit to.

    `hauberk ledger verify` names every file that was altered. Restore them from a copy.
    """

    code = "LEDGER-210"
    title = "Altered tile"


class AlteredEntry(LedgerError):
    """An entry does not hash to its leaf in the tree: its bytes were altered after it had been logged."""

    code = "LEDGER-211"
    title = "Altered entry"


class WrongRoot(LedgerError):
    """The tiles on disk do not make the root of the checkpoint: one of the two was altered or replaced."""

    code = "LEDGER-212"
    title = "Root does not match"


class RolledBack(LedgerError):
    """The log is older than it should be.

    Either it is smaller than a checkpoint that is known to have been signed, or there are tiles beyond its
    checkpoint that no interrupted append accounts for. Restore the latest checkpoint: appending here would give
    the log two histories.
    """

    code = "LEDGER-213"
    title = "Log rolled back"


class Forked(LedgerError):
    """The log has another history than a checkpoint that is known to have been signed for it."""

    code = "LEDGER-214"
    title = "Log forked"


class MalformedPending(LedgerError):
    """The record of an append that was cut off (`pending`) is not readable, or does not fit the checkpoint.

    Run `hauberk ledger verify`; where it names nothing else, remove the file.
    """

    code = "LEDGER-215"
    title = "Bad record of an append"


class LogLocked(LedgerError):
    """Another process, or another part of this one, is writing to the log. Wait until it has ended."""

    code = "LEDGER-301"
    title = "The log is locked"


class DiskFull(LedgerError):
    """There is no space left for the log. The log is as it was before; free some space and repeat."""

    code = "LEDGER-302"
    title = "Disk full"


class FolderUnwritable(LedgerError):
    """The folder or file system of the log may not be written to. The log is as it was before."""

    code = "LEDGER-303"
    title = "Folder not writable"


class DiskFailed(LedgerError):
    """The operating system failed to read or write a file of the log. The log is as it was before."""

    code = "LEDGER-304"
    title = "Disk failed"


class NoLocks(LedgerError):
    """This operating system or file system has no advisory file locks, so two writers could fork the log.

    Reading and verifying work; keep the log that is written to on a local POSIX file system.
    """

    code = "LEDGER-305"
    title = "No file locks here"
