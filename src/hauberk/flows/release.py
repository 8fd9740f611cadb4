"""Files that leave the project: written whole beside their place, and given their name when everything else is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from hauberk.core.digest import Digest, digest_stream
from hauberk.data import Dataset, Kind
from hauberk.data.columns import TIME_UNIT
from hauberk.flows.errors import ReleaseRefused, StateUnwritable

__all__ = ["Draft", "refuse_place", "write_draft"]

_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_CSV = (".csv", ".tsv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file that is whole but does not bear its name yet.

    Attributes:
        draft: Where it lies, for its owner only.
        final: Where it will.
        digest: Of its bytes.
    """

    draft: Path
    final: Path
    digest: Digest

    def publish(self, *, replace: bool) -> None:
        """Give it its name; nothing that stands there is overwritten unless `replace`.

        Raises:
            ReleaseRefused: Something stands there by now.
            StateUnwritable: The folder cannot be written.
        """
        try:
            if replace:
                os.replace(self.draft, self.final)
            else:
                os.link(self.draft, self.final)  # Fails where the name is taken, which a rename would not.
                self.draft.unlink()
            _sync_folder(self.final.parent)
        except FileExistsError as error:
            raise ReleaseRefused(where=str(self.final), expected="no file of this name", got="one") from error
        except OSError as error:
            raise StateUnwritable(where=str(self.final), got=error.strerror or str(error)) from error

    def discard(self) -> None:
        """Take it away, if it is there still."""
        self.draft.unlink(missing_ok=True)


def refuse_place(final: Path, *, inputs: Iterable[Path], state: Path, replace: bool) -> None:
    """Refuse to write where an input, the state or, unless `replace`, anything stands.

    Raises:
        ReleaseRefused: So it is, or the name ends in no known format, or there is no such folder.
    """
    where = str(final)
    known = (*_PARQUET, *_ARROW, *_CSV)
    if final.suffix.lower() not in known:
        raise ReleaseRefused(where=where, expected=f"a name that ends in {', '.join(known)}", got=repr(final.name))
    if not final.parent.is_dir():
        raise ReleaseRefused(where=where, expected="a folder that is there", got="none")
    real = final.resolve()
    if real.is_relative_to(state.resolve()):
        raise ReleaseRefused(where=where, expected="a place outside the project's state", got="one inside")
    if any(real == one.resolve() or (final.exists() and one.exists() and final.samefile(one)) for one in inputs):
        raise ReleaseRefused(where=where, expected="a file of its own", got="one of the project's inputs")
    if final.is_dir() or final.is_symlink():
        raise ReleaseRefused(where=where, expected="a plain file", got="a folder or a link")
    if final.exists() and not replace:
        raise ReleaseRefused(where=where, expected="no file of this name", got="one", hint="--force replaces it")


def write_draft(dataset: Dataset, final: Path) -> Draft:
    """Write the table beside its place, readable by its owner only; points in time become timestamps again.

    Raises:
        StateUnwritable: It cannot be written; nothing is left then.
    """
    draft = final.with_name(f".{final.name}.new")
    try:
        # Never into a file that is there: a run that was killed between link and unlink left one with two names, and a
        # link that somebody left would lead the rows into another file.
        if not draft.is_symlink():
            draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as stream:
            os.fchmod(handle, 0o600)
            _write(_told_times(dataset), stream, final.suffix.lower())
            stream.flush()
            os.fsync(handle)
            stream.seek(0)
            digest = digest_stream(stream)
    except OSError as error:
        with suppress(OSError):  # a folder of this name is not ours
            draft.unlink(missing_ok=True)
        raise StateUnwritable(where=str(final), got=error.strerror or str(error)) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Draft(draft=draft, final=final, digest=digest)


def _told_times(dataset: Dataset) -> pa.Table:
    table = dataset.table.replace_schema_metadata(None)
    for place, feature in enumerate(dataset.schema.features):
        if feature.kind is Kind.INTEGER and feature.unit == TIME_UNIT:
            table = table.set_column(place, feature.name, table.column(place).cast(pa.timestamp("us")))
    return table


def _write(table: pa.Table, stream: BinaryIO, suffix: str) -> None:
    if suffix in _PARQUET:
        pq.write_table(table, stream)
    elif suffix in _ARROW:
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table)
    else:
        options = pa_csv.WriteOptions(delimiter="\t" if suffix == ".tsv" else ",")
        pa_csv.write_csv(table, stream, options)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
