"""Backups: all rows of one state of the database in one file, which goes into SQLite and PostgreSQL alike.

The file is a SQLite database: one table for each of the source, with its columns and without keys, and
``huimin_backup``, one row, which says of what revision the tables are. Behind its last page lie 8 bytes
(``HUIMIN-1``) and the SHA-256 of all bytes before these 8; SQLite does not look at them. What is sealed in
the database is sealed in the file.

A database is brought back by making the tables of that revision, filling them, and bringing them up to date,
all in one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from backend.storage import migrating
from backend.storage.database import Database
from backend.storage.engine import continue_sequences
from backend.storage.first_files import attachments_beside
from backend.storage.revision import VERSIONS, current
from backend.storage.vault import Vault, check_keys

_ABOUT = Table("huimin_backup", MetaData(), Column("revision", String), Column("create_time", String))
_MADE_ANEW = ("policy_search",)
"""Tables that are made of others, by the beginning of their names."""
_MARK = b"HUIMIN-1"
_ROWS = 64
"""Rows that are in the memory at a time; a piece of an attachment has a quarter of a megabyte."""
_BLOCK = 1 << 20


class BackupUnusable(Exception):
    """The file is no backup, or not whole any more."""


class NewerBackup(Exception):
    """The file was made by a newer release."""


class NotEmpty(Exception):
    """The database holds something."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds. revision: of its tables; rows: of each table."""

    revision: str
    rows: dict[str, int]


async def back_up(database: Database, file: Path, now: datetime) -> Contents:
    """Writes a backup, while the database is in use; it has its name once it is whole and on the disk.

    Raises OSError, DBAPIError. Nothing is left then, and an earlier file of that name stays.
    """
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        contents = await database.read(_write, part, now)
        await asyncio.to_thread(_take_its_place, part, file, contents)
    finally:
        part.unlink(missing_ok=True)
    return contents


async def restore(database: Database, file: Path, *, replace: bool) -> Contents:
    """Brings a backup back into a database that holds nothing, or where `replace` says so, in its place.

    Raises BackupUnusable, NewerBackup, NotEmpty, InUse, WrongKeys, OSError, DBAPIError; nothing has changed
    then.
    """
    return await database.replace(_fill, file, replace)


def is_empty(connection: Connection) -> bool:
    """Whether nobody has stored anything; what a migration put there does not count."""
    made_by_migrations = ("key_check", "audit_head")
    return not any(
        connection.execute(select(literal_column("1")).select_from(table).limit(1)).first()
        for table in _tables(connection).sorted_tables
        if table.name not in made_by_migrations
    )


def check_backup(file: Path, vault: Vault) -> None:
    """Refuses a backup that is damaged, or that the keys do not open, before anything is made for it.

    Raises BackupUnusable, WrongKeys, OSError.
    """
    with _opened(file) as (source, _):
        check_keys(source, vault)


def _write(connection: Connection, file: Path, now: datetime) -> Contents:
    """Writes all tables of the database, as they are at this moment, to a new file."""
    contents = Contents(current(connection), {})
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = create_engine(URL.create("sqlite", database=str(file)))
    with engine.begin() as target:
        for table in _tables(connection).sorted_tables:
            copied = Table(
                table.name, MetaData(), *(Column(c.name, c.type.as_generic()) for c in table.columns)
            )
            copied.create(target)
            rows = connection.execution_options(yield_per=_ROWS).execute(select(table))
            contents.rows[table.name] = 0
            for some in rows.mappings().partitions():
                target.execute(insert(copied), [dict(row) for row in some])
                contents.rows[table.name] += len(some)
        _ABOUT.create(target)
        target.execute(insert(_ABOUT), {"revision": contents.revision, "create_time": now.isoformat()})
    engine.dispose()
    with file.open("r+b") as written:
        digest = hashlib.file_digest(written, "sha256").digest()
        written.seek(0, os.SEEK_END)
        written.write(_MARK + digest)
        written.flush()
        os.fsync(written.fileno())
    return contents


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Connection, Contents]]:
    """A backup that is whole, to be read. Raises BackupUnusable, OSError."""
    _check(file)
    # Immutable: it is read where the folder may not be written to, and no journal is looked for.
    url = URL.create("sqlite", database=f"file:{quote(str(file))}", query={"immutable": "1", "uri": "true"})
    engine = create_engine(url)
    try:
        with engine.connect() as source:
            revision = source.execute(select(_ABOUT.c.revision)).scalar_one()
            counted = {
                table.name: source.execute(select(func.count()).select_from(table)).scalar_one()
                for table in _tables(source).sorted_tables
                if table.name != _ABOUT.name
            }
            yield source, Contents(revision, counted)
    finally:
        engine.dispose()


def _check(file: Path) -> None:
    """Refuses a file that is no backup, or not as it was written. Raises BackupUnusable, OSError."""
    tail = len(_MARK) + hashlib.sha256().digest_size
    with file.open("rb") as opened:
        left = opened.seek(0, os.SEEK_END) - tail
        opened.seek(max(left, 0))
        mark = opened.read(len(_MARK))
        expected = opened.read()
        if left <= 0 or mark != _MARK:
            raise BackupUnusable(file)
        found = hashlib.sha256()
        opened.seek(0)
        while left and (block := opened.read(min(_BLOCK, left))):
            found.update(block)
            left -= len(block)
    if found.digest() != expected:
        raise BackupUnusable(file)


def _take_its_place(part: Path, file: Path, contents: Contents) -> None:
    """Gives a backup its name once it reads as what was written."""
    with _opened(part) as (_, held):
        if held != contents:
            raise BackupUnusable(part)
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _fill(connection: Connection, file: Path, replace: bool) -> Contents:
    """Makes the tables of a backup, fills them, and brings them up to date."""
    with _opened(file) as (source, contents):
        if contents.revision not in migrating.revisions():
            raise NewerBackup(contents.revision)
        if not (replace or is_empty(connection)):
            raise NotEmpty
        _tables(connection, versions=True).drop_all(connection)
        migrating.upgrade(connection, contents.revision)
        _copy(source, connection)
    migrating.upgrade(connection, attachments=attachments_beside(connection.engine.url))
    return contents


def _copy(source: Connection, connection: Connection) -> None:
    """Puts the rows of a backup into tables of the same revision."""
    made, held = _tables(connection), _tables(source)
    for table in reversed(made.sorted_tables):
        connection.execute(delete(table))
    for table in made.sorted_tables:
        rows = source.execution_options(yield_per=_ROWS).execute(select(held.tables[table.name]))
        for some in rows.mappings().partitions():
            connection.execute(insert(table), [dict(row) for row in some])
    continue_sequences(connection, made)


def _tables(connection: Connection, *, versions: bool = False) -> MetaData:
    """The tables that there are."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not name.startswith(_MADE_ANEW) and name != VERSIONS)
    if versions:
        found.reflect(connection, only=lambda name, _: name == VERSIONS)
    return found
