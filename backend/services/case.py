"""Cases, for those whom a session lets see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import grpc
from huimin.v1 import case_pb2, case_pb2_grpc, common_pb2
from sqlalchemy import Connection

from backend.clock import timestamp
from backend.rpc import bounds, page_token
from backend.rpc.acting import actor_of
from backend.rpc.door import Context
from backend.rpc.permissions import Credential, Scope
from backend.rpc.refusal import Refusal, not_found
from backend.rpc.session import Right, right_of
from backend.storage import cases
from backend.storage.audit import Actor, AuditTrail
from backend.storage.cases import CASE_ERASED, CASE_UNKNOWN
from backend.storage.database import Database

_LIST = ("ListCases",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 2**53
"""Microseconds since 1970 that a page token may hold: the year 2255."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a session may see of what was asked for, and whose session it is. Its repr shows no person."""

    cases: tuple[cases.Case, ...]
    outcome: str
    credential: str
    person: bytes | None = field(repr=False)


class CaseService(case_pb2_grpc.CaseServiceServicer):
    """`huimin.v1.CaseService`. What a session may see is its scope in `backend.rpc.permissions`.

    Nobody is told of a case before the audit trail says so.
    """

    def __init__(self, database: Database, trail: AuditTrail, now: Callable[[], datetime]) -> None:
        self._database = database
        self._trail = trail
        self._now = now

    async def GetCase(  # noqa: N802 (the contract's name)
        self, request: case_pb2.GetCaseRequest, context: Context
    ) -> case_pb2.GetCaseResponse:
        """Gets a case with its events."""
        reference = request.name.removeprefix("cases/")
        now = self._now()
        seen = await self._database.read(_case, right_of(context), reference)
        await self._trail.record(
            _actor(context, seen).did("CaseService.GetCase", f"cases/{reference}", now, seen.outcome)
        )
        if seen.outcome == CASE_ERASED:
            raise erased()
        if not seen.cases:
            raise not_found(CASE_UNKNOWN, "case")
        return case_pb2.GetCaseResponse(case_record=_message(seen.cases[0]))

    async def ListCases(  # noqa: N802
        self, request: case_pb2.ListCasesRequest, context: Context
    ) -> case_pb2.ListCasesResponse:
        """Lists the cases of the session, without their events."""
        size = bounds.page_size(request.page_size, default=20, most=100)
        after = _position(request.page_token)
        now = self._now()
        seen = await self._database.read(_cases, right_of(context), after, size + 1)
        page, token = seen.cases[:size], ""
        actor = _actor(context, seen)
        shown = [f"cases/{case.reference}" for case in page] or ["cases"]
        await self._trail.record(*(actor.did("CaseService.ListCases", one, now) for one in shown))
        if len(seen.cases) > size:
            received = (page[-1].create_time - _EPOCH) // _MICROSECOND
            token = page_token.encode(_LIST, [received, page[-1].reference])
        return case_pb2.ListCasesResponse(cases=map(_message, page), next_page_token=token)


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


def _case(connection: Connection, right: Right, reference: str) -> Seen:
    found = cases.one(connection, reference)
    if found is None or not _visible(right, found):
        return _seen(connection, right, (), CASE_UNKNOWN)
    return _seen(connection, right, (found,), CASE_ERASED if found.erased else "OK")


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


def _position(token: str) -> cases.Position | None:
    position = page_token.decode(token, _LIST, int, str)
    if position is None:
        return None
    microseconds = min(max(int(position[0]), 0), _LATEST)
    return _EPOCH + microseconds * _MICROSECOND, str(position[1])


def _message(case: cases.Case) -> case_pb2.Case:
    return case_pb2.Case(
        name=f"cases/{case.reference}",
        reference=case.reference,
        form=case.form,
        title=common_pb2.LocalizedText(zh_cn=case.title.zh_cn, en=case.title.en),
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
