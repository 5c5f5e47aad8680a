"""Cases: what the office makes of submissions.

Who applied and what the office noted lie sealed. What is erased leaves the case as a skeleton: reference,
form, states and times, by which the county counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from huimin.v1 import case_pb2
from sqlalchemy import Connection, bindparam, insert, select, update

from backend.notifying import news
from backend.notifying.contact import Contact
from backend.storage import appointments, forms
from backend.storage.tables import CaseEventRow, CaseRow, microseconds
from backend.storage.vault import vault_of
from foundation.language import LocalizedText

MAX_NOTE = 500
"""Characters of what the office says to the resident."""

CASE_UNKNOWN = "CASE_UNKNOWN"
CASE_ERASED = "CASE_ERASED"
"""Reasons of the contract."""
UNTOLD = "-"
"""Kind of message of a change of which nobody is told by this way."""
RETENTION_DAYS = 1095
"""So long personal data is kept after the end of a case whose form does not say."""
END_STATES = frozenset(
    {case_pb2.CASE_STATE_REJECTED, case_pb2.CASE_STATE_COMPLETED, case_pb2.CASE_STATE_WITHDRAWN}
)
"""The end of a case. An approved one is still to be handed over, and then completed."""
GIVEN_UP = END_STATES - {case_pb2.CASE_STATE_COMPLETED}
"""An end at which nothing was done: what was kept for it is free again."""

Position = tuple[datetime, str]
"""Where a page ends: time of receipt and reference of its last case."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `state` is a number of `huimin.v1.CaseState`. Its repr does not show the note."""

    state: int
    event_time: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `events` is empty in lists; `channel` is a number of the contract. Its repr shows no person.

    `erased`: its personal data was erased, and what is here is all that is left.
    `person`: keyed hash of the applicant (`Vault.person`); None where none is known.
    """

    reference: str
    form: str
    title: LocalizedText
    channel: int
    state: int
    create_time: datetime
    update_time: datetime
    erased: bool
    person: bytes | None = field(repr=False)
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
    CaseRow.erased_time,
    CaseRow.person,
)
# Every status query runs these: they are built once.
_ONE = (
    select(*_COLUMNS, CaseEventRow.state.label("then"), CaseEventRow.event_time, CaseEventRow.note)
    .join_from(CaseRow, CaseEventRow, CaseEventRow.reference == CaseRow.reference, isouter=True)
    .where(CaseRow.reference == bindparam("asked"))
    .order_by(CaseEventRow.id)
)
"""A row an event: one way to the database for all of them."""
_PERSON = select(CaseRow.person).where(CaseRow.reference == bindparam("asked"))


def one(connection: Connection, reference: str) -> Case | None:
    """The case of that reference, with its events."""
    rows = connection.execute(_ONE, {"asked": reference}).all()
    if not rows:
        return None
    return _case(rows[0], tuple(_event(connection, reference, row) for row in rows if row.then is not None))


def newest_first(connection: Connection, person: bytes, after: Position | None, most: int) -> Sequence[Case]:
    """Cases of one person that come after a position. person: see `Vault.person`."""
    statement = (
        select(*_COLUMNS)
        .where(CaseRow.person == person)
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


def person(connection: Connection, reference: str) -> bytes | None:
    """Keyed hash of the applicant of a case; None where none is known."""
    return connection.execute(_PERSON, {"asked": reference}).scalar()


def applicant(connection: Connection, reference: str) -> str | None:
    """Identity number of the applicant of a case; None where none is known.

    It is opened for one comparison at a time. A keyed hash of the number's end, kept for that, would be one
    thing more on the disk to guess six characters from.
    """
    sealed = connection.execute(select(CaseRow.applicant).where(CaseRow.reference == reference)).scalar()
    return None if sealed is None else vault_of(connection).open_text(sealed, applicant_place(reference))


def is_erased(connection: Connection, reference: str) -> bool:
    """Whether there was a case of that reference whose personal data is gone."""
    there = select(CaseRow.reference).where(CaseRow.reference == reference, CaseRow.erased_time.is_not(None))
    return connection.execute(there).first() is not None


def seal_applicant(connection: Connection, reference: str, number: str) -> dict[str, bytes | None]:
    """The columns of a case that say who applied. number: identity number, empty where it is not known."""
    if not number:
        return {"applicant": None, "person": None}
    vault = vault_of(connection)
    return {
        "applicant": vault.seal_text(number, applicant_place(reference)),
        "person": vault.person(number),
    }


def contact(connection: Connection, reference: str) -> Contact | None:
    """Where the applicant of a case is told of changes; None where nobody is."""
    sealed = connection.execute(select(CaseRow.contact).where(CaseRow.reference == reference)).scalar()
    if sealed is None:
        return None
    return Contact.of_line(vault_of(connection).open_text(sealed, contact_place(reference)))


def has_ended(connection: Connection, reference: str) -> bool:
    """Whether the case is over."""
    state = connection.execute(select(CaseRow.state).where(CaseRow.reference == reference)).scalar()
    return state in END_STATES


def seal_contact(connection: Connection, reference: str, contact: Contact | None) -> bytes | None:
    """The column of a case that says where its applicant is told of changes."""
    return vault_of(connection).seal_text(str(contact), contact_place(reference)) if contact else None


def move(
    connection: Connection, reference: str, event: Event, *, told: str = "", request_id: str = ""
) -> bool:
    """Gives a case another state, or the same with another note, and has its applicant told. False where
    there is no such case.

    An erased case has no next state: whoever reopened it would find nothing in it. told: the kind of message
    by which the applicant learns of it; the state's own where empty; UNTOLD for none. Where the case is given
    up, the place of its appointment is given back.
    """
    row = connection.execute(
        select(CaseRow.form, CaseRow.form_revision, CaseRow.state).where(
            CaseRow.reference == reference, CaseRow.erased_time.is_(None)
        )
    ).first()
    if row is None:
        return False
    erase_time = None
    if event.state in END_STATES:
        days = forms.retention_days(connection, row.form, row.form_revision)
        erase_time = event.event_time + timedelta(days=RETENTION_DAYS if days is None else days)
    connection.execute(
        update(CaseRow)
        .where(CaseRow.reference == reference)
        .values(state=event.state, update_time=event.event_time, erase_time=erase_time)
    )
    if event.state in GIVEN_UP:
        appointments.give_up(connection, reference)
    told = told or news.kind_of(event.state, row.state)
    add_event(connection, reference, event, told=told, request_id=request_id)
    return True


def add_event(
    connection: Connection, reference: str, event: Event, *, told: str = "", request_id: str = ""
) -> None:
    """Writes down a change of a case, and what its applicant is told of it; told: as in `move`."""
    note = None
    if event.note:
        note = vault_of(connection).seal_text(event.note, note_place(reference, event.event_time))
    number = connection.execute(
        insert(CaseEventRow)
        .values(reference=reference, state=event.state, event_time=event.event_time, note=note)
        .returning(CaseEventRow.id)
    ).scalar_one()
    sealed = connection.execute(select(CaseRow.contact).where(CaseRow.reference == reference)).scalar()
    if sealed is not None and told != UNTOLD:
        contact = Contact.of_line(vault_of(connection).open_text(sealed, contact_place(reference)))
        news.tell(
            connection,
            contact,
            reference,
            kind=told or news.kind_of(event.state, None),
            cause=f"case-event {number}",
            now=event.event_time,
            request_id=request_id,
        )


def _event(connection: Connection, reference: str, row: Any) -> Event:
    note = ""
    if row.note is not None:
        note = vault_of(connection).open_text(row.note, note_place(reference, row.event_time))
    return Event(row.then, row.event_time, note)


def applicant_place(reference: str) -> str:
    """For which an identity number is sealed."""
    return f"cases.applicant {reference}"


def contact_place(reference: str) -> str:
    """For which a contact is sealed."""
    return f"cases.contact {reference}"


def note_place(reference: str, event_time: datetime) -> str:
    """For which a note is sealed."""
    return f"case_events.note {reference} {microseconds(event_time)}"


def _case(row: Any, events: tuple[Event, ...]) -> Case:
    return Case(
        reference=row.reference,
        form=row.form,
        title=LocalizedText(row.title_zh, row.title_en),
        channel=row.channel,
        state=row.state,
        create_time=row.create_time,
        update_time=row.update_time,
        erased=row.erased_time is not None,
        person=row.person,
        events=events,
    )
