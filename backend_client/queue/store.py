"""What lies on the disk: submissions that wait, their files, and the references that may be given out.

One SQLite file in a folder of its own, in WAL mode with synchronous=FULL: a transaction is on the disk when
it has been committed. Everything that a resident said, and every reference, is sealed (`foundation.keys`);
what is not are random names, moments, sizes and a keyed hash of the applicant. One process
owns the folder at a time, by a lock that ends with the process.

A queue that SQLite finds damaged is moved into a folder of its own beside it, and a new one is begun with
what can still be read: a terminal on the street has nobody to mend it. Nothing is ever deleted but what the
backend has answered for.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from huimin.v1 import form_pb2

from backend_client.errors import Conflict, NoReference, QueueFull
from backend_client.queue.file import LOCK_NAME, failures, locked, opened, put_back
from backend_client.queue.listing import CANNOT_OPEN, Entry, column_of, entries_in, moment_of
from backend_client.queue.rating_table import RatingTable
from backend_client.queue.salvage import salvage
from backend_client.submission import Attachment, Leased
from foundation.keys import OVERHEAD, CannotOpen, KeyRing
from foundation.log import logger

MOST_HELD = 1000
"""References that a door holds at most; the contract lets it show 2000."""

_PART_BYTES = 256 << 10
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a queue holds.

    submissions: at most so many, those that were set aside included; bytes: of them with their files;
    low, wanted: with fewer references than `low` the backend is asked for as many as make `wanted`.
    """

    submissions: int = 2_000
    bytes: int = 1 << 30
    low: int = 800
    wanted: int = MOST_HELD

    def __post_init__(self) -> None:
        if not (self.submissions > 0 and self.bytes > 0 and 0 < self.low <= self.wanted <= MOST_HELD):
            raise ValueError(f"bounds of a queue: some submissions, and at most {MOST_HELD} references")


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission that is on the disk. already: it was before, and the resident has been told."""

    number: int
    resident: bytes = field(repr=False)
    reference: str = field(repr=False)
    accept_time: datetime
    already: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A submission as it is sent: bytes of a `huimin.v1.Submission`, positions of files not yet uploaded.

    request_id: of the touch or key that sent it.
    """

    encoded: bytes = field(repr=False)
    reference: str = field(repr=False)
    files: tuple[int, ...]
    request_id: str = ""


class Store:
    """The owner of a queue's folder. All of it runs in one thread; every method raises QueueUnusable.

    After an error nothing of what the method was to do is on the disk. A queue is opened by making one.
    """

    def __init__(self, folder: Path, keys: KeyRing, bounds: Bounds) -> None:
        self.folder = folder
        self._keys = keys
        self._bounds = bounds
        with failures():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = locked(folder / LOCK_NAME)
            try:
                self._database, old = opened(folder)
                if old is not None:
                    self._take_in(old)
                self._pool = self._held()
                self.ratings = RatingTable(self._database, keys, self._writing)
                with self._writing():
                    self._database.execute(
                        "UPDATE submissions SET problem = NULL WHERE problem = ?", (CANNOT_OPEN,)
                    )
                self._version = self._data_version()
            except BaseException:
                os.close(self._lock)
                raise

    def close(self) -> None:
        """Closes the file and lets another process have the folder."""
        try:
            with failures():
                self._database.close()
        finally:
            os.close(self._lock)

    # Submissions

    def keep(
        self,
        message: form_pb2.Submission,
        applicant: str,
        attachments: Sequence[Attachment],
        now: datetime,
        request_id: str = "",
    ) -> Kept:
        """Takes a submission under a reference of the pool; both are on the disk when it returns.

        request_id: of the touch or key that sends it. One that is kept already is not taken again. Raises
        QueueFull, NoReference; Conflict where another one has its name.
        """
        resident = self._keys.index(applicant, "queue.resident")
        with failures(), self._writing():
            before = self._kept_before(message)
            if before is not None:
                return before
            size = message.ByteSize() + OVERHEAD + sum(len(one.content) + OVERHEAD for one in attachments)
            self._refuse_above_bounds(size)
            if not self._pool:
                raise NoReference
            identifier, reference = next(iter(self._pool.items()))
            self._database.execute("DELETE FROM pool WHERE id = ?", (identifier,))
            number = self._insert(_under(message, reference), resident, now, size, request_id)
            for position, attachment in enumerate(attachments):
                self._insert_file(message.name, number, position, attachment)
        del self._pool[identifier]
        return Kept(number, resident, reference, now)

    def entries(self) -> list[Entry]:
        """All that are in the queue, in order."""
        with failures():
            return list(entries_in(self._database))

    def parcel(self, number: int) -> Parcel:
        """What is to be sent. Raises CannotOpen."""
        with failures():
            name, sealed, request_id = self._row(
                "SELECT name, sealed, request_id FROM submissions WHERE number = ?", (number,)
            )
            encoded = self._keys.open(sealed, _place(name))
            waiting = self._database.execute(
                "SELECT position FROM attachments WHERE submission = ? AND NOT arrived ORDER BY position",
                (number,),
            )
            files = tuple(position for (position,) in waiting)
        reference = form_pb2.Submission.FromString(encoded).reference
        return Parcel(encoded, reference, files, request_id)

    def attachment(self, number: int, position: int) -> Attachment:
        """A file with its bytes. Raises CannotOpen."""
        with failures():
            name, sealed = self._row(
                "SELECT name, attachments.sealed FROM attachments JOIN submissions ON number = submission"
                " WHERE submission = ? AND position = ?",
                (number, position),
            )
            info = form_pb2.AttachmentInfo.FromString(self._keys.open(sealed, _place(name, position)))
            parts = self._database.execute(
                "SELECT part, sealed FROM parts WHERE submission = ? AND position = ? ORDER BY part",
                (number, position),
            )
            content = b"".join(
                self._keys.open(sealed, _place(name, position, part)) for part, sealed in parts
            )
        if len(content) != info.size_bytes:
            raise CannotOpen("a part is missing")
        return Attachment(info.name, info.submission, info.media_type, content)

    def arrived(self, number: int, position: int) -> None:
        """Notes that the backend has a file."""
        with failures(), self._writing():
            self._database.execute(
                "UPDATE attachments SET arrived = 1 WHERE submission = ? AND position = ?", (number, position)
            )

    def upload_again(self, number: int) -> None:
        """Notes that the backend has none of the files."""
        with failures(), self._writing():
            self._database.execute("UPDATE attachments SET arrived = 0 WHERE submission = ?", (number,))

    def remove(self, number: int, *, unused: str = "") -> None:
        """Lets go of a submission. unused: its reference, where nobody was told it: it may be given out."""
        identifier = 0
        with failures(), self._writing():
            gone = self._database.execute("DELETE FROM submissions WHERE number = ?", (number,)).rowcount
            if gone and unused:
                identifier = self._insert_reference(unused)
        if identifier:
            self._pool[identifier] = unused

    def set_aside(self, number: int, problem: str) -> None:
        """Keeps a submission that cannot be delivered for an operator to see to."""
        with failures(), self._writing():
            self._database.execute("UPDATE submissions SET problem = ? WHERE number = ?", (problem, number))

    def give_other_reference(self, number: int) -> str:
        """Puts a submission whose resident was told nothing under another reference of the pool.

        The one that it had is not given out again. Raises NoReference, CannotOpen.
        """
        with failures(), self._writing():
            if not self._pool:
                raise NoReference
            identifier, reference = next(iter(self._pool.items()))
            name, sealed = self._row("SELECT name, sealed FROM submissions WHERE number = ?", (number,))
            message = form_pb2.Submission.FromString(self._keys.open(sealed, _place(name)))
            self._database.execute("DELETE FROM pool WHERE id = ?", (identifier,))
            self._database.execute(
                "UPDATE submissions SET sealed = ? WHERE number = ?",
                (self._keys.seal(_under(message, reference).SerializeToString(), _place(name)), number),
            )
        del self._pool[identifier]
        return reference

    def changed_by_others(self) -> bool:
        """Whether another process, such as an operator's command, has changed the queue since last asked."""
        with failures():
            before, self._version = self._version, self._data_version()
        return before != self._version

    # References

    @property
    def references(self) -> int:
        """How many may be given out."""
        return len(self._pool)

    def begin_lease(self) -> tuple[str, frozenset[str]]:
        """Name of the request for new references, the same until it was answered, and those that are held."""
        with failures(), self._writing():
            row = self._database.execute("SELECT request_id FROM leases").fetchone()
            request_id = row[0] if row else str(uuid4())
            if row is None:
                self._database.execute("INSERT INTO leases VALUES (?)", (request_id,))
        return request_id, frozenset(self._pool.values())

    def end_lease(self, held: frozenset[str], leased: Leased) -> None:
        """Takes new references in, and those out that were held and may not be given out."""
        there = set(self._pool.values())
        spoilt = [one for one, reference in self._pool.items() if reference in held - leased.usable]
        fresh: dict[int, str] = {}
        with failures(), self._writing():
            self._database.execute("DELETE FROM leases")
            self._database.executemany("DELETE FROM pool WHERE id = ?", [(one,) for one in spoilt])
            for reference in leased.fresh:
                if reference not in there:
                    fresh[self._insert_reference(reference)] = reference
        for identifier in spoilt:
            del self._pool[identifier]
        self._pool.update(fresh)

    # Within

    def _take_in(self, old: Path) -> None:
        """Copies what can be read of a damaged file. Where the disk does not take it, it is tried again."""
        try:
            taken, lost = salvage(old, self._database)
        except sqlite3.Error:
            self._database.close()
            put_back(self.folder, old)
            raise
        _log.error("queue_damaged", moved_to=str(old.parent), taken=taken, lost=lost)

    def _held(self) -> dict[int, str]:
        """The references of the pool by their row; those that cannot be opened stay on the disk alone."""
        pool: dict[int, str] = {}
        closed = 0
        for identifier, sealed in self._database.execute("SELECT id, sealed FROM pool ORDER BY id"):
            try:
                pool[identifier] = self._keys.open(sealed, "queue.reference").decode()
            except CannotOpen:
                closed += 1
        if closed:
            _log.error("references_cannot_be_opened", count=closed)
        return pool

    def _kept_before(self, message: form_pb2.Submission) -> Kept | None:
        row = self._database.execute(
            "SELECT number, resident, sealed, accept_time FROM submissions WHERE name = ?", (message.name,)
        ).fetchone()
        if row is None:
            return None
        number, resident, sealed, accept_time = row
        try:
            before = form_pb2.Submission.FromString(self._keys.open(sealed, _place(message.name)))
        except CannotOpen:
            raise Conflict("SUBMISSION_DIFFERS") from None
        if before.form != message.form or list(before.answers) != list(message.answers):
            raise Conflict("SUBMISSION_DIFFERS")
        return Kept(number, resident, before.reference, moment_of(accept_time), already=True)

    def _refuse_above_bounds(self, size: int) -> None:
        count, total = self._row("SELECT count(*), coalesce(sum(bytes), 0) FROM submissions", ())
        if count >= self._bounds.submissions or total + size > self._bounds.bytes:
            raise QueueFull(f"{count} submissions, {total} bytes")

    def _insert(
        self, message: form_pb2.Submission, resident: bytes, now: datetime, size: int, request_id: str
    ) -> int:
        cursor = self._database.execute(
            "INSERT INTO submissions (name, resident, sealed, accept_time, bytes, request_id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                message.name,
                resident,
                self._keys.seal(message.SerializeToString(), _place(message.name)),
                column_of(now),
                size,
                request_id,
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _insert_file(self, name: str, number: int, position: int, attachment: Attachment) -> None:
        info = form_pb2.AttachmentInfo(
            name=attachment.name,
            submission=attachment.submission,
            media_type=attachment.media_type,
            size_bytes=len(attachment.content),
        )
        self._database.execute(
            "INSERT INTO attachments (submission, position, sealed) VALUES (?, ?, ?)",
            (number, position, self._keys.seal(info.SerializeToString(), _place(name, position))),
        )
        for part, start in enumerate(range(0, len(attachment.content), _PART_BYTES)):
            plain = attachment.content[start : start + _PART_BYTES]
            self._database.execute(
                "INSERT INTO parts VALUES (?, ?, ?, ?)",
                (number, position, part, self._keys.seal(plain, _place(name, position, part))),
            )

    def _insert_reference(self, reference: str) -> int:
        cursor = self._database.execute(
            "INSERT INTO pool (sealed) VALUES (?)", (self._keys.seal(reference.encode(), "queue.reference"),)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _row(self, statement: str, parameters: tuple[object, ...]) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._database.execute(statement, parameters).fetchone()
        if row is None:
            raise CannotOpen("is not there")
        return row

    def _data_version(self) -> int:
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction that is on the disk when the block ends, and undone where it raises."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
            raise


def _place(name: str, *within: int) -> str:
    """Where a value lies; it is sealed to it."""
    return ".".join(["queue", name, *map(str, within)])


def _under(message: form_pb2.Submission, reference: str) -> form_pb2.Submission:
    named = form_pb2.Submission()
    named.CopyFrom(message)
    named.reference = reference
    return named
