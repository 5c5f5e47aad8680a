"""Processor time of a process, to the nanosecond, with that of its threads (Linux's schedstat)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def processor_seconds(process: int) -> float:
    """So much of it all threads have had that are there now."""
    total = 0
    for thread in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):  # it has just ended
            total += int((thread / "schedstat").read_text("ascii").split()[0])
    return total / 1e9


def wakes(process: int) -> int:
    """How often its threads were put on a processor."""
    total = 0
    for thread in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):
            total += int((thread / "schedstat").read_text("ascii").split()[2])
    return total


def resident_bytes(process: int) -> int:
    """Memory that it holds."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
