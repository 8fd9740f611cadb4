"""What the operating system holds a worker to."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

__all__ = ["bound_memory", "end_with_parent"]

_MIB = 1024 * 1024
_PR_SET_PDEATHSIG = 1


def bound_memory(mib: int | None) -> None:
    """Let this process allocate so many MiB more; beyond, allocations fail (MemoryError, or an abort in C++).

    RLIMIT_DATA counts private writable memory (Linux 4.7), so neither files that are mapped nor reserved addresses.
    """
    if mib:
        limit = _held() + mib * _MIB
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def end_with_parent(parent: int) -> None:
    """Let Linux kill this process when the thread that started it ends, even if it hangs in compiled code.

    Elsewhere the worker ends at the end of its channel, when its job does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before it could be named
            os._exit(1)


def _held() -> int:
    """Bytes that count against RLIMIT_DATA now."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")), 0)
