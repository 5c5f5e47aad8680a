"""How full the machine is: its disk, its memory, and what this program holds of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from backend_client.terminal import Room

_KIB = 1024


def room(folder: Path) -> Room:
    """folder: on whose disk the terminal keeps its data. Blocks; what cannot be found out is 0."""
    try:
        disk = shutil.disk_usage(folder)
        free, size = disk.free, disk.total
    except OSError:
        free = size = 0
    memory = _fields(Path("/proc/meminfo"))
    return Room(
        disk_free=free,
        disk=size,
        memory_free=memory.get("MemAvailable", 0) * _KIB,
        memory=memory.get("MemTotal", 0) * _KIB,
        program=_fields(Path(f"/proc/{os.getpid()}/status")).get("VmRSS", 0) * _KIB,
    )


def _fields(file: Path) -> dict[str, int]:
    """The lines ``NAME:  NUMBER kB`` of a file of the kernel (proc(5))."""
    found: dict[str, int] = {}
    try:
        lines = file.read_text("ascii", "replace").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _, value = line.partition(":")
        words = value.split()
        if len(words) == 2 and words[1] == "kB" and words[0].isdecimal():
            found[name] = int(words[0])
    return found
