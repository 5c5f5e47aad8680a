"""Files that belong to submissions.

Their bytes lie in a folder, not in the database: sixteen megabytes in a row would hold up its one writer and
swell its log. A file is written under another name, brought to the disk, renamed, and only then entered into
the database; so an entry always has its file, and a power cut leaves at most a file without an entry, which
`sweep` removes.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, delete, func, insert, select

from backend.storage.database import Database
from backend.storage.tables import AttachmentRow

MAX_BYTES = 16 << 20
MAX_PER_SUBMISSION = 20
KEPT_UNCLAIMED = timedelta(days=30)
"""So long a file waits for its submission, which may still lie in the queue of a terminal."""
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Description:
    """What a sender says of a file before its bytes. `name` is ``attachments/{uuid}``."""

    name: str
    submission: str
    media_type: str
    size_bytes: int
    sha256: bytes


class Mismatch(Exception):
    """The bytes are not those that were described; `field` says in what."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class AttachmentFolder:
    """The folder of the files. Make one for a folder; it is created, for its owner's eyes only."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder

    def path(self, described: Description) -> Path:
        """Where its bytes lie. The hash in the name keeps two files of one name apart."""
        return self.folder / _file_name(described.name, described.sha256)

    async def receive(self, described: Description, chunks: AsyncIterable[bytes]) -> None:
        """Takes the bytes in and keeps them once they are on the disk.

        Raises Mismatch where size or SHA-256 differ, OSError where the disk refuses; nothing is kept then.
        """
        target = self.path(described)
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}{_PART}")
        digest = hashlib.sha256()
        size = 0
        file = await asyncio.to_thread(part.open, "xb")
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > described.size_bytes:
                    raise Mismatch("size_bytes")
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            if size != described.size_bytes:
                raise Mismatch("size_bytes")
            if digest.digest() != described.sha256:
                raise Mismatch("sha256")
            await asyncio.to_thread(_keep, file, part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            file.close()

    async def sweep(self, database: Database, now: datetime) -> int:
        """Removes files that no submission named in time, and what broken uploads left; how many entries."""
        old = now - KEPT_UNCLAIMED
        removed, kept = await database.write(_forget_unclaimed, old)
        await asyncio.to_thread(_remove_others, self.folder, kept, old.timestamp())
        return removed


def _file_name(name: str, sha256: bytes) -> str:
    return f"{name.removeprefix('attachments/')}-{sha256[:8].hex()}"


def _forget_unclaimed(connection: Connection, before: datetime) -> tuple[int, set[str]]:
    """Removes entries that no submission named in time; how many, and the files of all others."""
    unclaimed = (AttachmentRow.reference.is_(None)) & (AttachmentRow.create_time < before)
    removed = connection.execute(delete(AttachmentRow).where(unclaimed)).rowcount
    rows = connection.execute(select(AttachmentRow.name, AttachmentRow.sha256))
    return removed, {_file_name(row.name, row.sha256) for row in rows}


def _keep(file: BinaryIO, part: Path, target: Path) -> None:
    """Brings a file to the disk under its own name."""
    file.flush()
    os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_others(folder: Path, kept: set[str], before: float) -> None:
    """Removes files that are not to be kept; younger ones may be on their way into the database."""
    for path in folder.iterdir():
        if path.name not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def described(connection: Connection, name: str) -> Description | None:
    """The description of a file that has arrived."""
    row = (
        connection.execute(
            select(
                AttachmentRow.submission,
                AttachmentRow.media_type,
                AttachmentRow.size_bytes,
                AttachmentRow.sha256,
            ).where(AttachmentRow.name == name)
        )
    ).first()
    return None if row is None else Description(name, *row)


def count(connection: Connection, submission: str) -> int:
    """How many files have arrived for a submission."""
    found = connection.execute(
        select(func.count()).select_from(AttachmentRow).where(AttachmentRow.submission == submission)
    )
    return int(found.scalar_one())


def enter(connection: Connection, arrived: Description, now: datetime) -> None:
    """Enters a file that lies in the folder."""
    connection.execute(
        insert(AttachmentRow).values(
            name=arrived.name,
            submission=arrived.submission,
            media_type=arrived.media_type,
            size_bytes=arrived.size_bytes,
            sha256=arrived.sha256,
            create_time=now,
        )
    )


def missing(connection: Connection, submission: str, names: Iterable[str]) -> list[str]:
    """Which of the files that a submission names have not arrived for it."""
    wanted = list(names)
    if not wanted:
        return []
    arrived = set(
        (
            connection.execute(
                select(AttachmentRow.name).where(
                    AttachmentRow.name.in_(wanted), AttachmentRow.submission == submission
                )
            )
        ).scalars()
    )
    return [name for name in wanted if name not in arrived]
