"""Cases, for those whom a session lets see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import grpc
from huimin.v1 import case_pb2, case_pb2_grpc, common_pb2
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.clock import timestamp
from backend.rpc import bounds, page_token
from backend.rpc.interceptor import Context
from backend.rpc.refusal import Refusal, not_found
from backend.storage import cases, sessions
from backend.storage.database import Database
from backend.storage.sessions import Opened

_BEARER = re.compile(rf"Bearer ([A-Za-z0-9_-]{{1,{sessions.MAX_TOKEN}}})")
_LIST = ("ListCases",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 2**53
"""Microseconds since 1970 that a page token may hold: the year 2255."""


class CaseService(case_pb2_grpc.CaseServiceServicer):
    """`huimin.v1.CaseService`. Which cases a session opens is decided in `_visible` and nowhere else."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def GetCase(  # noqa: N802 (the contract's name)
        self, request: case_pb2.GetCaseRequest, context: Context
    ) -> case_pb2.GetCaseResponse:
        """Gets a case with its events."""
        name = bounds.resource("name", request.name, "cases")
        reference = name.removeprefix("cases/")
        async with self._database.reading() as connection:
            opened = await self._opened(connection, context)
            if not await _visible(connection, opened, reference):
                raise not_found("CASE_UNKNOWN", "case")
            case = await cases.one(connection, reference)
        if case is None:
            raise not_found("CASE_UNKNOWN", "case")
        return case_pb2.GetCaseResponse(case_record=_message(case))

    async def ListCases(  # noqa: N802
        self, request: case_pb2.ListCasesRequest, context: Context
    ) -> case_pb2.ListCasesResponse:
        """Lists the cases of the session, without their events."""
        size = bounds.page_size(request.page_size, default=20, most=100)
        async with self._database.reading() as connection:
            opened = await self._opened(connection, context)
            found = await _cases(connection, opened, _position(request.page_token), size + 1)
        page, token = found[:size], ""
        if len(found) > size:
            received = (page[-1].create_time - _EPOCH) // _MICROSECOND
            token = page_token.encode(_LIST, [received, page[-1].reference])
        return case_pb2.ListCasesResponse(cases=map(_message, page), next_page_token=token)

    async def _opened(self, connection: AsyncConnection, context: Context) -> Opened:
        """What the session of a call opens. Refuses the call where there is no session."""
        token = _token(context)
        if token is None:
            raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_NEEDED", "This call needs a session.")
        opened = await sessions.opened_by(connection, token, self._now())
        if opened is None:
            raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED", "The session is over.")
        return opened


def _token(context: Context) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and (found := _BEARER.fullmatch(value)):
            return found[1]
    return None


async def _visible(connection: AsyncConnection, opened: Opened, reference: str) -> bool:
    if opened.reference is not None:
        return opened.reference == reference
    return opened.applicant is not None and opened.applicant == await cases.applicant(connection, reference)


async def _cases(
    connection: AsyncConnection, opened: Opened, after: cases.Position | None, most: int
) -> Sequence[cases.Case]:
    if opened.applicant is not None:
        return await cases.newest_first(connection, opened.applicant, after, most)
    only = await cases.one(connection, opened.reference or "") if after is None else None
    return [] if only is None else [only]


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
