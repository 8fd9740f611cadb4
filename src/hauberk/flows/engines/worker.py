"""The process that does jobs: `python -P -m hauberk.flows.engines.worker CHANNEL PARENT`.

It is told once which inputs lie in which descriptors, its memory bound and the module to load. After `ready` it does
one job after the other until its channel ends.
"""

from __future__ import annotations

import importlib
import mmap
import socket
import sys
from collections.abc import Mapping

from hauberk.core.encoding import parse_json
from hauberk.flows.engines.bounds import bound_memory, end_with_parent
from hauberk.flows.engines.frames import receive, send
from hauberk.flows.engines.messages import perform

__all__ = ["READY", "main"]

READY = b"ready"


def main(channel_number: int, parent: int) -> None:
    """Serve the channel until it ends."""
    end_with_parent(parent)
    channel = socket.socket(fileno=channel_number)
    try:
        inputs = _prepare(receive(channel))
        send(channel, READY)
        while True:
            send(channel, perform(receive(channel), inputs))
    except (EOFError, OSError):
        return


def _prepare(message: bytes) -> dict[str, memoryview]:
    match parse_json(message):
        case {"inputs": Mapping() as numbers, "memory": int() | None as memory, "module": str(module)}:
            inputs = {name: _mapped(number) for name, number in numbers.items() if isinstance(number, int)}
            importlib.import_module(module)
            bound_memory(memory)
            return inputs
    raise EOFError


def _mapped(number: int) -> memoryview:
    """The bytes of a file in memory, shared with the engine."""
    try:
        return memoryview(mmap.mmap(number, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
    except ValueError:  # an empty file cannot be mapped
        return memoryview(b"")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
