"""Files that belong to submissions: in the database, in sealed pieces, so that an upload can go on later.

A piece is named by the byte at which it begins, and is a transaction of its own: sixteen megabytes in one
would hold up everybody else. An upload appends where the last piece ended, or not at all; so of two that send
the same file one wins. The last piece comes with a check of the whole: a file of which all bytes have arrived
is the file that was described.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from backend.storage.engine import alone
from backend.storage.tables import AttachmentChunkRow, AttachmentRow, RatingCaseRow
from backend.storage.vault import vault_of

MAX_BYTES = 16 << 20
MAX_PER_SUBMISSION = 20
MAX_UNCLAIMED = 2 << 30
"""Bytes that one door may have stored, or announced, of files whose submissions have not come."""
MAX_UNCLAIMED_FILES = 2000
"""So many of them too: small ones cost rows, not bytes."""
CHUNK = 256 << 10
"""Bytes of a piece, but for the last of a file and of an upload that broke off."""
KEPT_UNFINISHED = timedelta(days=1)
KEPT_UNCLAIMED = timedelta(days=30)
"""So long a file waits for its submission, which may still lie in the queue of a terminal."""

_WHOLE = AttachmentRow.received_bytes == AttachmentRow.size_bytes
_UNCLAIMED = AttachmentRow.reference.is_(None) & AttachmentRow.name.not_in(
    select(RatingCaseRow.recording).where(RatingCaseRow.recording.is_not(None))
)
"""Neither a case nor a rating has it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a sender says of a file before its bytes. `name` is ``attachments/{uuid}``, `door` who sends."""

    name: str
    submission: str
    door: str
    media_type: str
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a file has arrived."""

    received_bytes: int
    size_bytes: int

    @property
    def complete(self) -> bool:
        """Whether all has; then it was found to be what was described."""
        return self.received_bytes == self.size_bytes


class Refused(Enum):
    """Why an upload cannot begin."""

    OTHER_FILE = "the name was used for another file, or by another door"
    TOO_MANY = "the submission has as many files as it may have"
    NO_ROOM = "the door has sent too much for which no submissions came"


def begin(connection: Connection, described: Description, now: datetime) -> Progress | Refused:
    """Enters a file of which nothing has arrived, or says how far an earlier upload of it came.

    What is announced counts from here on, so that uploads side by side do not exceed what one may.
    """
    alone(connection, described.submission)
    held = connection.execute(
        select(
            AttachmentRow.submission,
            AttachmentRow.door,
            AttachmentRow.media_type,
            AttachmentRow.size_bytes,
            AttachmentRow.sha256,
            AttachmentRow.received_bytes,
        ).where(AttachmentRow.name == described.name)
    ).first()
    if held is not None:
        same = Description(described.name, *held[:-1]) == described
        return Progress(held.received_bytes, held.size_bytes) if same else Refused.OTHER_FILE
    of_submission = connection.execute(
        select(func.count()).where(AttachmentRow.submission == described.submission)
    ).scalar_one()
    if of_submission >= MAX_PER_SUBMISSION:
        return Refused.TOO_MANY
    files, held_bytes = connection.execute(
        select(func.count(), func.coalesce(func.sum(AttachmentRow.size_bytes), 0)).where(
            _UNCLAIMED, AttachmentRow.door == described.door
        )
    ).one()
    if files >= MAX_UNCLAIMED_FILES or held_bytes + described.size_bytes > MAX_UNCLAIMED:
        return Refused.NO_ROOM
    connection.execute(
        insert(AttachmentRow).values(
            name=described.name,
            submission=described.submission,
            door=described.door,
            media_type=described.media_type,
            size_bytes=described.size_bytes,
            sha256=described.sha256,
            received_bytes=0,
            create_time=now,
            update_time=now,
        )
    )
    return Progress(0, described.size_bytes)


def append(connection: Connection, name: str, start: int, piece: bytes, now: datetime) -> bool:
    """Adds a piece that begins at byte `start`. False where the file has not arrived just so far."""
    moved = connection.execute(
        update(AttachmentRow)
        .where(AttachmentRow.name == name, AttachmentRow.received_bytes == start)
        .values(received_bytes=start + len(piece), update_time=now)
    )
    if moved.rowcount == 0:
        return False
    sealed = vault_of(connection).seal(piece, place(name, start))
    connection.execute(insert(AttachmentChunkRow).values(name=name, start=start, sealed=sealed))
    return True


def digest(connection: Connection, name: str) -> hashlib._Hash:
    """SHA-256 of what has arrived of a file, to be continued. Raises CannotOpen."""
    found = hashlib.sha256()
    for piece in pieces(connection, name):
        found.update(piece)
    return found


def pieces(connection: Connection, name: str) -> Iterator[bytes]:
    """The bytes of a file, as far as they have arrived, in order. Raises CannotOpen."""
    vault = vault_of(connection)
    starts = connection.execute(
        select(AttachmentChunkRow.start)
        .where(AttachmentChunkRow.name == name)
        .order_by(AttachmentChunkRow.start)
    ).scalars()
    for start in list(starts):  # one at a time: a whole file would lie in the memory twice
        row = (AttachmentChunkRow.name == name) & (AttachmentChunkRow.start == start)
        sealed = connection.execute(select(AttachmentChunkRow.sealed).where(row)).scalar_one()
        yield vault.open(sealed, place(name, start))


def progress(connection: Connection, name: str, door: str) -> Progress | None:
    """How much of a file has arrived; None where nothing was announced, or by another door."""
    row = connection.execute(
        select(AttachmentRow.received_bytes, AttachmentRow.size_bytes).where(
            AttachmentRow.name == name, AttachmentRow.door == door
        )
    ).first()
    return None if row is None else Progress(*row)


def discard(connection: Connection, name: str) -> None:
    """Removes a file that is not the one described. One that is whole stays."""
    connection.execute(delete(AttachmentRow).where(AttachmentRow.name == name, ~_WHOLE))


def claim(
    connection: Connection, submission: str, names: Collection[str], reference: str, *, door: str
) -> list[str]:
    """Gives files to the case of the submission that names them; those that have not arrived whole for it.

    door: through which it came; a file of another door is not there. Called within the transaction that keeps
    the submission, so that no sweep comes between.
    """
    left = []
    for name in names:
        claimed = connection.execute(
            update(AttachmentRow)
            .where(AttachmentRow.name == name, _arrived(submission, door))
            .values(reference=reference)
        )
        if claimed.rowcount == 0:
            left.append(name)
    return left


def missing(connection: Connection, submission: str, names: Collection[str], *, door: str) -> list[str]:
    """Which of the files that a submission names have not arrived whole for it, through its own door."""
    if not names:
        return []
    arrived = set(
        connection.execute(
            select(AttachmentRow.name).where(AttachmentRow.name.in_(names), _arrived(submission, door))
        ).scalars()
    )
    return [name for name in names if name not in arrived]


def _arrived(submission: str, door: str) -> ColumnElement[bool]:
    return (AttachmentRow.submission == submission) & (AttachmentRow.door == door) & _WHOLE


def sweep(connection: Connection, now: datetime) -> int:
    """Removes what broken uploads left, and files that no submission named in time; how many."""
    unfinished = ~_WHOLE & (AttachmentRow.update_time < now - KEPT_UNFINISHED)
    unnamed = AttachmentRow.update_time < now - KEPT_UNCLAIMED
    removed = connection.execute(delete(AttachmentRow).where(_UNCLAIMED, unfinished | unnamed))
    return removed.rowcount


def place(name: str, start: int) -> str:
    """Of a piece, for which it is sealed."""
    return f"attachment_chunks.sealed {name} {start}"
