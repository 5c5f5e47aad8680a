"""The file of a queue: made, locked, opened, and moved aside where it is damaged."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from backend_client.errors import QueueUnusable
from foundation.log import logger

FILE_NAME = "queue.sqlite3"
LOCK_NAME = "lock"
DAMAGED = "damaged-"
"""How the names of folders begin in which damaged queues lie."""
DAMAGED_REASON = "QUEUE_DAMAGED"
"""Reason of QueueUnusable where the file is damaged; opening it again begins a new one."""

_SCHEMA = 1
_BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE submissions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    resident BLOB NOT NULL,
    sealed BLOB NOT NULL,
    accept_time INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    problem TEXT
);
CREATE TABLE attachments (
    submission INTEGER NOT NULL REFERENCES submissions (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    arrived INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (submission, position)
);
CREATE TABLE parts (
    submission INTEGER NOT NULL,
    position INTEGER NOT NULL,
    part INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (submission, position, part),
    FOREIGN KEY (submission, position) REFERENCES attachments (submission, position) ON DELETE CASCADE
);
CREATE TABLE pool (id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL);
CREATE TABLE leases (request_id TEXT PRIMARY KEY);
"""

_log = logger(__name__)


@contextmanager
def failures() -> Iterator[None]:
    """What SQLite and the operating system say, as QueueUnusable."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", type(error).__name__)
        _log.error("queue_failed", code=code)
        raise QueueUnusable(_reason(error), code) from None
    except OSError as error:
        _log.error("queue_failed", code=errno.errorcode.get(error.errno or 0, ""))
        reason = "QUEUE_DISK_FULL" if error.errno == errno.ENOSPC else "QUEUE_DISK_FAILED"
        raise QueueUnusable(reason, error.strerror or "") from None


def _reason(error: sqlite3.Error) -> str:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the low byte is the primary code
        case sqlite3.SQLITE_FULL:
            return "QUEUE_DISK_FULL"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DAMAGED_REASON
    return "QUEUE_DISK_FAILED"


def locked(file: Path) -> int:
    """A descriptor that holds the lock. Raises QueueUnusable where another process has it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise QueueUnusable("QUEUE_IN_USE", str(file)) from None
    return descriptor


def opened(folder: Path) -> tuple[sqlite3.Connection, Path | None]:
    """The database, made where there is none, and anew where it is damaged; then also where the old one is.

    Raises QueueUnusable where a newer release made it, sqlite3.Error and OSError.
    """
    file = folder / FILE_NAME
    try:
        return _checked(file), None
    except sqlite3.DatabaseError as error:
        if _reason(error) != DAMAGED_REASON:
            raise
    aside = folder / f"{DAMAGED}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{uuid4().hex[:4]}"
    aside.mkdir(mode=0o700)
    for part in folder.glob(f"{FILE_NAME}*"):
        part.rename(aside / part.name)
    return _checked(file), aside / FILE_NAME


def put_back(folder: Path, old: Path) -> None:
    """Undoes what `opened` did with a damaged file, so that it is tried again later. Raises OSError."""
    for part in folder.glob(f"{FILE_NAME}*"):
        part.unlink()
    for part in old.parent.iterdir():
        part.rename(folder / part.name)
    old.parent.rmdir()


def _checked(file: Path) -> sqlite3.Connection:
    if not file.exists():
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = connected(file)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA:
            raise QueueUnusable("QUEUE_NEWER", f"{file}: made by a newer release")
        if version == 0:
            database.execute("PRAGMA auto_vacuum = FULL")
        database.execute("PRAGMA journal_mode = WAL")
        if version == 0:
            database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_SCHEMA}; COMMIT;")
            _sync_folder(file.parent)
        elif database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _found_damaged()
    except BaseException:
        database.close()
        raise
    return database


def connected(file: Path) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return. Transactions are begun by hand."""
    database = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA journal_size_limit = 16777216")
    return database


def _found_damaged() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("quick_check")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _sync_folder(folder: Path) -> None:
    """Brings the names in a folder, and the folder's own, to the disk."""
    for place in (folder, folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
