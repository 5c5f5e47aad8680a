"""What became of the devices, kept over restarts: statistics and events, in one SQLite file.

The terminal writes it, one transaction at a time, each on the disk before the next begins: a power cut costs
what the last FLUSH_SECONDS counted, and never the file. Others may read it meanwhile. It is bounded: the
oldest of MAX_EVENTS events are forgotten. Where it is damaged it is set aside, and a new one begun with what
can be read of it. No personal data gets in: an event has the codes and the detail of a DeviceError, which
hold none.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundation.log import logger
from hardware.interfaces.device import (
    PORT_ADVICE,
    AnyDevice,
    CommandEnded,
    CompletionCode,
    DeviceStatus,
    Status,
    StatusChanged,
    advice_on,
)
from hardware.interfaces.device import Event as Happened

log = logger(__name__)

FILE = "devices.sqlite"
"""Its name in the terminal's data folder."""
MAX_EVENTS = 10_000
MAX_WAITING = 1000
"""Events that wait for the disk at most; more are counted, and told of once it is there again."""
MAX_DETAIL = 200
FLUSH_SECONDS = 15.0
"""Statistics are written so often; an event is written at once."""
BUSY_SECONDS = 5.0
_Counts = dict[tuple[str, str, str], float]
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_STATISTICS = "SELECT device, name, reason, value, since FROM statistic ORDER BY device"
_EVENTS = "SELECT id, at, device, name, completion, code, advice, detail FROM event ORDER BY id"
_INSERT_EVENT = (
    "INSERT INTO event (at, device, name, completion, code, advice, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS statistic (
    device TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, value REAL NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (device, name, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL,
    completion TEXT NOT NULL, code TEXT NOT NULL, advice TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
PRAGMA user_version = {_VERSION};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a technician may want to know.

    at: UTC; device: its class; name: the command that failed, ``status`` for a change of status, or what else
    happened; completion: of the command, or the new device status; code: of the class, or empty; advice:
    names of the sentences that say what to do; detail: in English, without personal data.
    """

    at: datetime
    device: str
    name: str
    completion: str = ""
    code: str = ""
    advice: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A count since a time.

    name: ``cards_read``, ``lines_printed`` and the like as the classes of devices have them; ``commands``,
    with the command as reason; ``failures``, with the code or else the completion as reason; ``cancelled``;
    ``unused``, commands that waited for nobody;
    ``seconds_watched`` and ``seconds_online``, of which the quotient is the time up.
    """

    device: str
    name: str
    reason: str
    value: float
    since: datetime


def works(device: DeviceStatus, findings: Iterable[str]) -> bool:
    """Whether a device does its work: it is online, or a command of its own is under way. One whose port
    another program has is busy as well, and does nothing for anybody."""
    busy = device is DeviceStatus.DEVICE_BUSY and PORT_ADVICE.isdisjoint(findings)
    return busy or device is DeviceStatus.ONLINE


def damaged(error: sqlite3.Error) -> bool:
    """Whether a file is no database any more, rather than out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE  # sqlite3's own errors have no code


def events(
    folder: Path, *, device: str | None = None, since: datetime | None = None, limit: int = MAX_EVENTS
) -> list[Event]:
    """The events that are kept in a data folder, the oldest first; at most the `limit` newest. None where
    nothing was written yet. Raises sqlite3.Error where the file cannot be read."""
    asked = "SELECT at, device, name, completion, code, advice, detail FROM event WHERE at >= ?"
    given: list[object] = [(since or datetime.min.replace(tzinfo=UTC)).astimezone(UTC).isoformat()]
    if device is not None:
        asked += " AND device = ?"
        given.append(device)
    with _reading(folder / FILE) as database:
        if database is None:
            return []
        rows = database.execute(f"{asked} ORDER BY id DESC LIMIT ?", (*given, limit)).fetchall()
    return [
        Event(datetime.fromisoformat(at), one, name, completion, code, tuple(advice.split()), detail)
        for at, one, name, completion, code, advice, detail in reversed(rows)
    ]


def statistics(folder: Path) -> list[Statistic]:
    """The statistics that are kept in a data folder, by device, name and reason. Raises sqlite3.Error."""
    with _reading(folder / FILE) as database:
        if database is None:
            return []
        rows = database.execute(
            "SELECT device, name, reason, value, since FROM statistic ORDER BY device, name, reason"
        ).fetchall()
    return [
        Statistic(device, name, reason, value, datetime.fromisoformat(since))
        for device, name, reason, value, since in rows
    ]


class Store:
    """Writes what becomes of devices. It belongs to one loop; its file is touched by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._waiting: list[Event] = []
        self._lost = 0
        self._counts: _Counts = defaultdict(float)
        self._watched: dict[str, tuple[AnyDevice, float]] = {}
        self._wanted = asyncio.Event()
        self._turn = asyncio.Lock()
        self._checked = False
        self._rescued: _Rescued | None = None

    def follow(self, device: AnyDevice) -> Callable[[], None]:
        """Counts and records what becomes of a device from now on, until what it gives is called."""
        self._watched[device.name] = (device, time.monotonic())
        end = device.subscribe(lambda happened: self._take(device, happened))

        def stop() -> None:
            self._clock(device, device.last_status)
            self._watched.pop(device.name, None)
            end()

        return stop

    def count(self, device: str, name: str, by: float = 1, reason: str = "") -> None:
        """Adds to a statistic."""
        self._counts[device, name, reason] += by

    def record(self, event: Event) -> None:
        """Keeps an event; it is written soon."""
        if len(self._waiting) >= MAX_WAITING:
            self._lost += 1
            return
        self._waiting.append(replace(event, detail=event.detail[:MAX_DETAIL]))
        self._wanted.set()

    async def run(self) -> None:
        """Writes until it is cancelled, and what is left then. Where the disk fails it tries again."""
        try:
            while True:
                try:
                    async with asyncio.timeout(FLUSH_SECONDS):
                        await self._wanted.wait()
                except TimeoutError:
                    pass
                self._wanted.clear()
                await self.flush()
                await asyncio.sleep(0.2)  # what comes together is written together
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits, to the end where it is cancelled meanwhile. Never raises: what cannot be written
        waits on."""
        for device, _ in tuple(self._watched.values()):
            self._clock(device, device.last_status)
        writing = asyncio.create_task(self._flush())
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise

    async def _flush(self) -> None:
        async with self._turn:
            waiting, self._waiting = self._waiting, []
            counts, self._counts = self._counts, defaultdict(float)
            if self._lost:
                lost, self._lost = self._lost, 0
                waiting.append(Event(_now(), "store", "events_lost", detail=f"{lost} events"))
            if not waiting and not counts:
                return
            try:
                await asyncio.to_thread(self._write, waiting, counts)
            except (sqlite3.Error, OSError) as error:
                log.error("store_not_written", reason=str(error))
                self._waiting = (waiting + self._waiting)[-MAX_WAITING:]
                for about, by in counts.items():
                    self._counts[about] += by

    def _take(self, device: AnyDevice, happened: Happened) -> None:
        match happened:
            case CommandEnded(command=command, error=None, counts=counts):
                self.count(device.name, "commands", reason=command)
                for name, by in counts.items():
                    self.count(device.name, name, by)
            case CommandEnded(error=error) if error and error.completion is CompletionCode.CANCELED:
                self.count(device.name, "cancelled")
            case CommandEnded(error=error) if error and error.code in device.unused:
                self.count(device.name, "unused")
            case CommandEnded(command=command, error=error) if error:
                code = str(error.code.value) if error.code else ""
                self.count(device.name, "failures", reason=code or error.completion.value)
                advice = (advice_on(device.name, error),)
                self.record(
                    Event(_now(), device.name, command, error.completion.value, code, advice, error.detail)
                )
            case StatusChanged(before=before, now=now):
                self._clock(device, before)
                if (before.device, before.findings) != (now.device, now.findings):
                    self.record(Event(_now(), device.name, "status", now.device.value, advice=now.findings))

    def _clock(self, device: AnyDevice, was: Status) -> None:
        """Counts the time since it was looked at last, in which the device was like this."""
        if device.name not in self._watched:
            return
        now = time.monotonic()
        seconds = now - self._watched[device.name][1]
        self._watched[device.name] = (device, now)
        if not device.opened:
            return  # a technician has it
        self.count(device.name, "seconds_watched", seconds)
        if works(was.device, was.findings):
            self.count(device.name, "seconds_online", seconds)

    # In another thread:

    def _write(self, waiting: list[Event], counts: _Counts) -> None:
        try:
            self._add(waiting, counts)
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise  # locked, or the disk
            aside = _set_aside(self._file)
            self._rescued = self._rescued or _Rescued(aside)  # what is not written yet is in no file
            kept = {"statistics": len(self._rescued.statistics), "events": len(self._rescued.events)}
            log.error("store_damaged", reason=str(error), set_aside=str(aside), **kept)
            self._add(waiting, counts)

    def _add(self, waiting: list[Event], counts: _Counts) -> None:
        """Writes to the file; a new one where it is absent. Raises DatabaseError where it is damaged."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(_prepared(self._file)) as database, database:
            if not self._checked:
                _check(database)
                self._checked = True
            if self._rescued:
                database.executemany("INSERT INTO statistic VALUES (?, ?, ?, ?, ?)", self._rescued.statistics)
                database.executemany(_INSERT_EVENT, self._rescued.events)
            database.executemany(
                "INSERT INTO statistic VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (device, name, reason) DO UPDATE SET value = value + excluded.value",
                [(*about, by, _now().isoformat()) for about, by in counts.items()],
            )
            database.executemany(
                _INSERT_EVENT,
                [
                    (e.at.isoformat(), e.device, e.name, e.completion, e.code, " ".join(e.advice), e.detail)
                    for e in waiting
                ],
            )
            database.execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (MAX_EVENTS,))
        self._rescued = None


def _prepared(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=BUSY_SECONDS)
    try:
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            database.executescript(_SCHEMA)
            file.chmod(0o600)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Looks through the whole file: 30 ms for MAX_EVENTS. Damage where nothing is written would else be found
    by whoever wants to read. Raises DatabaseError(SQLITE_CORRUPT)."""
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        error = sqlite3.DatabaseError(found)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _set_aside(file: Path) -> Path:
    """Gives the file another name. Its journal goes first: SQLite would play it into the next file."""
    aside = file.with_suffix(".damaged")
    journal, journal_aside = Path(f"{file}-journal"), Path(f"{aside}-journal")
    journal_aside.unlink(missing_ok=True)
    if journal.exists():
        journal.replace(journal_aside)
    return file.replace(aside)


class _Rescued:
    """What can be read of a damaged file. statistics, events: rows to be inserted."""

    def __init__(self, file: Path) -> None:
        counts = [row for row in _readable(file, _STATISTICS) if _sound(row, str, str, str, float, str)]
        happened = [row for row in _readable(file, _EVENTS) if _sound(row, int, *[str] * 7)]
        self.statistics = list({row[:3]: row for row in counts if _is_time(row[4])}.values())
        by_number = {row[0]: row[1:] for row in happened if _is_time(row[1])}
        self.events = [row for _, row in sorted(by_number.items())]


def _readable(file: Path, asked: str) -> Iterator[tuple[Any, ...]]:
    """Rows from both ends, each up to the damage; some come twice."""
    for way in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as database:
            yield from database.execute(f"{asked} {way} LIMIT {2 * MAX_EVENTS}")


def _sound(row: tuple[Any, ...], *kinds: type) -> bool:
    return all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection | None]:
    """Not only for reading: after a power cut whoever comes first puts the file in order."""
    if not file.exists():
        yield None
        return
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", BUSY_SECONDS, uri=True)) as database:
        yield database if database.execute("PRAGMA user_version").fetchone()[0] == _VERSION else None


def _now() -> datetime:
    return datetime.now(UTC)
