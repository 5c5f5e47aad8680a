"""Which terminals run on this machine: their sockets, by the process that serves each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"terminal-([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Place:
    """A socket, and the process that serves it."""

    socket: Path
    process: int


def place_of(folder: Path, process: int) -> Path:
    """The socket of a terminal. Those of terminals that were killed are removed on the way."""
    for place in places(folder):
        if not Path(f"/proc/{place.process}").exists():
            place.socket.unlink(missing_ok=True)
    return folder / f"terminal-{process}"


def places(folder: Path) -> list[Place]:
    """The sockets in a folder, in the order of their processes; none where it cannot be read."""
    try:
        found = [(file, _NAME.fullmatch(file.name)) for file in folder.iterdir()]
    except OSError:
        return []
    return sorted((Place(file, int(match[1])) for file, match in found if match), key=lambda one: one.process)
