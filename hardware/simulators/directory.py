"""The folder where simulated devices are met: links to their ports, the control socket, the slips."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IDENTITY_CARD_READER = "identity-card-reader"
RECEIPT_PRINTER = "receipt-printer"
CONTROL = "control"
SLIPS = "slips"


class Occupied(Exception):
    """Another simulator serves in this folder."""


class NobodyServes(Exception):
    """No simulator serves in this folder."""


def default() -> Path:
    """Where simulators and those who look for them meet unless told otherwise."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime, "huimin") if runtime else Path.home() / ".cache" / "huimin" / "devices"


@contextmanager
def held(folder: Path) -> Iterator[int]:
    """Makes the folder and holds it for one simulator, however that ends. Gives a descriptor of the folder.

    Raises Occupied, and OSError where the folder cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(str(folder)) from None
        yield descriptor
    finally:
        os.close(descriptor)


def listen(folder: Path, descriptor: int) -> socket.socket:
    """The control socket, in place of a stale one. It is reached through the folder's descriptor, because a
    socket's path may have no more than 107 bytes."""
    (folder / CONTROL).unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        server.bind(f"/proc/self/fd/{descriptor}/{CONTROL}")
    except OSError:
        server.close()
        raise
    finally:
        os.umask(before)
    return server


def connect(folder: Path) -> socket.socket:
    """A connection to the simulator that serves there. Raises NobodyServes."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        raise NobodyServes(str(folder)) from None
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        client.settimeout(5.0)
        client.connect(f"/proc/self/fd/{descriptor}/{CONTROL}")
    except OSError:
        client.close()
        raise NobodyServes(str(folder)) from None
    finally:
        os.close(descriptor)
    return client
