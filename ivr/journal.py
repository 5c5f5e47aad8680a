"""Files of JSON lines that only grow: call records."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path


def append(file: Path, entry: Mapping[str, object]) -> None:
    """Adds one line and returns once the disk has it. Blocks; readable by the owner only.

    The line is written at once and under a lock, so that several processes can share the file. A line that
    a power cut has left unfinished is closed first, so that only that one is lost. Raises OSError.
    """
    new = not file.exists()
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # given back when the file is closed
        if (size := os.fstat(descriptor).st_size) and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        written = os.write(descriptor, line)
        if written != len(line):
            raise OSError(f"{file}: {written} of {len(line)} bytes written")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Makes new and renamed files of a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
