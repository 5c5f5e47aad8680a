"""Unix sockets that only their owner can open, whatever the length of their path."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def listen(path: Path) -> socket.socket:
    """Makes the socket, mode 0600, its folder 0700, in place of one that is left over. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with _short(path) as short:
            server.bind(short)
        server.listen()
    except OSError:
        server.close()
        raise
    finally:
        os.umask(before)
    server.setblocking(False)
    return server


def connect(path: Path) -> socket.socket:
    """A connection to whoever listens there. Raises OSError."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.setblocking(False)  # a full backlog is an error, not a wait
    try:
        with _short(path) as short:
            client.connect(short)
    except OSError:
        client.close()
        raise
    return client


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path through a descriptor of its folder: no more than 107 bytes are allowed (unix(7))."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
