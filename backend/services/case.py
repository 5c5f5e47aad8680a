"""Cases, for those whom a session lets see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import grpc
from google.type.date_pb2 import Date
from huimin.v1 import case_pb2, case_pb2_grpc, catalog_pb2, common_pb2
from sqlalchemy import Connection

from backend.appointments.telling import appointment_message
from backend.authoring.published import Published
from backend.clock import county_day, timestamp
from backend.rpc import bounds, page_token
from backend.rpc.acting import actor_of
from backend.rpc.door import Context
from backend.rpc.permissions import Credential, Scope
from backend.rpc.refusal import Refusal, Wrong, invalid, not_found
from backend.rpc.session import Right, right_of
from backend.services.deadline import due_day
from backend.storage import appointments, audit, beside, cases, public_cases, replies, tickets
from backend.storage.appointments import Appointment
from backend.storage.audit import Actor, AuditTrail
from backend.storage.cases import CASE_ERASED, CASE_UNKNOWN
from backend.storage.database import Database
from backend.storage.public_cases import PublicCase
from backend.storage.replies import Answered, Reopening
from backend.storage.tables import microseconds
from backend_client.forms.text import has_bad_character, normalise
from foundation.language import LocalizedText

_LIST = ("ListCases",)
_PUBLIC = ("ListPublicCases",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 2**53
"""Microseconds since 1970 that a page token may hold: the year 2255."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a session may see of what was asked for, and whose session it is. Its repr shows no person."""

    cases: tuple[cases.Case, ...]
    outcome: str
    credential: str
    person: bytes | None = field(repr=False)
    answered: Answered = field(default_factory=Answered)
    rated: bool = False
    appointment: Appointment | None = None
    ticket: str = ""


class CaseService(case_pb2_grpc.CaseServiceServicer):
    """`huimin.v1.CaseService`. What a session may see is its scope in `backend.rpc.permissions`.

    Nobody is told of a case before the audit trail says so.
    """

    def __init__(
        self, database: Database, published: Published, trail: AuditTrail, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._published = published
        self._trail = trail
        self._now = now

    async def GetCase(  # noqa: N802 (the contract's name)
        self, request: case_pb2.GetCaseRequest, context: Context
    ) -> case_pb2.GetCaseResponse:
        """Gets a case with its events."""
        reference = request.name.removeprefix("cases/")
        now = self._now()
        seen = await self._database.read(case_seen, right_of(context), reference)
        await self._trail.record(
            _actor(context, seen).did("CaseService.GetCase", f"cases/{reference}", now, seen.outcome)
        )
        if seen.outcome == CASE_ERASED:
            raise erased()
        if not seen.cases:
            raise not_found(CASE_UNKNOWN, "case")
        return case_pb2.GetCaseResponse(case_record=self._whole(seen, now))

    async def ReopenCase(  # noqa: N802
        self, request: case_pb2.ReopenCaseRequest, context: Context
    ) -> case_pb2.ReopenCaseResponse:
        """Opens a case again whose resident is not satisfied with the reply, once."""
        reference = request.name.removeprefix("cases/")
        reason = normalise(request.reason)
        if has_bad_character(reason):
            raise invalid(Wrong("reason", bounds.BAD_CHARACTER, "holds a character that cannot be stored"))
        now = self._now()
        reopening = Reopening(
            request.reopening, reason, request.recording or None, now, due_day(self._published, now)
        )
        seen, refused = await self._database.write(
            _reopen, right_of(context), reference, reopening, actor_of(context)
        )
        if seen.outcome == CASE_ERASED:
            raise erased()
        if not seen.cases:
            raise not_found(CASE_UNKNOWN, "case")
        if refused is not None:
            raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, refused.name, "The case is not opened again.")
        return case_pb2.ReopenCaseResponse(case_record=self._whole(seen, now))

    async def ListPublicCases(  # noqa: N802
        self, request: case_pb2.ListPublicCasesRequest, context: Context
    ) -> case_pb2.ListPublicCasesResponse:
        """Lists what the office has made public, the newest answer first."""
        size = bounds.page_size(request.page_size, default=20, most=100)
        after = _position(request.page_token, _PUBLIC)
        found = await self._database.read(public_cases.newest_first, after, size + 1)
        page, token = found[:size], ""
        if len(found) > size:
            token = _token(_PUBLIC, page[-1].reply_time, page[-1].name)
        services = self._published.current.content.services
        department = {service.form: service for service in services if service.form}
        return case_pb2.ListPublicCasesResponse(
            public_cases=[_public(case, department.get(case.form)) for case in page], next_page_token=token
        )

    async def ListCases(  # noqa: N802
        self, request: case_pb2.ListCasesRequest, context: Context
    ) -> case_pb2.ListCasesResponse:
        """Lists the cases of the session, without their events."""
        size = bounds.page_size(request.page_size, default=20, most=100)
        after = _position(request.page_token, _LIST)
        now = self._now()
        seen = await self._database.read(_cases, right_of(context), after, size + 1)
        page, token = seen.cases[:size], ""
        actor = _actor(context, seen)
        shown = [f"cases/{case.reference}" for case in page] or ["cases"]
        await self._trail.record(*(actor.did("CaseService.ListCases", one, now) for one in shown))
        if len(seen.cases) > size:
            token = _token(_LIST, page[-1].create_time, page[-1].reference)
        return case_pb2.ListCasesResponse(cases=map(_message, page), next_page_token=token)

    def _whole(self, seen: Seen, now: datetime) -> case_pb2.Case:
        """The one case, with its appointment."""
        message = _whole(seen)
        if seen.appointment is not None:
            content = self._published.current.content
            message.appointment.CopyFrom(appointment_message(seen.appointment, seen.ticket, content, now))
        return message


def erased() -> Refusal:
    """There was such a case."""
    return Refusal(
        grpc.StatusCode.NOT_FOUND,
        CASE_ERASED,
        "The case is over, and its personal data was erased.",
    )


def _visible(right: Right, case: cases.Case) -> bool:
    """Whether a call may see a case, by its scope."""
    opened = right.opened
    if opened is None:
        return False
    match right.scope:
        case Scope.CASE:
            return opened.reference == case.reference
        case Scope.PERSON:
            return opened.person is not None and opened.person == case.person
    return False


def case_seen(connection: Connection, right: Right, reference: str) -> Seen:
    """What a session may see of a case; its outcome is a reason of the contract where that is nothing."""
    found = cases.one(connection, reference)
    if found is None or not _visible(right, found):
        return _seen(connection, right, (), CASE_UNKNOWN)
    if found.erased:
        return _seen(connection, right, (found,), CASE_ERASED)
    there = beside.of(connection, reference)
    return replace(
        _seen(connection, right, (found,)),
        answered=replies.of(connection, reference) if there.replied else Answered(),
        rated=there.rated,
        appointment=appointments.one(connection, reference) if there.booked else None,
        ticket=tickets.number_of(connection, reference) if there.booked else "",
    )


def _reopen(
    connection: Connection,
    right: Right,
    reference: str,
    reopening: Reopening,
    actor: Actor,
) -> tuple[Seen, replies.Refused | None]:
    """What is to be seen of the case afterwards, and why it was not opened again."""
    seen = case_seen(connection, right, reference)
    refused = None
    if seen.outcome == "OK":
        refused = replies.reopen(connection, reference, reopening, door=actor.door)
        seen = case_seen(connection, right, reference)
    outcome = refused.name if refused else seen.outcome
    actor = replace(actor, credential=seen.credential, person=seen.person)
    name = f"cases/{reference}"
    audit.append(connection, actor.did("CaseService.ReopenCase", name, reopening.reopen_time, outcome))
    return seen, refused


def _cases(connection: Connection, right: Right, after: cases.Position | None, most: int) -> Seen:
    opened = right.opened
    if opened and opened.person is not None and right.scope is Scope.PERSON:
        return _seen(connection, right, cases.newest_first(connection, opened.person, after, most))
    only = cases.one(connection, opened.reference or "") if opened and after is None else None
    return _seen(connection, right, [] if only is None or only.erased else [only])


def _seen(connection: Connection, right: Right, found: Sequence[cases.Case], outcome: str = "OK") -> Seen:
    opened = right.opened
    assert opened is not None
    person = opened.person
    if opened.reference is not None:  # the applicant of the one case that it opens
        own = [case.person for case in found if case.reference == opened.reference]
        person = own[0] if own else cases.person(connection, opened.reference)
    return Seen(tuple(found), outcome, Credential(opened.kind).name.lower(), person)


def _actor(context: Context, seen: Seen) -> Actor:
    return actor_of(context, seen.credential, seen.person)


def _token(of_list: tuple[str, ...], moment: datetime, name: str) -> str:
    return page_token.encode(of_list, [microseconds(moment), name])


def _position(token: str, of_list: tuple[str, ...]) -> cases.Position | None:
    position = page_token.decode(token, of_list, int, str)
    if position is None:
        return None
    since = timedelta(microseconds=min(max(int(position[0]), 0), _LATEST))
    return _EPOCH + since, str(position[1])


def _whole(seen: Seen) -> case_pb2.Case:
    """The one case, with what was replied to it."""
    message, answered = _message(seen.cases[0]), seen.answered
    for reply in answered.replies:
        message.replies.add(text=reply.text, reply_time=timestamp(reply.reply_time))
    message.reopenable = answered.reopenable
    message.rated = seen.rated
    if answered.reopening is not None:
        message.reopening.reopen_time.CopyFrom(timestamp(answered.reopening.reopen_time))
        message.reopening.due_date.CopyFrom(_day(answered.reopening.due_day))
    return message


def _public(case: PublicCase, service: catalog_pb2.Service | None) -> case_pb2.PublicCase:
    texts = case.texts
    return case_pb2.PublicCase(
        name=case.name,
        title=_text(texts.title),
        summary=_text(texts.summary),
        reply=_text(texts.reply),
        only=common_pb2.Language.ValueType(texts.only),
        department=service.department if service else None,
        state=case_pb2.CaseState.ValueType(case.state),
        receive_date=_day(county_day(case.receive_time)),
        reply_date=_day(county_day(case.reply_time)),
        demonstration=service is not None and service.demonstration,
    )


def _text(text: LocalizedText) -> common_pb2.LocalizedText:
    return common_pb2.LocalizedText(zh_cn=text.zh_cn, en=text.en)


def _day(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def _message(case: cases.Case) -> case_pb2.Case:
    return case_pb2.Case(
        name=f"cases/{case.reference}",
        reference=case.reference,
        form=case.form,
        title=_text(case.title),
        state=case_pb2.CaseState.ValueType(case.state),
        create_time=timestamp(case.create_time),
        update_time=timestamp(case.update_time),
        events=[
            case_pb2.CaseEvent(
                state=case_pb2.CaseState.ValueType(event.state),
                event_time=timestamp(event.event_time),
                note=event.note,
            )
            for event in case.events
        ],
    )
