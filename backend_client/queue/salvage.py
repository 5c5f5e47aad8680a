"""Takes out of a damaged queue what can still be read of it.

A submission is taken whole or not at all: its row, its files and all their parts. Whether the values are what
was sealed shows when they are opened; what the backend had already, it knows again by its name. References of
the pool stay behind: nobody was told them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from backend_client.queue.file import connected

_MOST = 10_000_000
"""Numbers that are looked for at most; more than a door gives in its life."""
_OF_ONE = {"submissions": "number", "attachments": "submission", "parts": "submission"}
"""The tables that hold a submission, and the column of each that names it."""

Rows = dict[str, list[tuple[object, ...]]]


def salvage(damaged: Path, into: sqlite3.Connection) -> tuple[int, int]:
    """Copies submissions into a new queue under their numbers; how many, and how many could not be read.

    damaged: the file. What cannot be read at all gives (0, 0). Raises sqlite3.Error where the new one fails.
    """
    taken = lost = 0
    into.execute("BEGIN IMMEDIATE")
    try:
        for rows in _found(damaged):
            if rows is None or not _fits(into, rows):
                lost += 1
            else:
                taken += 1
        into.execute("COMMIT")
    except BaseException:
        into.execute("ROLLBACK")
        raise
    return taken, lost


def _found(damaged: Path) -> Iterator[Rows | None]:
    """The rows of each submission that is there, None for one that cannot be read."""
    try:
        database = connected(damaged)
    except sqlite3.DatabaseError:
        return
    with closing(database):
        for number in range(1, _last(database) + 1):
            try:
                rows = {
                    table: database.execute(
                        f"SELECT * FROM {table} WHERE {column} = ?",  # noqa: S608 (of the tables above)
                        (number,),
                    ).fetchall()
                    for table, column in _OF_ONE.items()
                }
            except sqlite3.DatabaseError:
                yield None
            else:
                if rows["submissions"]:
                    yield rows


def _last(database: sqlite3.Connection) -> int:
    """The largest number that was ever given, as far as that can be read."""
    for asked in (
        "SELECT seq FROM sqlite_sequence WHERE name = 'submissions'",
        "SELECT max(number) FROM submissions",
    ):
        try:
            row = database.execute(asked).fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None and isinstance(row[0], int):
            return min(row[0], _MOST)
    return 0


def _fits(into: sqlite3.Connection, rows: Rows) -> bool:
    """Enters a submission, unless its rows break what holds for every queue."""
    into.execute("SAVEPOINT one")
    try:
        for table, found in rows.items():
            for row in found:
                into.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR):
            raise  # the new disk is full, or fails
        into.execute("ROLLBACK TO one")
        return False
    return True
