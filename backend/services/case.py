"""Cases, for those whom a session lets see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import grpc
from huimin.v1 import case_pb2, case_pb2_grpc, common_pb2
from sqlalchemy import Connection

from backend.clock import timestamp
from backend.rpc import bounds, page_token
from backend.rpc.acting import actor_of
from backend.rpc.interceptor import Context
from backend.rpc.refusal import Refusal, not_found
from backend.storage import cases, sessions
from backend.storage.audit import Actor, AuditTrail
from backend.storage.cases import CASE_ERASED, CASE_UNKNOWN
from backend.storage.database import Database
from backend.storage.sessions import Opened

_BEARER = re.compile(rf"Bearer ([A-Za-z0-9_-]{{1,{sessions.MAX_TOKEN}}})")
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
    """`huimin.v1.CaseService`. Which cases a session opens is decided in `_visible` and nowhere else.

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
        seen = await self._database.read(_case, _token(context), reference, now)
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
        seen = await self._database.read(_cases, _token(context), after, size + 1, now)
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


def _token(context: Context) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and (found := _BEARER.fullmatch(value)):
            return found[1]
    return None


def _opened(connection: Connection, token: str | None, now: datetime) -> Opened:
    """What a session opens. Refuses the call where there is no session."""
    if token is None:
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_NEEDED", "This call needs a session.")
    opened = sessions.opened_by(connection, token, now)
    if opened is None:
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED", "The session is over.")
    return opened


def _visible(connection: Connection, opened: Opened, reference: str) -> bool:
    if opened.reference is not None:
        return opened.reference == reference
    return opened.person is not None and opened.person == cases.person(connection, reference)


def _case(connection: Connection, token: str | None, reference: str, now: datetime) -> Seen:
    opened = _opened(connection, token, now)
    found = cases.one(connection, reference) if _visible(connection, opened, reference) else None
    if found is None:
        return _seen(connection, opened, (), CASE_UNKNOWN)
    return _seen(connection, opened, (found,), CASE_ERASED if found.erased else "OK")


def _cases(
    connection: Connection, token: str | None, after: cases.Position | None, most: int, now: datetime
) -> Seen:
    opened = _opened(connection, token, now)
    if opened.person is not None:
        return _seen(connection, opened, cases.newest_first(connection, opened.person, after, most))
    only = cases.one(connection, opened.reference or "") if after is None else None
    return _seen(connection, opened, [] if only is None or only.erased else [only])


def _seen(connection: Connection, opened: Opened, found: Sequence[cases.Case], outcome: str = "OK") -> Seen:
    person = opened.person
    if person is None and opened.reference is not None:
        person = cases.person(connection, opened.reference)
    return Seen(tuple(found), outcome, "reference" if opened.person is None else "card", person)


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
