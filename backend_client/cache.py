"""What was read last from the backend, for the time when it cannot be reached.

Public answers only: topics, policies, services, forms, notices, searches. Each stands under a hash of its
request, so that nothing of what a resident searched for can be read here. It is held in memory and, where
there is a file, written there every half minute and at the end; what the last half minute brought may be lost
with the power, which costs nothing but freshness.

Ages are measured by the system's clock since the start of the machine, so a clock that is set changes none.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from foundation.log import logger

LONGEST_AGE = timedelta(days=30)
"""Older answers are not given any more."""
WRITE_SECONDS = 30.0
_VERSION = 1
_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers"
    " (key BLOB PRIMARY KEY, answer BLOB NOT NULL, read_at REAL NOT NULL, used_at REAL NOT NULL)"
)

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held: so many answers, so many bytes of them; the least recently used go first."""

    answers: int = 5_000
    bytes: int = 48 << 20


@dataclass(slots=True)
class Known:
    """An answer of the backend.

    value: what was made of it, None where nothing was yet; read, used: seconds by the clock of ages.
    """

    answer: bytes = field(repr=False)
    read: float
    used: float
    value: Any = field(default=None, repr=False)


class ReadCache:
    """The owner of the file. Make it with `open`; it is used on one event loop."""

    def __init__(
        self,
        file: Path | None = None,
        *,
        bounds: Bounds | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        """file: where it lies, or none: in memory only; now: the time, aware; clock: seconds of ages."""
        self._file = file
        self._bounds = bounds or Bounds()
        self._now = now
        self._clock = clock
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._bytes = 0
        self._changed: set[bytes] = set()
        self._gone: set[bytes] = set()
        self._writing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, file: Path | None = None, *, bounds: Bounds | None = None) -> Self:
        """Reads what the file holds. It never fails: what cannot be read is set aside and begun anew."""
        cache = cls(file, bounds=bounds)
        await cache.load()
        return cache

    async def load(self) -> None:
        """Takes what the file holds, once, before anything else."""
        if self._file is None:
            return
        for key, answer, read_at, used_at in await asyncio.to_thread(_read, self._file):
            self._put(key, Known(answer, self._from_wall(read_at), self._from_wall(used_at)))
        self._changed.clear()
        self._writing = asyncio.create_task(self._write_now_and_then(self._file))

    async def close(self) -> None:
        """Writes what is not written yet. May be repeated."""
        if self._writing is None or self._file is None:
            return
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)
        self._writing = None
        await self._write(self._file)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, path: str, request: bytes) -> Known | None:
        """What is known of a request; None where nothing is, or it is too old."""
        key = _key(path, request)
        known = self._known.get(key)
        if known is None:
            return None
        if self._clock() - known.read > LONGEST_AGE.total_seconds():
            self._drop(key)
            return None
        known.used = self._clock()
        self._known.move_to_end(key)
        return known

    def put(self, path: str, request: bytes, answer: bytes, value: object) -> None:
        """Keeps an answer that has just come, with what was made of it."""
        moment = self._clock()
        self._put(_key(path, request), Known(answer, moment, moment, value))

    def confirm(self, path: str, request: bytes, known: Known) -> None:
        """The same answer has come again."""
        known.read = self._clock()
        self._changed.add(_key(path, request))

    def drop(self, path: str, request: bytes) -> None:
        """Forgets an answer that is of no use."""
        self._drop(_key(path, request))

    def age(self, known: Known) -> float:
        """Seconds since it was read."""
        return self._clock() - known.read

    def as_of(self, known: Known) -> datetime:
        """When it was read, by the clock of now; never after now."""
        return self._now() - timedelta(seconds=max(self._clock() - known.read, 0.0))

    # Inside

    def _put(self, key: bytes, known: Known) -> None:
        self._drop(key)
        if len(known.answer) > self._bounds.bytes:
            return
        self._known[key] = known
        self._bytes += len(known.answer)
        self._changed.add(key)
        self._gone.discard(key)
        while len(self._known) > self._bounds.answers or self._bytes > self._bounds.bytes:
            self._drop(next(iter(self._known)))

    def _drop(self, key: bytes) -> None:
        known = self._known.pop(key, None)
        if known is not None:
            self._bytes -= len(known.answer)
            self._changed.discard(key)
            self._gone.add(key)

    def _from_wall(self, seconds: float) -> float:
        """A moment of the file by the clock of ages; one that lies in the future is now."""
        return self._clock() - max(self._now().timestamp() - seconds, 0.0)

    def _to_wall(self, moment: float) -> float:
        return self._now().timestamp() - max(self._clock() - moment, 0.0)

    async def _write_now_and_then(self, file: Path) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self._write(file)

    async def _write(self, file: Path) -> None:
        """Writes what has changed; what could not be written is written the next time."""
        if not self._changed and not self._gone:
            return
        changed, gone = self._changed, self._gone
        self._changed, self._gone = set(), set()
        rows = [
            (key, known.answer, self._to_wall(known.read), self._to_wall(known.used))
            for key in changed
            if (known := self._known.get(key))
        ]
        try:
            await asyncio.to_thread(_store, file, rows, gone)
        except sqlite3.OperationalError as error:  # no room, not writable, taken by another process
            _log.warning("cache_not_written", reason=str(error))
            self._changed |= changed & self._known.keys()
            self._gone |= gone - self._known.keys()
        except (sqlite3.DatabaseError, OSError) as error:
            _log.warning("cache_set_aside", reason=str(error))
            await asyncio.to_thread(_set_aside, file)
            self._changed = set(self._known)


def _key(path: str, request: bytes) -> bytes:
    return hashlib.blake2b(path.encode() + b"\0" + request, digest_size=16).digest()


def _connected(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
    database = sqlite3.connect(file, isolation_level=None, timeout=2)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    return database


def _read(file: Path) -> list[tuple[bytes, bytes, float, float]]:
    """Everything in a file, the least recently used first; nothing where it cannot be read."""
    try:
        with closing(_connected(file)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"of version {version}")
            database.execute(_TABLE)
            database.execute(f"PRAGMA user_version={_VERSION}")
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("damaged")
            return [row for row in database.execute("SELECT * FROM answers ORDER BY used_at") if _fits(row)]
    except sqlite3.OperationalError as error:
        _log.warning("cache_not_read", reason=str(error))
    except (sqlite3.DatabaseError, OSError) as error:
        _log.warning("cache_set_aside", reason=str(error))
        _set_aside(file)
    return []


def _fits(row: tuple[Any, ...]) -> bool:
    return [type(value) for value in row] == [bytes, bytes, float, float]


def _store(file: Path, rows: Iterable[tuple[bytes, bytes, float, float]], gone: Iterable[bytes]) -> None:
    with closing(_connected(file)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version={_VERSION}")
        database.executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in gone])
        database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")


def _set_aside(file: Path) -> None:
    """Moves a file that is of no use out of the way; the one that was moved before is replaced."""
    with suppress(OSError):
        file.replace(file.with_name(f"{file.name}.damaged"))
    for end in ("-wal", "-shm"):
        with suppress(OSError):
            file.with_name(file.name + end).unlink()
