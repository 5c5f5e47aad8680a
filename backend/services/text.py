"""Results as text messages: what a resident was told, in a text that a stranger may find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import grpc
from huimin.v1 import case_pb2, text_pb2, text_pb2_grpc
from sqlalchemy import Connection

from backend.appointments.schedule import local
from backend.authoring.finding import LOCALE
from backend.authoring.published import Edition, Published
from backend.clock import county_day
from backend.lookups import record_text
from backend.lookups.record_text import TextOver
from backend.notifying.queue import MAX_VALUE, enqueue
from backend.rpc.acting import actor_of
from backend.rpc.door import Context, Door, DoorKind, door_of
from backend.rpc.refusal import Refusal, not_found
from backend.rpc.session import Right, right_of, session_needed
from backend.services.case import case_seen, erased
from backend.storage import appointments, audit, cases, messages, policies, references, tries
from backend.storage.appointments import BOOKED, Appointment
from backend.storage.audit import Actor
from backend.storage.cases import CASE_ERASED, CASE_UNKNOWN
from backend.storage.database import Database
from backend.storage.messages import Channel
from backend.storage.tries import Scope, Subject
from backend.storage.vault import vault_of
from backend_client.forms.present import present_date, present_time
from backend_client.forms.reference import group
from backend_client.forms.wire import language_from_proto
from foundation.language import Language, translator

SEND = "TextService.SendText"
_STATE = "CASE_STATE_"


@dataclass(frozen=True, slots=True)
class _Result:
    """What is sent. kind, values: as for `enqueue`; of: for the audit trail; reference: of the case with
    which it is erased; actor: whose session it is, where there is one. Its repr shows no values."""

    kind: str
    values: Mapping[str, str] = field(repr=False)
    of: str
    actor: Actor
    reference: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call."""

    request: text_pb2.SendTextRequest
    language: Language
    right: Right
    actor: Actor
    door: Door
    edition: Edition
    now: datetime


@dataclass(frozen=True, slots=True)
class TextService(text_pb2_grpc.TextServiceServicer):
    """`huimin.v1.TextService`. Nothing is sent that the same door was not told with the same credential."""

    database: Database
    published: Published
    now: Callable[[], datetime]

    async def SendText(  # noqa: N802 (the contract's name)
        self, request: text_pb2.SendTextRequest, context: Context
    ) -> text_pb2.SendTextResponse:
        """Sends one result, once."""
        asked = _Asked(
            request,
            language_from_proto(request.language, "language"),
            right_of(context),
            actor_of(context),
            door_of(context),
            self.published.current,
            self.now(),
        )
        return text_pb2.SendTextResponse(delayed=await self.database.write(_send, asked))


def _send(connection: Connection, asked: _Asked) -> bool:
    """Has it sent, once; whether messages do not get through at the moment. Raises Refusal."""
    result = _RESULTS[asked.request.WhichOneof("result") or ""](connection, asked)
    new = enqueue(
        connection,
        key=asked.request.name,
        recipient=asked.request.phone_number,
        kind=result.kind,
        language=asked.language,
        values=result.values,
        now=asked.now,
        reference=result.reference,
        request_id=asked.actor.request_id,
    )
    if new:
        _count(connection, asked)
        audit.append(connection, result.actor.did(SEND, result.of, asked.now))
    return messages.delayed(connection, Channel.SMS)


def _count(connection: Connection, asked: _Asked) -> None:
    """Counts a text at its number and its caller. Refuses one that is too many, and then nothing is sent."""
    caller = asked.request.caller.strip()
    subjects = [Subject(Scope.TEXT_NUMBER, asked.request.phone_number)]
    if caller:
        subjects.append(Subject(Scope.TEXT_CALLER, caller))
    elif asked.door.kind is not DoorKind.TERMINAL:
        subjects.append(Subject(Scope.TEXT_WITHHELD, asked.door.name))
    if tries.closed_for(connection, subjects, asked.now) is not None:
        raise Refusal(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "TOO_MANY_TEXTS",
            "The number, or the caller, got enough of them today.",
        )
    tries.count_wrong(connection, subjects, asked.now)


def _submission(connection: Connection, asked: _Asked) -> _Result:
    reference = references.of_submission(connection, asked.request.submission, asked.door.name)
    case = cases.one(connection, reference) if reference else None
    if case is None or reference is None:
        raise not_found("SUBMISSION_UNKNOWN", "submission")
    if case.erased:
        raise erased()
    values = {"reference": group(reference)}
    of = f"cases/{reference}"
    booked = _booked(connection, reference, asked)
    if booked is None:
        return _Result("result_sent", values, of, asked.actor, reference)
    return _Result("result_booked", values | _when_and_where(booked, asked), of, asked.actor, reference)


def _case(connection: Connection, asked: _Asked) -> _Result:
    if asked.right.opened is None:
        raise session_needed()
    of = asked.request.case_name
    reference = of.removeprefix("cases/")
    seen = case_seen(connection, asked.right, reference)
    if seen.outcome == CASE_ERASED:
        raise erased()
    if not seen.cases:
        raise not_found(CASE_UNKNOWN, "case")
    actor = replace(asked.actor, credential=seen.credential, person=seen.person)
    values = {"ending": reference[-4:]}
    booked = _booked(connection, reference, asked)
    if booked is not None:
        return _Result("result_appointment", values | _when_and_where(booked, asked), of, actor, reference)
    (case,) = seen.cases
    name = case_pb2.CaseState.Name(case_pb2.CaseState.ValueType(case.state)).removeprefix(_STATE).lower()
    values |= {
        "state": translator("backend", LOCALE, asked.language)(f"state.{name}"),
        "date": present_date(county_day(case.update_time), asked.language),
    }
    return _Result("result_case", values, of, actor, reference)


def _booked(connection: Connection, reference: str, asked: _Asked) -> Appointment | None:
    """The place that a case keeps and that is still to come."""
    found = appointments.one(connection, reference)
    return found if found is not None and found.state == BOOKED and found.start > asked.now else None


def _when_and_where(appointment: Appointment, asked: _Asked) -> dict[str, str]:
    counters = asked.edition.content.counters.get(f"counters/{appointment.counters}")
    place = appointment.counters if counters is None else _in(asked, counters.place.zh, counters.place.en)
    return {"time": present_time(local(appointment.start), asked.language), "place": place}


def _record(connection: Connection, asked: _Asked) -> _Result:
    try:
        told = record_text.opened(vault_of(connection), asked.request.record, asked.now)
    except TextOver:
        told = None
    lookup = asked.edition.lookups.get(told.lookup) if told else None
    if told is None or lookup is None or asked.edition.content.lookups[lookup.name].sent is None:
        raise Refusal(
            grpc.StatusCode.FAILED_PRECONDITION, "TEXT_OVER", "The record has to be looked up anew."
        )
    values = {"title": lookup.title[asked.language], "line": _short(told.line[asked.language])}
    return _Result("result_record", values, lookup.name, asked.actor)


def _service(connection: Connection, asked: _Asked) -> _Result:
    service = asked.edition.services.get(asked.request.service)
    if service is None or not service.HasField("guide"):
        raise not_found("SERVICE_UNKNOWN", "service with a guide")
    guide = service.guide
    values = {
        "title": _in(asked, service.title.zh_cn, service.title.en),
        "place": _in(asked, guide.place.zh_cn, guide.place.en),
        "hours": _in(asked, guide.opening_hours.zh_cn, guide.opening_hours.en),
        "phone": guide.phone,
    }
    return _Result("result_guide", values, service.name, asked.actor)


def _policy(connection: Connection, asked: _Asked) -> _Result:
    policy = policies.one(connection, asked.edition.number, asked.request.policy)
    if policy is None:
        raise not_found("POLICY_UNKNOWN", "policy")
    title = _in(asked, policy.title.zh_cn, policy.title.en)
    values = {
        "title": " ".join((title, policy.document_number)).strip(),
        "summary": _in(asked, policy.summary.zh_cn, policy.summary.en),
    }
    return _Result("result_policy", values, policy.name, asked.actor)


_RESULTS: Mapping[str, Callable[[Connection, _Asked], _Result]] = {
    "submission": _submission,
    "case_name": _case,
    "record": _record,
    "service": _service,
    "policy": _policy,
}


def _in(asked: _Asked, zh: str, en: str) -> str:
    return _short(en if asked.language is Language.EN else zh)


def _short(text: str) -> str:
    """A text in one line that fits a message."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_VALUE else line[: MAX_VALUE - 1] + "…"
