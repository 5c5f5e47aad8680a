"""References (办件编号): each is given to one door, or to one submission, and never again.

Every reference that there ever was is a row of `reference_leases`, whose primary key it is; so no two doors
and no two submissions have the same one, whatever happens to a door or to its connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import Connection, func, insert, select, update

from backend.storage.tables import ReferenceLease
from backend_client.forms.reference import new_reference

MAX_WANTED = 1000
"""New references in one answer."""
MAX_HELD = 2000
"""References of a door that are looked at in one call."""
MAX_LEASED = 5000
"""References that a door may have without having sent a submission under them."""
COUNTED = timedelta(days=30)
"""So long a lease counts for that: a door that lost its disk is not kept from getting new ones for ever."""


@dataclass(frozen=True, slots=True)
class Leased:
    """What a door is answered. usable: those that it held and may still give out, in its order."""

    usable: tuple[str, ...]
    fresh: tuple[str, ...]


class TooManyLeased(Exception):
    """The door has more references than it may have at a time."""


class Taken(Enum):
    """What came of using a reference for a submission."""

    LEASED = auto()
    """It was leased to the door, and is the submission's now."""
    UNKNOWN = auto()
    """Nobody had it; it is the submission's now."""
    ANOTHERS = auto()
    """It is another door's or another submission's, and stays so."""


def lease(
    connection: Connection,
    door: str,
    *,
    held: Collection[str],
    wanted: int,
    request_id: str,
    now: datetime,
) -> Leased:
    """Sets references aside for a door. Raises TooManyLeased, and then changes nothing.

    A request that comes again under its name, which may be empty, gives what it gave, less what was used.
    """
    usable = _unused(connection, door, held) if held else frozenset()
    before = _of_request(connection, door, request_id)
    if before is None:
        _refuse_too_many(connection, door, wanted, now)
        fresh = _drawn(connection, door, wanted, request_id, now)
    else:
        fresh = before
    return Leased(tuple(one for one in held if one in usable), fresh)


def take(connection: Connection, reference: str, door: str, submission: str, now: datetime) -> Taken:
    """Uses a reference for a submission, where the door may, or where nobody has it."""
    used = connection.execute(
        update(ReferenceLease)
        .where(
            ReferenceLease.reference == reference,
            ReferenceLease.door == door,
            ReferenceLease.submission.is_(None),
        )
        .values(submission=submission)
    )
    if used.rowcount == 1:
        return Taken.LEASED
    there = select(ReferenceLease.reference).where(ReferenceLease.reference == reference)
    if connection.execute(there).first() is not None:
        return Taken.ANOTHERS
    _insert(connection, [reference], door=door, now=now, submission=submission)
    return Taken.UNKNOWN


def draw(connection: Connection, door: str, submission: str, now: datetime) -> str:
    """A new reference for a submission that brought none."""
    while True:
        reference = new_reference()
        if not _known(connection, [reference]):
            _insert(connection, [reference], door=door, now=now, submission=submission)
            return reference


def of_submission(connection: Connection, submission: str, door: str) -> str | None:
    """The reference of a submission that came through a door; None where none of that name did."""
    return connection.execute(
        select(ReferenceLease.reference).where(
            ReferenceLease.door == door, ReferenceLease.submission == submission
        )
    ).scalar()


def _of_request(connection: Connection, door: str, request_id: str) -> tuple[str, ...] | None:
    """What a request was given before, less what was used since; None where it is new."""
    if not request_id:
        return None
    rows = connection.execute(
        select(ReferenceLease.reference, ReferenceLease.submission)
        .where(ReferenceLease.request_id == request_id, ReferenceLease.door == door)
        .order_by(ReferenceLease.reference)
    ).all()
    return tuple(row.reference for row in rows if row.submission is None) if rows else None


def _refuse_too_many(connection: Connection, door: str, wanted: int, now: datetime) -> None:
    counted = connection.execute(
        select(func.count())
        .select_from(ReferenceLease)
        .where(
            ReferenceLease.door == door,
            ReferenceLease.submission.is_(None),
            ReferenceLease.lease_time > now - COUNTED,
        )
    ).scalar_one()
    if wanted and counted + wanted > MAX_LEASED:
        raise TooManyLeased


def _drawn(connection: Connection, door: str, wanted: int, request_id: str, now: datetime) -> tuple[str, ...]:
    fresh: set[str] = set()
    while len(fresh) < wanted:
        candidates = {new_reference() for _ in range(wanted - len(fresh))} - fresh
        fresh |= candidates - _known(connection, candidates)
    if fresh:
        _insert(connection, fresh, door=door, now=now, request_id=request_id)
    return tuple(fresh)


def _known(connection: Connection, references: Collection[str]) -> frozenset[str]:
    found = connection.execute(
        select(ReferenceLease.reference).where(ReferenceLease.reference.in_(references))
    )
    return frozenset(found.scalars())


def _unused(connection: Connection, door: str, held: Collection[str]) -> frozenset[str]:
    found = connection.execute(
        select(ReferenceLease.reference).where(
            ReferenceLease.reference.in_(held),
            ReferenceLease.door == door,
            ReferenceLease.submission.is_(None),
        )
    )
    return frozenset(found.scalars())


def _insert(
    connection: Connection,
    references: Iterable[str],
    *,
    door: str,
    now: datetime,
    request_id: str = "",
    submission: str | None = None,
) -> None:
    connection.execute(
        insert(ReferenceLease),
        [
            {
                "reference": reference,
                "door": door,
                "request_id": request_id,
                "lease_time": now,
                "submission": submission,
            }
            for reference in references
        ],
    )
