"""Cases: what the office makes of submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from backend.storage.tables import CaseEventRow, CaseRow
from foundation.language import LocalizedText

MAX_NOTE = 500
"""Characters of what the office says to the resident."""

Position = tuple[datetime, str]
"""Where a page ends: time of receipt and reference of its last case."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `state` is a number of `huimin.v1.CaseState`."""

    state: int
    event_time: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case without the applicant. `events` is empty in lists; `channel` is a number of the contract."""

    reference: str
    form: str
    title: LocalizedText
    channel: int
    state: int
    create_time: datetime
    update_time: datetime
    events: tuple[Event, ...] = ()


_COLUMNS = (
    CaseRow.reference,
    CaseRow.form,
    CaseRow.title_zh,
    CaseRow.title_en,
    CaseRow.channel,
    CaseRow.state,
    CaseRow.create_time,
    CaseRow.update_time,
)


def one(connection: Connection, reference: str) -> Case | None:
    """The case of that reference, with its events."""
    row = (connection.execute(select(*_COLUMNS).where(CaseRow.reference == reference))).first()
    if row is None:
        return None
    events = connection.execute(
        select(CaseEventRow.state, CaseEventRow.event_time, CaseEventRow.note)
        .where(CaseEventRow.reference == reference)
        .order_by(CaseEventRow.id)
    )
    return _case(row, tuple(Event(event.state, event.event_time, event.note) for event in events))


def newest_first(connection: Connection, applicant: str, after: Position | None, most: int) -> Sequence[Case]:
    """Cases of one applicant that come after a position."""
    statement = (
        select(*_COLUMNS)
        .where(CaseRow.applicant == applicant)
        .order_by(CaseRow.create_time.desc(), CaseRow.reference.desc())
        .limit(most)
    )
    if after is not None:
        received, reference = after
        statement = statement.where(
            (CaseRow.create_time < received)
            | ((CaseRow.create_time == received) & (CaseRow.reference < reference))
        )
    return [_case(row, ()) for row in connection.execute(statement)]


def applicant(connection: Connection, reference: str) -> str | None:
    """Identity number of the applicant of a case; None where there is no such case."""
    return (connection.execute(select(CaseRow.applicant).where(CaseRow.reference == reference))).scalar()


def move(connection: Connection, reference: str, event: Event) -> bool:
    """Gives a case another state, or the same with another note. False where there is no such case."""
    moved = connection.execute(
        update(CaseRow)
        .where(CaseRow.reference == reference)
        .values(state=event.state, update_time=event.event_time)
    )
    if moved.rowcount == 0:
        return False
    add_event(connection, reference, event)
    return True


def add_event(connection: Connection, reference: str, event: Event) -> None:
    """Writes down a change of a case."""
    connection.execute(
        insert(CaseEventRow).values(
            reference=reference, state=event.state, event_time=event.event_time, note=event.note
        )
    )


def _case(row: Any, events: tuple[Event, ...]) -> Case:
    return Case(
        reference=row.reference,
        form=row.form,
        title=LocalizedText(row.title_zh, row.title_en),
        channel=row.channel,
        state=row.state,
        create_time=row.create_time,
        update_time=row.update_time,
        events=events,
    )
