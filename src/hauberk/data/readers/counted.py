"""A stream that counts what passes, so that a compressed bomb is stopped while it unpacks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa

from hauberk.data.errors import TableTooLarge
from hauberk.data.limits import TableLimits

__all__ = ["CountedStream", "open_counted"]


class CountedStream(io.RawIOBase):
    """Reads from an Arrow input stream up to a limit; `quotes` is the number of `"` seen.

    Raises:
        TableTooLarge: From `read`, once more than `limit` bytes have come.
    """

    def __init__(self, source: pa.NativeFile, *, limit: int, where: str) -> None:
        super().__init__()
        self._source = source
        self._limit = limit
        self._where = where
        self._passed = 0
        self.quotes = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, all that are left where negative; no bytes at the end."""
        wanted = self._limit - self._passed + 1
        data: bytes = self._source.read(min(size, wanted) if size >= 0 else wanted)
        self._passed += len(data)
        if self._passed > self._limit:
            raise TableTooLarge(where=self._where, expected=f"at most {self._limit} bytes unpacked", got="more")
        self.quotes += data.count(b'"')
        return data

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as one read goes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the source too."""
        if not self.closed:
            self._source.close()
        super().close()


def open_counted(path: Path, limits: TableLimits) -> CountedStream:
    """The file's bytes, unpacked where its name ends in `.gz` (several gzip members count as one file)."""
    source = pa.OSFile(str(path))
    if path.suffix.lower() == ".gz":
        source = pa.CompressedInputStream(source, "gzip")
    return CountedStream(source, limit=limits.table_bytes, where=str(path))
