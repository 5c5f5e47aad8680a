"""Lookups: who may ask, whose records they are, and what is told of them.

Answers and records pass through: neither is kept, logged or written into the audit trail, which says only
that somebody looked, of whom, and how it ended, before the records are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import grpc
from huimin.v1 import lookup_pb2, lookup_pb2_grpc
from sqlalchemy import Connection

from backend.authoring.entries import Hint
from backend.authoring.lookup_entries import LookupEntry, PayableEntry
from backend.authoring.published import Edition, Published
from backend.clock import COUNTY_TIME, county_day, timestamp
from backend.lookups import record_text, typed
from backend.lookups.provider import Given, ProviderFailed, Question
from backend.lookups.sources import Sources
from backend.payments import payables
from backend.rpc.acting import actor_of
from backend.rpc.door import Context, Door, DoorKind, door_of
from backend.rpc.permissions import Credential, Scope
from backend.rpc.refusal import ANSWERS_INVALID, Refusal, Wrong, invalid, not_found
from backend.rpc.session import Right, right_of, session_expired, session_needed, token_of
from backend.services.answers import checked
from backend.storage import cases, orders, sessions, tries
from backend.storage.audit import Actor, AuditTrail
from backend.storage.database import Database
from backend.storage.tries import Subject
from backend.storage.vault import vault_of
from backend_client.forms.answer import Problem, Recording, Value
from backend_client.forms.lookup import Access, Lookup, Payable, Record, filled
from backend_client.forms.lookup_wire import lookup_to_proto, record_to_proto
from backend_client.forms.present_record import present_value
from foundation.keys import CannotOpen
from foundation.language import Language, LocalizedText

RUN = "LookupService.RunLookup"
_ONE_AT_A_TIME = timedelta(seconds=10)
_NOTHING = "NOTHING_FOUND"
"""Outcome in the audit trail of a lookup that found nothing."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Whose records are looked for. number: citizen identity number; person: its keyed hash."""

    number: str = field(repr=False)
    person: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookupService(lookup_pb2_grpc.LookupServiceServicer):
    """`huimin.v1.LookupService` over the published lookups and the sources of the settings."""

    database: Database
    published: Published
    sources: Sources
    trail: AuditTrail
    now: Callable[[], datetime]
    payments: bool
    """Whether anything can be paid here."""
    _guessing: set[Subject] = field(default_factory=set, repr=False)
    """Whose records somebody asks for just now: nobody guesses at them twice at a time."""

    async def GetLookup(  # noqa: N802 (the contract's name)
        self, request: lookup_pb2.GetLookupRequest, context: Context
    ) -> lookup_pb2.GetLookupResponse:
        """Gets what a lookup asks."""
        lookup = self.published.current.lookups.get(request.name)
        if lookup is None:
            raise _unknown()
        return lookup_pb2.GetLookupResponse(lookup=lookup_to_proto(lookup))

    async def RunLookup(  # noqa: N802
        self, request: lookup_pb2.RunLookupRequest, context: Context
    ) -> lookup_pb2.RunLookupResponse:
        """Asks whoever keeps the records."""
        edition = self.published.current
        lookup = edition.lookups.get(request.name)
        if lookup is None:
            raise _unknown()
        entry = edition.content.lookups[request.name]
        right = right_of(context)
        _refuse_without_right(lookup, right)
        if request.revision != lookup.revision:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "LOOKUP_CHANGED",
                "The lookup has changed: get it again, and ask the resident anew.",
            )
        now = self.now()
        answers = checked(lookup.questions, request.answers, county_day(now))
        _refuse_recordings(answers)
        person = await self._person(right, context) if lookup.personal else None
        actor = _actor(context, right, person)
        guesses = _guesses(entry, answers, request.caller.strip(), door_of(context))
        question = _question(entry, answers, person, edition, county_day(now))
        if not guesses:
            return await self._run(entry, lookup, question, (), actor=actor, now=now)
        if guesses[0] in self._guessing:
            raise _too_many(_ONE_AT_A_TIME, "ASKED_JUST_NOW", "Somebody asks for the same record.")
        self._guessing.add(guesses[0])
        try:
            await self._refuse_where_closed(guesses, actor, lookup, now)
            return await self._run(entry, lookup, question, guesses, actor=actor, now=now)
        finally:
            self._guessing.discard(guesses[0])

    async def _run(
        self,
        entry: LookupEntry,
        lookup: Lookup,
        question: Question,
        guesses: Sequence[Subject],
        *,
        actor: Actor,
        now: datetime,
    ) -> lookup_pb2.RunLookupResponse:
        try:
            rows = await self.sources.source(entry.source).rows(question)
            found = typed.records(entry, lookup, rows[: entry.most])
        except ProviderFailed as error:
            await self._enter(lookup, guesses, actor, now, error.failure.value)
            raise _unavailable(error) from None
        if guesses and found:
            await self.database.write(tries.forget, guesses[0])
        elif guesses:
            await self.database.write(tries.count_wrong, guesses, now)
        await self._enter(lookup, guesses, actor, now, "OK" if found else _NOTHING)
        if entry.payable and found:
            found = await self.database.read(_with_payables, entry, lookup, found, now)
            if not self.payments:
                found = [replace(record, payable=None) for record in found]
        if entry.sent is not None and found:
            found = await self.database.read(_with_texts, entry.sent, lookup, found, now)
        return lookup_pb2.RunLookupResponse(
            records=[record_to_proto(lookup, record) for record in found],
            more=len(rows) > entry.most,
            ask_time=timestamp(now),
        )

    async def _person(self, right: Right, context: Context) -> _Person:
        """Whose session it is. Refuses one of which that is not known any more."""
        try:
            found = await self.database.read(_of_session, right, token_of(context))
        except CannotOpen:
            found = None
        if found is None:
            raise session_expired()
        return found

    async def _refuse_where_closed(
        self, guesses: Sequence[Subject], actor: Actor, lookup: Lookup, now: datetime
    ) -> None:
        closed: timedelta | None = await self.database.write(tries.closed_for, guesses, now)
        if closed is None:
            return
        await self._enter(lookup, guesses, actor, now, "TOO_MANY_TRIES")
        raise _too_many(closed)

    async def _enter(
        self, lookup: Lookup, guesses: Sequence[Subject], actor: Actor, now: datetime, outcome: str
    ) -> None:
        """Says in the audit trail that somebody looked at what is not everybody's."""
        if lookup.personal or guesses:
            await self.trail.record(actor.did(RUN, lookup.name, now, outcome))


def _refuse_without_right(lookup: Lookup, right: Right) -> None:
    if not lookup.personal:
        return
    if right.opened is None:
        raise session_needed()
    if lookup.access is Access.CARD and right.scope is not Scope.PERSON:
        raise Refusal(
            grpc.StatusCode.PERMISSION_DENIED,
            "NOT_WITH_THIS_CREDENTIAL",
            "This lookup needs a session that was opened with a card.",
        )


def _refuse_recordings(answers: Mapping[str, Value]) -> None:
    """Nobody listens to what is looked up."""
    wrong = [name for name, value in answers.items() if isinstance(value, Recording)]
    if wrong:
        raise invalid([Wrong(f"answers.{name}", Problem.WRONG_TYPE.name) for name in wrong], ANSWERS_INVALID)


def _of_session(connection: Connection, right: Right, token: str) -> _Person | None:
    opened = right.opened
    assert opened is not None
    if right.scope is Scope.PERSON:
        number = sessions.holder(connection, token)
    else:
        number = cases.applicant(connection, opened.reference or "")
    return None if number is None else _Person(number, vault_of(connection).person(number))


def _actor(context: Context, right: Right, person: _Person | None) -> Actor:
    if person is None or right.opened is None:
        return actor_of(context)
    return actor_of(context, Credential(right.opened.kind).name.lower(), person.person)


def _guesses(
    entry: LookupEntry, answers: Mapping[str, Value], caller: str, door: Door
) -> tuple[Subject, ...]:
    """At what, and from where, it is guessed; nothing where there is nothing to guess."""
    at = answers.get(entry.guess_at or "")
    if at is None:
        return ()
    by_caller = (Subject(tries.Scope.LOOKUP_CALLER, caller),) if caller else ()
    by_door = tries.Scope.LOOKUP_LINE if door.kind is DoorKind.LINE else tries.Scope.LOOKUP_DOOR
    return (
        Subject(tries.Scope.LOOKUP, f"{entry.name} {at}"),
        Subject(by_door, door.name),
        *by_caller,
        Subject(tries.Scope.ALL_LOOKUPS),
    )


def _question(
    entry: LookupEntry,
    answers: Mapping[str, Value],
    person: _Person | None,
    edition: Edition,
    today: date,
) -> Question:
    given: dict[str, Given] = {asked.id: _given(answers.get(asked.id)) for asked in entry.fields}
    given |= {
        "today": today.isoformat(),
        "most": entry.most + 1,
        "identity_number": None if person is None else person.number,
    }
    return Question(
        query=entry.query,
        given=given,
        at=[column.at or column.id for column in entry.columns],
        most=entry.most,
        today=today,
        tables=edition.content.tables,
        body=entry.body,
        records=entry.records,
    )


def _given(value: Value | None) -> Given:
    match value:
        case bool():
            return int(value)
        case date():
            return value.isoformat()
        case tuple():
            return ",".join(value)
        case Recording():
            raise AssertionError("a recording was refused before")
    return value


def _with_payables(
    connection: Connection, entry: LookupEntry, lookup: Lookup, found: Sequence[Record], now: datetime
) -> list[Record]:
    """The records, with what is owed for them, or when it was paid here.

    Whoever keeps the records may not have heard of that yet; once they say themselves that nothing is owed,
    theirs is the last word.
    """
    rule = entry.payable
    assert rule is not None
    owed = {
        number: f"{lookup.name} {record.values[rule.record]}"
        for number, record in enumerate(found)
        if _is_owed(rule, record)
    }
    settled = orders.settled(connection, owed.values())
    told = []
    for number, record in enumerate(found):
        subject = owed.get(number)
        if subject is None:
            told.append(record)
        elif subject in settled:
            told.append(replace(record, pay_time=settled[subject]))
        else:
            told.append(replace(record, payable=_payable(connection, rule, lookup, record, subject, now=now)))
    return told


def _with_texts(
    connection: Connection, sentence: Hint, lookup: Lookup, found: Sequence[Record], now: datetime
) -> list[Record]:
    """The records, each with the word by which it may be sent by SMS."""
    vault = vault_of(connection)
    return [
        replace(record, text_token=record_text.issue(vault, lookup, sentence, record, now))
        for record in found
    ]


def _is_owed(rule: PayableEntry, record: Record) -> bool:
    """Whether the records say so."""
    amount = record.values.get(rule.amount)
    if rule.record not in record.values or not isinstance(amount, int) or amount <= 0:
        return False
    return rule.only_if is None or record.values.get(rule.only_if.column) in rule.only_if.any_of


def _payable(
    connection: Connection, rule: PayableEntry, lookup: Lookup, record: Record, subject: str, *, now: datetime
) -> Payable:
    amount = record.values[rule.amount]
    assert isinstance(amount, int)
    title = LocalizedText(
        _filled(lookup, record, rule.title.zh, Language.ZH_CN),
        _filled(lookup, record, rule.title.en, Language.EN),
    )
    owed = payables.Payable(subject, title, amount)
    return Payable(payables.issue(vault_of(connection), owed, now), amount, title)


def _filled(lookup: Lookup, record: Record, sentence: str, language: Language) -> str:
    said = {
        column.id: present_value(column, record.values[column.id], language, COUNTY_TIME)
        if column.id in record.values
        else ""
        for column in lookup.columns
    }
    return filled(sentence, said)


def _unknown() -> Refusal:
    return not_found("LOOKUP_UNKNOWN", "lookup")


def _too_many(
    retry_after: timedelta,
    reason: str = "TOO_MANY_TRIES",
    message: str = "Too many tries that found nothing.",
) -> Refusal:
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, reason, message, retry_after=retry_after)


def _unavailable(error: ProviderFailed) -> Refusal:
    return Refusal(
        grpc.StatusCode.UNAVAILABLE, error.failure.value, "Whoever keeps the records cannot tell now."
    )
