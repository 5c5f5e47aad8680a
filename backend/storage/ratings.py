"""Ratings: each matter once, and what somebody was dissatisfied with, for the office to answer.

A rating is confidential. Of the matter a keyed hash is kept, by which it is known that it was rated; of the
moment the day. Only the two lowest levels become a case of the office (`RatingCaseRow`), which names the
resident's case where there is one, because the office could not put right what it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from huimin.v1 import rating_pb2
from sqlalchemy import Connection, case, delete, func, insert, select, update

from backend.clock import county_day
from backend.storage import attachments, audit
from backend.storage.audit import Actor
from backend.storage.tables import AttachmentRow, RatingCaseRow, RatingRow
from backend.storage.vault import vault_of

RETENTION = timedelta(days=1095)
"""So long what was dissatisfying is kept after it was answered."""
LOW = frozenset({rating_pb2.SATISFACTION_DISSATISFIED, rating_pb2.SATISFACTION_VERY_DISSATISFIED})
"""The levels that may have a reason, and that the office has to answer."""
MAX_ANSWER = 500
"""Characters of what the office notes as its answer."""
BATCH = 50


@dataclass(frozen=True, slots=True)
class Given:
    """A rating that may be kept. service: `services/{service}`; due_day: by which the office has to answer a
    low one. Its repr shows nothing of it."""

    rating: rating_pb2.Rating
    service: str
    due_day: date

    def __repr__(self) -> str:
        return "Given(…)"


@dataclass(frozen=True, slots=True)
class RatingCase:
    """What the office has to look into. Its repr shows neither reason nor answer."""

    number: int
    service: str
    channel: int
    satisfaction: int
    create_time: datetime
    due_day: date
    reference: str | None
    reason: str = field(repr=False)
    recording: str | None
    answer: str = field(repr=False)
    answer_time: datetime | None


@dataclass(frozen=True, slots=True)
class Total:
    """How many rated a service through one kind of door in one week. counts: by level, the best first."""

    week: date
    """Its Monday."""
    service: str
    channel: int
    counts: tuple[int, int, int, int, int]


class MatterRated(Exception):
    """The matter was rated before, under another name."""


class RecordingMissing(Exception):
    """The recording has not arrived."""


def keep(connection: Connection, given: Given, actor: Actor, now: datetime) -> bool:
    """Keeps a rating; whether the office has to answer it. One of that name is kept once.

    Raises MatterRated, RecordingMissing.
    """
    rating = given.rating
    name = _name(connection, rating.name)
    matter = _matter(connection, matter_of(rating))
    low = rating.satisfaction in LOW
    before = connection.execute(
        select(RatingRow.name, RatingRow.satisfaction).where(
            (RatingRow.name == name) | (RatingRow.matter == matter)
        )
    ).first()
    if before is not None:
        if bytes(before.name) != name:
            raise MatterRated
        return before.satisfaction in LOW
    connection.execute(
        insert(RatingRow).values(
            name=name,
            matter=matter,
            service=given.service,
            channel=rating.channel,
            satisfaction=rating.satisfaction,
            day=county_day(now),
        )
    )
    if low:
        _open(connection, given, now, actor.door)
    # Not the rating's name: by it and the time, what this door sent before would be found.
    audit.append(connection, actor.did("RatingService.CreateRating", "ratings", now))
    return low


def case_matter(connection: Connection, reference: str) -> bytes:
    """What stands for a case in the table of ratings."""
    return _matter(connection, f"cases/{reference}")


def cases(connection: Connection, *, answered: bool | None = None) -> Sequence[RatingCase]:
    """What the office has to look into, the most urgent first. answered: only such. Raises CannotOpen."""
    statement = select(RatingCaseRow).order_by(RatingCaseRow.due_day, RatingCaseRow.number)
    if answered is not None:
        there = RatingCaseRow.answer_time
        statement = statement.where(there.is_not(None) if answered else there.is_(None))
    return [_case(connection, row) for row in connection.execute(_columns(statement))]


def one(connection: Connection, number: int) -> RatingCase | None:
    """The one of that number. Raises CannotOpen."""
    row = connection.execute(_columns(select(RatingCaseRow).where(RatingCaseRow.number == number))).first()
    return None if row is None else _case(connection, row)


def answer(connection: Connection, number: int, text: str, now: datetime) -> bool:
    """Notes what the office did about it, in place of what was noted before. False where there is none."""
    sealed = vault_of(connection).seal_text(text, answer_place(number))
    done = connection.execute(
        update(RatingCaseRow)
        .where(RatingCaseRow.number == number)
        .values(answer=sealed, answer_time=now, erase_time=now + RETENTION)
    )
    return done.rowcount > 0


def totals(connection: Connection, first: date, last: date) -> list[Total]:
    """By week, service and kind of door, of the days from `first` to `last`, whole weeks."""
    counts = [
        func.sum(case((RatingRow.satisfaction == level, 1), else_=0))
        for level in sorted(number for number in rating_pb2.Satisfaction.values() if number)
    ]
    rows = connection.execute(
        select(RatingRow.day, RatingRow.service, RatingRow.channel, *counts)
        .where(RatingRow.day >= first, RatingRow.day <= last)
        .group_by(RatingRow.day, RatingRow.service, RatingRow.channel)
    )
    found: dict[tuple[date, str, int], tuple[int, ...]] = {}
    for day, service, channel, *some in rows:
        key = (monday(day), service, channel)
        before = found.get(key, (0,) * len(some))
        found[key] = tuple(one + int(other) for one, other in zip(before, some, strict=True))
    return [Total(*key, counts=found[key]) for key in sorted(found)]  # type: ignore[arg-type]


def monday(day: date) -> date:
    """The first day of its week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def forget_cases(connection: Connection, references: Sequence[str]) -> None:
    """What was said of cases that are erased goes with them; that a service was rated low stays."""
    _erase(connection, RatingCaseRow.reference.in_(references))


def erase_due(connection: Connection, now: datetime) -> int:
    """Erases what was answered long ago; how many."""
    return _erase(connection, RatingCaseRow.erase_time <= now)


def matter_of(rating: rating_pb2.Rating) -> str:
    """What is rated once: a case, or a service in one visit or call."""
    if rating.WhichOneof("matter") == "reference":
        return f"cases/{rating.reference}"
    return f"{rating.visit} {rating.service}"


def submission_of(name: str) -> str:
    """For which submission a recording is uploaded that goes with a thing of that name."""
    return f"submissions/{name.rpartition('/')[2]}"


def reason_place(number: int) -> str:
    """For which a reason is sealed."""
    return f"rating_cases.reason {number}"


def answer_place(number: int) -> str:
    """For which an answer is sealed."""
    return f"rating_cases.answer {number}"


def _open(connection: Connection, given: Given, now: datetime, door: str) -> None:
    rating = given.rating
    if rating.recording and attachments.missing(
        connection, submission_of(rating.name), [rating.recording], door=door
    ):
        raise RecordingMissing
    number = connection.execute(
        insert(RatingCaseRow)
        .values(
            service=given.service,
            channel=rating.channel,
            satisfaction=rating.satisfaction,
            create_time=now,
            due_day=given.due_day,
            reference=rating.reference or None,
            recording=rating.recording or None,
        )
        .returning(RatingCaseRow.number)
    ).scalar_one()
    if rating.reason:
        sealed = vault_of(connection).seal_text(rating.reason, reason_place(number))
        connection.execute(update(RatingCaseRow).where(RatingCaseRow.number == number).values(reason=sealed))


def _erase(connection: Connection, which: Any) -> int:
    found = connection.execute(select(RatingCaseRow.number, RatingCaseRow.recording).where(which)).all()
    if not found:
        return 0
    recordings = [row.recording for row in found if row.recording]
    connection.execute(delete(AttachmentRow).where(AttachmentRow.name.in_(recordings)))
    connection.execute(
        update(RatingCaseRow)
        .where(RatingCaseRow.number.in_([row.number for row in found]))
        .values(reason=None, recording=None, answer=None, reference=None, erase_time=None)
    )
    return len(found)


def _columns(statement: Any) -> Any:
    return statement.with_only_columns(*RatingCaseRow.__table__.columns)


def _case(connection: Connection, row: Any) -> RatingCase:
    vault = vault_of(connection)
    return RatingCase(
        number=row.number,
        service=row.service,
        channel=row.channel,
        satisfaction=row.satisfaction,
        create_time=row.create_time,
        due_day=row.due_day,
        reference=row.reference,
        reason="" if row.reason is None else vault.open_text(row.reason, reason_place(row.number)),
        recording=row.recording,
        answer="" if row.answer is None else vault.open_text(row.answer, answer_place(row.number)),
        answer_time=row.answer_time,
    )


def _name(connection: Connection, name: str) -> bytes:
    return vault_of(connection).index(name, "ratings.name")


def _matter(connection: Connection, matter: str) -> bytes:
    return vault_of(connection).index(matter, "ratings.matter")
