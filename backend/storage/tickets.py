"""Queue tickets: the numbers of a day, who is called next, and the counters that are worked at.

Numbers of one letter begin with 1 every day and are given out without gaps. Who has an appointment goes
before those who have none; among each, who came first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backend.clock import county_day, midnight
from backend.storage.tables import TicketCount, TicketRow, WindowRow

MEASURED = 20
"""Matters from which it is worked out how long one takes."""
KEEP = timedelta(days=30)
"""So long tickets are kept."""


class State(IntEnum):
    """Where the holder of a ticket is."""

    WAITING = 1
    CALLED = 2
    DONE = 3
    SKIPPED = 4
    """Nobody came when it was called."""


@dataclass(frozen=True, slots=True)
class Line:
    """The queue of one day at a group of counters."""

    counters: str
    day: date


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket. first: its holder has an appointment; window: the counter that called it last."""

    name: str
    line: Line
    number: str
    first: bool
    service: str
    reference: str | None
    state: State
    issue_time: datetime
    window: int | None
    calls: int
    call_time: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a queue moves. waiting: so many tickets; windows: counters at which somebody works;
    seconds_each: how long one matter took lately, None where too few were measured."""

    waiting: int
    windows: int
    seconds_each: float | None


def one(connection: Connection, name: str) -> Ticket | None:
    """The ticket of that name."""
    return next(iter(_tickets(connection, select(TicketRow).where(TicketRow.name == name))), None)


def issue(
    connection: Connection,
    name: str,
    line: Line,
    letter: str,
    *,
    service: str,
    now: datetime,
    reference: str | None = None,
) -> Ticket:
    """Gives out the next number of a letter, once for a name. reference: of an appointment; it goes first."""
    before = one(connection, name)
    if before is not None:
        return before
    counted = connection.execute(
        (sqlite if connection.dialect.name == "sqlite" else postgresql)
        .insert(TicketCount)
        .values(counters=line.counters, day=line.day, letter=letter, last=1)
        .on_conflict_do_update(
            index_elements=[TicketCount.counters, TicketCount.day, TicketCount.letter],
            set_={"last": TicketCount.last + 1},
        )
        .returning(TicketCount.last)
    ).scalar_one()
    connection.execute(
        insert(TicketRow).values(
            name=name,
            counters=line.counters,
            day=line.day,
            letter=letter,
            number=counted,
            first=reference is not None,
            service=service,
            reference=reference,
            state=State.WAITING,
            issue_time=now,
            calls=0,
        )
    )
    made = one(connection, name)
    assert made is not None
    return made


def ahead(connection: Connection, ticket: Ticket) -> int:
    """So many are called before a ticket that waits."""
    row = TicketRow
    sooner = row.first.is_(ticket.first) & _before(ticket)
    if not ticket.first:
        sooner |= row.first.is_(True)
    return connection.execute(
        select(func.count()).select_from(row).where(_waiting(ticket.line), sooner)
    ).scalar_one()


def pace(connection: Connection, line: Line) -> Pace:
    """How fast a queue moves."""
    row = TicketRow
    waiting = connection.execute(select(func.count()).select_from(row).where(_waiting(line))).scalar_one()
    times = connection.execute(
        select(row.call_time, row.end_time)
        .where(_of(line), row.state == State.DONE)
        .order_by(row.end_time.desc())
        .limit(MEASURED)
    ).all()
    taken = [(end - call).total_seconds() for call, end in times if call and end]
    each = sum(taken) / len(taken) if len(taken) >= 3 else None
    return Pace(waiting, len(windows(connection, line.counters)), each)


def next_called(connection: Connection, line: Line, window: int, now: datetime) -> Ticket | None:
    """Calls the next ticket to a counter; None where nobody waits."""
    row = TicketRow
    found = connection.execute(
        select(row.name)
        .where(_waiting(line))
        .order_by(row.first.desc(), row.issue_time, row.letter, row.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar()
    return None if found is None else call(connection, found, window, now)


def call(connection: Connection, name: str, window: int, now: datetime) -> Ticket | None:
    """Calls a ticket to a counter, once more where it was called before."""
    connection.execute(
        update(TicketRow)
        .where(TicketRow.name == name)
        .values(
            state=State.CALLED,
            window=window,
            calls=TicketRow.calls + 1,
            call_time=now,
            end_time=None,
        )
    )
    return one(connection, name)


def at_window(connection: Connection, line: Line, window: int) -> Ticket | None:
    """The ticket that is served at a counter."""
    row = TicketRow
    statement = (
        select(row)
        .where(_of(line), row.state == State.CALLED, row.window == window)
        .order_by(row.call_time.desc())
        .limit(1)
        .with_for_update()
    )
    return next(iter(_tickets(connection, statement)), None)


def last_at_window(connection: Connection, line: Line, window: int) -> Ticket | None:
    """The ticket that was called to a counter last, whatever became of it."""
    row = TicketRow
    statement = select(row).where(_of(line), row.window == window).order_by(row.call_time.desc()).limit(1)
    return next(iter(_tickets(connection, statement)), None)


def numbered(connection: Connection, line: Line, number: str) -> Ticket | None:
    """The ticket of a number such as ``A023``."""
    row = TicketRow
    if len(number) < 2 or not number[1:].isascii() or not number[1:].isdigit():
        return None
    statement = select(row).where(_of(line), row.letter == number[:1].upper(), row.number == int(number[1:]))
    return next(iter(_tickets(connection, statement)), None)


def end(connection: Connection, ticket: Ticket, state: State, now: datetime) -> None:
    """Says that its holder was served, or did not come."""
    connection.execute(
        update(TicketRow).where(TicketRow.name == ticket.name).values(state=state, end_time=now)
    )


def of_appointment(connection: Connection, reference: str, day: date) -> Ticket | None:
    """The ticket that was given for an appointment of a day."""
    row = TicketRow
    statement = select(row).where(row.reference == reference, row.day == day)
    return next(iter(_tickets(connection, statement)), None)


def number_of(connection: Connection, reference: str) -> str:
    """The number that an appointment was given last; empty where it was given none."""
    row = TicketRow
    statement = select(row).where(row.reference == reference).order_by(row.issue_time.desc()).limit(1)
    return next((ticket.number for ticket in _tickets(connection, statement)), "")


def waiting(connection: Connection, line: Line, most: int) -> Sequence[Ticket]:
    """Those who wait, who is called first first."""
    row = TicketRow
    return _tickets(
        connection,
        select(row)
        .where(_waiting(line))
        .order_by(row.first.desc(), row.issue_time, row.letter, row.number)
        .limit(most),
    )


def called(connection: Connection, line: Line, most: int) -> Sequence[Ticket]:
    """The tickets that were called, the latest call first."""
    row = TicketRow
    return _tickets(
        connection,
        select(row).where(_of(line), row.calls > 0).order_by(row.call_time.desc(), row.name).limit(most),
    )


def windows(connection: Connection, counters: str) -> Sequence[int]:
    """The counters at which somebody works."""
    found = connection.execute(
        select(WindowRow.number).where(WindowRow.counters == counters).order_by(WindowRow.number)
    )
    return list(found.scalars())


def open_window(connection: Connection, counters: str, number: int, now: datetime) -> bool:
    """Says that somebody works at a counter; False where somebody does already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    opened = dialect.insert(WindowRow).values(counters=counters, number=number, open_time=now)
    return connection.execute(opened.on_conflict_do_nothing()).rowcount == 1


def close_window(connection: Connection, counters: str, number: int) -> bool:
    """Says that nobody does any more; False where nobody did."""
    this = (WindowRow.counters == counters) & (WindowRow.number == number)
    return connection.execute(delete(WindowRow).where(this)).rowcount == 1


def sweep(connection: Connection, now: datetime) -> None:
    """Closes the counters that were left open on a day before, and removes old tickets."""
    today = county_day(now)
    connection.execute(delete(WindowRow).where(WindowRow.open_time < midnight(today)))
    for table in (TicketRow, TicketCount):
        connection.execute(delete(table).where(table.day < today - KEEP))


def _before(ticket: Ticket) -> ColumnElement[bool]:
    row = TicketRow
    letter, number = ticket.number[0], int(ticket.number[1:])
    same = row.issue_time == ticket.issue_time
    return (row.issue_time < ticket.issue_time) | (same & (row.letter == letter) & (row.number < number))


def _of(line: Line) -> ColumnElement[bool]:
    return (TicketRow.counters == line.counters) & (TicketRow.day == line.day)


def _waiting(line: Line) -> ColumnElement[bool]:
    return _of(line) & (TicketRow.state == State.WAITING)


def _tickets(connection: Connection, statement: Select[Any]) -> list[Ticket]:
    return [
        Ticket(
            row.name,
            Line(row.counters, row.day),
            f"{row.letter}{row.number:03d}",
            row.first,
            row.service,
            row.reference,
            State(row.state),
            row.issue_time,
            row.window,
            row.calls,
            row.call_time,
        )
        for row in connection.execute(statement)
    ]
