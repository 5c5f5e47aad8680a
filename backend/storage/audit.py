"""The audit trail: who read and changed what, and when. Each entry carries the hash of the one before it.

An entry's hash is SHA-256 over all of it, so over the whole trail before it too (see `encoded`). Whoever
changes, removes, inserts or reorders entries in the database breaks the chain, and `verify` says where.
Whoever cuts entries off at the end, or makes the whole chain anew, is found by a head that was noted
elsewhere: the log carries one every hour.

A change writes its entry in its own transaction, as the last statement of it (`append`): one row holds the
head, and is locked from there to the commit, so that several backends over one database make one chain. A
read is answered only after its entry is on the disk (`AuditTrail.record`); all that wait are written at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from backend.storage.database import Database, answer_by
from backend.storage.tables import AuditEntryRow, AuditHead, microseconds

GENESIS = bytes(32)
"""What the first entry carries in place of a hash before it."""
MAX_TEXT = 200
"""Characters of a text in an entry; what is longer is cut."""
_FORMAT = b"huimin.audit.1"
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Its repr shows no person.

    door: ``doors/{door}``, or ``office/{login}`` for a command, or ``upkeep``;
    credential: ``card``, ``service_card``, ``code``, ``reference``, ``door`` (nothing but the door itself) or
    ``command``;
    person: keyed hash of the resident's identity number (`Vault.person`), None where it is not known;
    request_id: of the touch or key that led to it.
    """

    door: str
    credential: str
    request_id: str
    person: bytes | None = None

    def did(self, action: str, object: str, now: datetime, outcome: str = "OK") -> Entry:
        """What this actor did, to be appended or recorded."""
        return Entry(now, self.door, self.credential, self.person, action, object, outcome, self.request_id)

    def __repr__(self) -> str:
        return f"Actor({self.door}, {self.credential}, …)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, before it has its place in the trail. Its repr shows no person.

    action: ``Service.Method`` of the contract, or the command, such as ``case show``;
    object: resource name, such as ``cases/{reference}``; one entry an object;
    outcome: ``OK``, or the reason of the refusal. The rest as in `Actor`.
    """

    time: datetime
    door: str
    credential: str
    person: bytes | None
    action: str
    object: str
    outcome: str
    request_id: str

    def __repr__(self) -> str:
        return f"Entry({self.action}, {self.object}, {self.outcome})"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the trail ends: number and hash of its last entry. To be noted where nobody can change it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry in its place."""

    number: int
    entry: Entry
    previous: bytes
    hash: bytes


class Fault(StrEnum):
    """What is wrong with the trail at a number."""

    CHANGED = "changed"
    """The entry is not what it was when it was written."""
    REMOVED = "removed"
    """Entries from that number on are missing."""
    BROKEN = "broken"
    """The entry does not follow the one before it: it was inserted, or moved."""
    CUT_OFF = "cut_off"
    """The trail ended later once."""
    OTHER_HEAD = "other_head"
    """No entry has the hash that was noted: the trail was cut off, or made anew."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, and the number of the entry where it shows."""

    fault: Fault
    number: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look over the whole trail found; sound where there are no findings."""

    entries: int
    head: Head
    findings: tuple[Finding, ...]


def encoded(number: int, entry: Entry, previous: bytes) -> bytes:
    """An entry as it is hashed: a format mark, then each part behind its length (4 bytes, big-endian).

    In the order number, microseconds since 1970 (8 bytes, big-endian, each), door, credential, person,
    action, object, outcome, request id (UTF-8), hash before. A person that is not known has the length
    2**32 - 1.
    """
    parts = (
        number.to_bytes(8, "big"),
        microseconds(entry.time).to_bytes(8, "big", signed=True),
        entry.door.encode(),
        entry.credential.encode(),
        entry.person,
        entry.action.encode(),
        entry.object.encode(),
        entry.outcome.encode(),
        entry.request_id.encode(),
        previous,
    )
    written = [_FORMAT]
    for part in parts:
        written += [b"\xff" * 4] if part is None else [len(part).to_bytes(4, "big"), part]
    return b"".join(written)


def append(connection: Connection, *entries: Entry) -> Head:
    """Puts entries at the end of the trail; where it ends then. The last statement of a transaction."""
    at = _head(connection, lock=True)
    rows: list[dict[str, Any]] = []
    for entry in map(_bounded, entries):
        number = at.number + 1
        digest = hashlib.sha256(encoded(number, entry, at.hash)).digest()
        rows.append(
            {
                "number": number,
                "time": entry.time,
                "door": entry.door,
                "credential": entry.credential,
                "person": entry.person,
                "action": entry.action,
                "object": entry.object,
                "outcome": entry.outcome,
                "request_id": entry.request_id,
                "previous": at.hash,
                "hash": digest,
            }
        )
        at = Head(number, digest)
    moved = {"new_number": at.number, "new_hash": at.hash}
    if len(rows) == 1 and connection.dialect.name == "postgresql":  # one is the rule
        connection.execute(_INSERT_AND_MOVE_HEAD, rows[0] | moved)
    elif rows:
        connection.execute(_INSERT, rows)
        connection.execute(_MOVE_HEAD, moved)
    return at


def head(connection: Connection) -> Head:
    """Where the trail ends."""
    return _head(connection, lock=False)


def verify(connection: Connection, noted: bytes | None = None) -> Verdict:
    """Looks over the whole trail. noted: the hash of a head that was noted elsewhere."""
    findings: list[Finding] = []
    expected, previous, seen, count = 1, GENESIS, noted is None or noted == GENESIS, 0
    for kept in _in_order(connection):
        count += 1
        if kept.number > expected:
            findings.append(Finding(Fault.REMOVED, expected))
        elif kept.number < expected or kept.previous != previous:
            findings.append(Finding(Fault.BROKEN, kept.number))
        if hashlib.sha256(encoded(kept.number, kept.entry, kept.previous)).digest() != kept.hash:
            findings.append(Finding(Fault.CHANGED, kept.number))
        seen = seen or kept.hash == noted
        expected, previous = kept.number + 1, kept.hash
    held = head(connection)
    if held.number > expected - 1:
        findings.append(Finding(Fault.CUT_OFF, expected))
    elif held != Head(expected - 1, previous):
        findings.append(Finding(Fault.BROKEN, expected - 1))
    if not seen:
        findings.append(Finding(Fault.OTHER_HEAD, expected - 1))
    return Verdict(count, Head(expected - 1, previous), tuple(findings))


def entries(
    connection: Connection,
    *,
    objects: Sequence[str] = (),
    person: bytes | None = None,
    since: datetime | None = None,
    after: int = 0,
    most: int = _BATCH,
) -> list[Kept]:
    """Entries about any of these objects or by that person, all where neither is given; the oldest first."""
    statement = select(*_COLUMNS).where(AuditEntryRow.number > after)
    about = AuditEntryRow.object.in_(objects)
    if objects and person is not None:
        statement = statement.where(about | (AuditEntryRow.person == person))
    elif objects:
        statement = statement.where(about)
    elif person is not None:
        statement = statement.where(AuditEntryRow.person == person)
    if since is not None:
        statement = statement.where(AuditEntryRow.time >= since)
    found = connection.execute(statement.order_by(AuditEntryRow.number).limit(most))
    return [_kept(row) for row in found]


class AuditTrail:
    """Writes the entries of reads, all that wait in one transaction. One for a database in a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[tuple[Entry, ...], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, *entries: Entry) -> None:
        """Returns once the entries are on the disk. Raises what the database raises; then they are not."""
        if not entries:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        """Writes until nobody waits. Who comes while a transaction runs is in the next one."""
        answer_by.set(None)  # of whoever came first; the others have more time
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                try:
                    await self._database.write(append, *(entry for some, _ in taken for entry in some))
                except Exception as error:
                    _tell(taken, error)
                else:
                    _tell(taken, None)
        finally:
            self._writing = None


def _tell(waiting: Sequence[tuple[object, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in waiting:
        if done.done():  # whoever waited was cancelled
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _head(connection: Connection, *, lock: bool) -> Head:
    row = connection.execute(_LOCKED_HEAD if lock else _HEAD).one()
    return Head(row.number, row.hash)


def _bounded(entry: Entry) -> Entry:
    """With its texts cut; few are that long."""
    texts = {name: getattr(entry, name) for name in _TEXTS}
    if all(len(text) <= MAX_TEXT for text in texts.values()):
        return entry
    return replace(entry, **{name: text[:MAX_TEXT] for name, text in texts.items()})


def _in_order(connection: Connection) -> Iterator[Kept]:
    after: int | None = None
    while True:
        statement = select(*_COLUMNS).order_by(AuditEntryRow.number).limit(_BATCH)
        if after is not None:
            statement = statement.where(AuditEntryRow.number > after)
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield from map(_kept, rows)
        after = rows[-1].number


_TEXTS = ("door", "credential", "action", "object", "outcome", "request_id")
# Every read of a case runs these: they are built once.
_INSERT = AuditEntryRow.__table__.insert()  # type: ignore[attr-defined]
_HEAD = select(AuditHead.number, AuditHead.hash)
_LOCKED_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = update(AuditHead.__table__).values(  # type: ignore[arg-type]
    number=bindparam("new_number"), hash=bindparam("new_hash")
)
_INSERT_AND_MOVE_HEAD = _MOVE_HEAD.add_cte(
    _INSERT.values({column.name: bindparam(column.name) for column in _INSERT.table.columns}).cte("inserted")
)
"""Both on one way to the server (PostgreSQL, 7.8.4); SQLite has no such statement, and no way to go."""
_COLUMNS = (
    AuditEntryRow.number,
    AuditEntryRow.time,
    AuditEntryRow.door,
    AuditEntryRow.credential,
    AuditEntryRow.person,
    AuditEntryRow.action,
    AuditEntryRow.object,
    AuditEntryRow.outcome,
    AuditEntryRow.request_id,
    AuditEntryRow.previous,
    AuditEntryRow.hash,
)


def _kept(row: Any) -> Kept:
    return Kept(
        row.number,
        Entry(
            row.time,
            row.door,
            row.credential,
            row.person,
            row.action,
            row.object,
            row.outcome,
            row.request_id,
        ),
        row.previous,
        row.hash,
    )
