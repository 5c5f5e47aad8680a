"""Files of JSON lines that only grow, a day each: call records."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, tzinfo
from pathlib import Path


def append(file: Path, entry: Mapping[str, object], zone: tzinfo | None = None) -> None:
    """Adds one line and returns once the disk has it. Blocks; readable by the owner only.

    The line is written at once and under a lock, so that several processes can share the file. A line that
    a power cut has left unfinished is closed first, so that only that one is lost. zone: where it is given,
    what was written on an earlier day by its clock is put aside first, see `put_aside`. Raises OSError.
    """
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if zone is not None:
        put_aside(file, zone)
    with _locked(file, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        written = os.write(descriptor, line)
        if written != len(line):
            raise OSError(f"{file}: {written} of {len(line)} bytes written")
        os.fsync(descriptor)
    if not size:
        sync_folder(file.parent)


def put_aside(file: Path, zone: tzinfo) -> None:
    """Where a file was last written on an earlier day, names it after that day: ``calls-2026-02-03.jsonl``.

    Raises OSError.
    """
    today = datetime.now(zone).date()
    with suppress(FileNotFoundError):
        if _day(file.stat(), zone) >= today:
            return
        with _locked(file, os.O_RDWR) as descriptor:
            found = os.fstat(descriptor)
            if found.st_size and (day := _day(found, zone)) < today:
                aside = _free(file, day)
                file.rename(aside)
                sync_folder(file.parent)


def days(file: Path) -> Iterator[tuple[Path, date]]:
    """What was put aside of a file, and the day of each."""
    for path in sorted(file.parent.glob(f"{file.stem}-*{file.suffix}")):
        with suppress(ValueError):
            yield path, date.fromisoformat(path.stem.removeprefix(f"{file.stem}-")[:10])


def sync_folder(folder: Path) -> None:
    """Makes new and renamed files of a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(file: Path, flags: int) -> Iterator[int]:
    """The file of that name, opened, and nobody else's until the block ends. Raises OSError."""
    while True:
        descriptor = os.open(file, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # given back when the file is closed
            if _still_named(file, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _still_named(file: Path, descriptor: int) -> bool:
    """False where another process has put it aside while this one waited for the lock."""
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _day(found: os.stat_result, zone: tzinfo) -> date:
    return datetime.fromtimestamp(found.st_mtime, zone).date()


def _free(file: Path, day: date) -> Path:
    """A name that nothing has yet: a clock that was put back makes a day come twice."""
    named = file.with_name(f"{file.stem}-{day.isoformat()}{file.suffix}")
    number = 2
    while named.exists():
        named = file.with_name(f"{file.stem}-{day.isoformat()}-{number}{file.suffix}")
        number += 1
    return named
