"""The calls of one worker that are under way, on the disk: killed, it leaves no call without its record.

A file of JSON lines: the call record as it is at the answer, and ``{"over": call_id}`` once the whole record
is written. Nothing waits for the disk: what a killed process wrote is there. After a power cut some may lack.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LARGEST = 1 << 20
"""Bytes from which on the file is written anew, with the calls under way alone."""


class InUse(Exception):
    """The file is another process's."""


class UnderWay:
    """The owner of the file, until it is closed. Not for several threads."""

    def __init__(self, file: Path) -> None:
        """Raises InUse, OSError."""
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = file
        self._descriptor = _own(file)
        self._lines: dict[str, bytes] = {}
        found = file.read_bytes()
        self._size = len(found)
        for line in found.splitlines():
            self._read(line)
        self.left = tuple(json.loads(line) for line in self._lines.values())
        """What a process before this one began and did not end, in order."""

    def begun(self, record: Mapping[str, Any]) -> None:
        """A call was answered. Raises OSError."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._lines[str(record["call_id"])] = line
        self._add(line)

    def over(self, call_id: str) -> None:
        """The record of a call is on the disk. Raises OSError."""
        if self._lines.pop(call_id, None) is not None:
            self._add(json.dumps({"over": call_id}, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Gives the file up; nothing is in it where no call is under way."""
        if not self._lines:
            self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _read(self, line: bytes) -> None:
        """A line that a kill has cut off is left out."""
        try:
            entry = json.loads(line)
            if "over" in entry:
                self._lines.pop(entry["over"], None)
            else:
                self._lines[str(entry["call_id"])] = line + b"\n"
        except (ValueError, TypeError, KeyError):
            return

    def _add(self, line: bytes) -> None:
        if self._size + len(line) > LARGEST + sum(map(len, self._lines.values())):
            self._write_anew()
            return
        self._size += os.write(self._descriptor, line)

    def _write_anew(self) -> None:
        beside = self._file.with_suffix(".part")
        beside.unlink(missing_ok=True)
        descriptor = _own(beside)
        self._size = os.write(descriptor, b"".join(self._lines.values()))
        beside.rename(self._file)
        os.close(self._descriptor)
        self._descriptor = descriptor


def _own(file: Path) -> int:
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUse(file) from None
    return descriptor
