"""What is in a queue, as its door and its operator see it: nothing of what residents said.

An operator's commands look into the file of a door that runs; they need no keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend_client.queue.file import DAMAGED, FILE_NAME, connected, failures

CANNOT_OPEN = "CANNOT_OPEN"
"""Why a submission was set aside that the keys of this door do not open; looked at again at each start."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = 253_402_300_800_000_000
"""Microseconds from 1970 to the end of the year 9999."""
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission in the queue as an operator may see it, in the order in which they are sent.

    problem: why it was set aside, None where it waits.
    """

    number: int
    resident: bytes = field(repr=False)
    accept_time: datetime
    bytes: int
    problem: str | None


def entries(folder: Path) -> list[Entry]:
    """What is in the queue of a folder, also while a door owns it, and without its keys.

    Empty where there is no queue. Raises QueueUnusable.
    """
    file = folder / FILE_NAME
    if not file.exists():
        return []
    with failures(), closing(connected(file)) as database:
        return list(entries_in(database))


def retry(folder: Path, numbers: Sequence[int]) -> int:
    """Puts submissions that were set aside back into the queue, also while a door owns it; how many.

    A door that runs notices within `outbox.LOOK_SECONDS`. numbers: empty for all. Raises QueueUnusable.
    """
    file = folder / FILE_NAME
    if not file.exists():
        return 0
    with failures(), closing(connected(file)) as database:
        return sum(
            database.execute(
                "UPDATE submissions SET problem = NULL WHERE number = ? AND problem IS NOT NULL",
                (number,),
            ).rowcount
            for number in numbers or [one.number for one in entries_in(database)]
        )


def damaged(folder: Path) -> list[Path]:
    """Folders of queues that were found damaged and moved aside."""
    return sorted(folder.glob(f"{DAMAGED}*"))


def entries_in(database: sqlite3.Connection) -> Iterator[Entry]:
    """What is in an open queue, in order. Raises sqlite3.Error."""
    for number, resident, accept_time, size, problem in database.execute(
        "SELECT number, resident, accept_time, bytes, problem FROM submissions ORDER BY number"
    ):
        yield Entry(number, resident, moment_of(accept_time), size, problem)


def column_of(moment: datetime) -> int:
    """A moment as it stands in the file: microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: object) -> datetime:
    """A moment; the beginning of 1970 where the column is damaged."""
    if not isinstance(microseconds, int) or not 0 <= microseconds < _END:
        return _EPOCH
    return _EPOCH + timedelta(microseconds=microseconds)
