"""Messages over a stream socket: eight bytes of length, big-endian, then the bytes."""

from __future__ import annotations

import socket
import time

__all__ = ["receive", "send"]

_HEAD = 8
_LONGEST = 1 << 26
"""Bytes; the longest document that `parse_json` takes."""


def send(channel: socket.socket, message: bytes) -> None:
    """Send a message; OSError where the other end is gone."""
    channel.sendall(len(message).to_bytes(_HEAD, "big") + message)


def receive(channel: socket.socket, *, seconds: float | None = None) -> bytes:
    """The next message.

    Raises:
        TimeoutError: It is not there after `seconds`.
        EOFError: The other end is gone, or what it sends is no message.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    size = int.from_bytes(_exactly(channel, _HEAD, deadline), "big")
    if size > _LONGEST:
        raise EOFError
    return _exactly(channel, size, deadline)


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        try:
            piece = channel.recv(min(size - len(data), 1 << 20))
        except ConnectionError as error:
            raise EOFError from error
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
