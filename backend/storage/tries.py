"""Guessing is limited: by reference, by door, by caller, by address, and in all, over all backends together.

Wrong tries are counted per subject, which is kept as a keyed hash. After as many within a window as its limit
allows the subject is closed for a while, and for twice as long each time it is closed again within a day, up
to the limit's longest. Tries while it is closed are refused unseen and do not count.

A reference is counted twice. Guessed at from one place, a terminal or a caller, it is closed soon, and for
that place alone: a stranger does not close it for its owner. From everywhere together it is closed late and
not for long, because that does meet the owner; without it, many numbers would be as many times the tries.
`docs/permissions.md` has the arithmetic.

A right try forgets what was counted at its own reference from its own place only. So nobody clears the count
of a door, of a caller or of all by opening a case that is his own, and the owner's calls clear nothing for
those who guess elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from backend.storage.tables import WrongTries
from backend.storage.vault import vault_of


class Scope(StrEnum):
    """At what it was guessed, or from where."""

    REFERENCE_FROM = "reference from one place"
    """One reference at one terminal, of one caller, or of those of a line who show no number."""
    REFERENCE = "reference"
    """The same from everywhere together."""
    DOOR = "door"
    """A terminal: one resident at a time stands there."""
    LINE = "line"
    """A phone line: many call at a time, and nobody of them closes it for the others soon."""
    CALLER = "caller"
    WITHHELD = "withheld"
    """All callers of one phone line who show no number."""
    ADDRESS = "address"
    """From which a door wanted to enrol."""
    ALL = "all"
    """Residents' credentials, wherever they came from."""
    ALL_ENROLMENTS = "all enrolments"
    LOOKUP = "lookup"
    """Whose records somebody wants to see: lookup and answer together."""
    LOOKUP_DOOR = "lookup door"
    LOOKUP_LINE = "lookup line"
    LOOKUP_CALLER = "lookup caller"
    ALL_LOOKUPS = "all lookups"
    TEXT_NUMBER = "text number"
    """To which results are sent by SMS. Nothing is guessed there: each counts."""
    TEXT_CALLER = "text caller"
    TEXT_WITHHELD = "text withheld"
    """All callers of one phone line who show no number."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries within the window close a subject, first for `closed`, in the end for `longest`."""

    tries: int
    window: timedelta
    closed: timedelta
    longest: timedelta


_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
_TWO_HOURS = 2 * _HOUR

LIMITS = {
    Scope.REFERENCE_FROM: Limit(5, _DAY, _QUARTER, _DAY),
    # One place has 35 tries on its first day, so that nobody closes it for others from one place alone.
    Scope.REFERENCE: Limit(40, _DAY, _QUARTER, _TWO_HOURS),
    Scope.DOOR: Limit(20, _QUARTER, _QUARTER, _QUARTER),  # others stand in front of the same door
    Scope.LINE: Limit(200, _QUARTER, _QUARTER, _QUARTER),
    Scope.CALLER: Limit(10, _HOUR, _HOUR, _DAY),
    Scope.WITHHELD: Limit(50, _QUARTER, _QUARTER, _QUARTER),
    Scope.ADDRESS: Limit(5, _HOUR, _QUARTER, _DAY),
    Scope.ALL: Limit(500, _QUARTER, _QUARTER, _QUARTER),
    Scope.ALL_ENROLMENTS: Limit(100, _QUARTER, _QUARTER, _QUARTER),
    # Where nothing is found it may be because there is nothing, so more is let pass than of wrong secrets.
    Scope.LOOKUP: Limit(6, _DAY, _QUARTER, _DAY),
    Scope.LOOKUP_DOOR: Limit(40, _QUARTER, _QUARTER, _QUARTER),
    Scope.LOOKUP_LINE: Limit(400, _QUARTER, _QUARTER, _QUARTER),
    Scope.LOOKUP_CALLER: Limit(15, _HOUR, _HOUR, _DAY),
    Scope.ALL_LOOKUPS: Limit(1000, _QUARTER, _QUARTER, _QUARTER),
    Scope.TEXT_NUMBER: Limit(5, _DAY, _DAY, _DAY),
    Scope.TEXT_CALLER: Limit(10, _DAY, _DAY, _DAY),
    Scope.TEXT_WITHHELD: Limit(100, _DAY, _DAY, _DAY),
}
_MOST_DOUBLINGS = 16
"""By then every closure has its longest; who goes on for days must not double it out of all bounds."""
REMEMBERED = 2 * _DAY
"""So long after the last wrong try it is known how often a subject was closed; no closure is longer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is guessed at, or one place where guesses come from. Its repr does not show which."""

    scope: Scope
    value: str = ""

    def __repr__(self) -> str:
        return f"Subject({self.scope})"


def at_from(reference: str, place: Subject) -> Subject:
    """A reference, as it is guessed at from one place."""
    return Subject(Scope.REFERENCE_FROM, f"{place.scope} {place.value} {reference}")


def closed_for(connection: Connection, subjects: Iterable[Subject], now: datetime) -> timedelta | None:
    """How long none of the subjects may be tried again; None where all are open."""
    ends = [
        row.closed_until
        for subject in _in_order(subjects)
        if (row := _row(connection, subject)) is not None and row.closed_until and row.closed_until > now
    ]
    return max(ends) - now if ends else None


def count_wrong(connection: Connection, subjects: Iterable[Subject], now: datetime) -> None:
    """Counts a wrong try at each subject, and closes those that have had enough."""
    for subject in _in_order(subjects):
        _count(connection, subject, now)


def forget(connection: Connection, subject: Subject) -> None:
    """After a right try. How often the subject was closed is not forgotten."""
    connection.execute(update(WrongTries).where(_is(connection, subject)).values(count=0))


def sweep(connection: Connection, now: datetime) -> None:
    """Removes what was long ago."""
    connection.execute(delete(WrongTries).where(WrongTries.last_time <= now - REMEMBERED))


def _count(connection: Connection, subject: Subject, now: datetime) -> None:
    limit = LIMITS[subject.scope]
    row = _row(connection, subject)
    if row is None:
        count, since, closures = 0, now, 0
    else:
        count, since = (row.tries, row.since_time) if now < row.since_time + limit.window else (0, now)
        over = row.closed_until is None or now >= row.closed_until + _DAY
        closures = 0 if over else row.closures
    count += 1
    values: dict[str, Any] = {"count": count, "since_time": since, "last_time": now, "closures": closures}
    if count >= limit.tries:
        closed = min(limit.closed * 2 ** min(closures, _MOST_DOUBLINGS), limit.longest)
        values |= {"count": 0, "since_time": now + closed, "closures": closures + 1}
        values["closed_until"] = now + closed
    if row is None:
        found = _key(connection, subject)
        connection.execute(insert(WrongTries).values(scope=subject.scope.value, subject=found, **values))
    else:
        connection.execute(update(WrongTries).where(_is(connection, subject)).values(**values))


def _in_order(subjects: Iterable[Subject]) -> list[Subject]:
    """As their rows are locked, so that no two transactions wait for each other."""
    return sorted(subjects, key=lambda subject: subject.scope)


def _row(connection: Connection, subject: Subject) -> Row[int, datetime, int, datetime | None] | None:
    """The row of a subject, locked until the transaction ends."""
    return connection.execute(
        select(
            WrongTries.count.label("tries"),
            WrongTries.since_time,
            WrongTries.closures,
            WrongTries.closed_until,
        )
        .where(_is(connection, subject))
        .with_for_update()
    ).first()


def _is(connection: Connection, subject: Subject) -> ColumnElement[bool]:
    return and_(WrongTries.scope == subject.scope.value, WrongTries.subject == _key(connection, subject))


def _key(connection: Connection, subject: Subject) -> bytes:
    return vault_of(connection).index(subject.value, f"wrong_tries.subject {subject.scope}")
