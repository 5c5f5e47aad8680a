"""Who has a port: Linux lists the locks that programs hold on files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a port. command: its short name."""

    process: int
    command: str


def holder_of(port: str) -> Holder | None:
    """The program whose lock is on a port; None where there is none, or the system does not tell.

    A line of /proc/locks, of which the second, fifth and sixth matter::

        1: FLOCK  ADVISORY  WRITE 4711 00:18:5 0 EOF
    """
    try:
        about = Path(port).stat()
        lines = LOCKS.read_text("ascii").splitlines()
    except OSError:
        return None
    file = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    for line in lines:
        parts = line.split()
        if len(parts) == 8 and parts[1] == "FLOCK" and parts[5] == file:
            return _named(int(parts[4]))
    return None


def _named(process: int) -> Holder | None:
    try:
        return Holder(process, Path(f"/proc/{process}/comm").read_text("utf-8", "replace").strip())
    except OSError:
        return None
