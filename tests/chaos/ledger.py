"""What the backend has stored, counted in its database and not asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huimin.v1 import form_pb2

from backend.storage.database import FILE_NAME
from backend.storage.submissions import message_place, problems_place
from foundation.keys import KeyRing


@dataclass(frozen=True)
class Stored:
    """A submission as it is stored. marker: what its sender put into `origin`."""

    name: str
    marker: str
    has_file: bool


class Ledger:
    """The database in a backend's folder of data, read only, whether or not the backend runs."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def references(self) -> dict[str, str]:
        """The reference of every submission that is stored, by its name."""
        rows = self._rows("SELECT submission, reference FROM cases")
        found = dict(rows)
        assert len(found) == len(rows), "a submission has two cases"
        assert len(set(found.values())) == len(found), "two submissions have one reference"
        return found

    def since(self, count: int) -> list[Stored]:
        """Those after the first `count`, in the order in which they were stored, opened."""
        keys = KeyRing.load(self._data / "key")
        found = []
        for name, sealed in self._rows(
            f"SELECT name, message FROM submissions ORDER BY rowid LIMIT -1 OFFSET {count}"
        ):
            message = form_pb2.Submission.FromString(keys.open(sealed, message_place(name)))
            has_file = any(answer.recording for answer in message.answers)
            found.append(Stored(name, message.origin, has_file))
        return found

    def order(self) -> list[str]:
        """Names of the submissions in the order in which they were stored."""
        return [name for (name,) in self._rows("SELECT name FROM submissions ORDER BY rowid")]

    def problems(self) -> dict[str, str]:
        """What was wrong with submissions that were kept nevertheless, by their names."""
        keys = KeyRing.load(self._data / "key")
        rows = self._rows("SELECT name, problems FROM submissions WHERE problems IS NOT NULL")
        return {name: keys.open(problems, problems_place(name)).decode() for name, problems in rows}

    def attachments(self) -> dict[str, tuple[str, int]]:
        """Submission and size of every file that is claimed by one, by its name."""
        rows = self._rows("SELECT name, submission, size_bytes FROM attachments WHERE reference IS NOT NULL")
        return {name: (submission, size) for name, submission, size in rows}

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(f"{(self._data / FILE_NAME).as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            yield connection
        finally:
            connection.close()
