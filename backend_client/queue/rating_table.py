"""Ratings that wait for the backend, sealed, in a table of the queue's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from backend_client.errors import QueueFull
from backend_client.queue.file import failures
from foundation.keys import CannotOpen, KeyRing

MOST = 1000
"""Ratings that wait at a time."""
TABLE = "CREATE TABLE IF NOT EXISTS ratings (name TEXT PRIMARY KEY, sealed BLOB NOT NULL, sound BLOB)"
"""Beside the tables of submissions, in files of earlier releases too."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rating as it is sent: bytes of a `huimin.v1.Rating`, and of its recording, or none."""

    encoded: bytes = field(repr=False)
    sound: bytes = field(repr=False)


class RatingTable:
    """The table. It is used in the thread of the queue; every method raises QueueUnusable."""

    def __init__(
        self,
        database: sqlite3.Connection,
        keys: KeyRing,
        writing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """writing: around one transaction."""
        self._database = database
        self._keys = keys
        self._writing = writing
        database.execute(TABLE)

    def keep(self, name: str, encoded: bytes, sound: bytes) -> None:
        """Keeps a rating; one of that name is kept once. Raises QueueFull."""
        with failures(), self._writing():
            (count,) = self._database.execute("SELECT count(*) FROM ratings").fetchone()
            if count >= MOST:
                raise QueueFull(f"{count} ratings")
            sealed = self._keys.seal(encoded, _place(name))
            sound = self._keys.seal(sound, _place(name, "sound")) if sound else b""
            self._database.execute(
                "INSERT OR IGNORE INTO ratings VALUES (?, ?, ?)", (name, sealed, sound or None)
            )

    def names(self) -> list[str]:
        """All that wait, the oldest first."""
        with failures():
            rows = self._database.execute("SELECT name FROM ratings ORDER BY rowid").fetchall()
        return [name for (name,) in rows]

    def open(self, name: str) -> Waiting:
        """A rating. Raises CannotOpen."""
        with failures():
            row = self._database.execute(
                "SELECT sealed, sound FROM ratings WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            raise CannotOpen("is not there")
        sound = b"" if row[1] is None else self._keys.open(row[1], _place(name, "sound"))
        return Waiting(self._keys.open(row[0], _place(name)), sound)

    def remove(self, name: str) -> None:
        """Lets go of one."""
        with failures(), self._writing():
            self._database.execute("DELETE FROM ratings WHERE name = ?", (name,))


def _place(name: str, *within: str) -> str:
    """Where a value lies; it is sealed to it."""
    return ".".join(["queue", name, *within])
