"""``POST /alerts``: an alert from a program of the county, as a CAP 1.2 message with its signature.

No password: who sent a message, its signature says. Answers are JSON:

| status | body | what it means |
|---|---|---|
| 201 | ``{"name", "outcome", "reason"}`` | it was taken: ``in_force``, ``kept`` (and why), ``outdated`` |
| 200 | the same, outcome ``known`` | it had been taken before |
| 403 | ``{"reason", "place", "clause"}`` | its sender or its signature is not believed |
| 409 | the same, reason IDENTIFIER_REUSED | another message has its identifier |
| 408 | ``{"reason"}`` | it did not arrive in time |
| 413, 422 | the same | it is too large, or not what the standard says |
| 503 | ``{"reason"}`` | too many at a time, or the database does not answer: to be sent again |
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from backend.alerts.cap import MAX_BYTES, CapError
from backend.alerts.intake import Intake
from backend.storage.alerts import Outcome
from backend.storage.audit import Actor
from backend.web.grounds import Grounds
from foundation.request_id import current_request

READ_SECONDS = 10.0
"""So long a message may take to arrive."""
AT_A_TIME = 4
"""Messages that are verified at a time; more are told to come again."""
_NOT_BELIEVED = ("SENDER_UNKNOWN", "SIGNATURE_")


def routes(grounds: Grounds) -> Iterable[web.RouteDef]:
    """None where no source is trusted."""
    if not grounds.settings.alert_sources:
        return []
    intake = Intake(grounds.settings, grounds.database, grounds.now)
    free = asyncio.Semaphore(AT_A_TIME)

    async def post(request: web.Request) -> web.Response:
        if free.locked():
            return _answer(503, reason="BUSY")
        try:
            async with asyncio.timeout(READ_SECONDS):
                data = await _body(request)
        except TimeoutError:
            return _answer(408, reason="TOO_SLOW")
        async with free:
            try:
                taken = await intake.take(data, Actor("alert-web", "signature", current_request()))
            except CapError as error:
                status = 403 if error.reason.startswith(_NOT_BELIEVED) else 422
                status = 413 if error.reason == "TOO_LARGE" else status
                return _answer(status, reason=error.reason, place=error.place, clause=error.clause)
            except (DBAPIError, TimeoutError):
                return _answer(503, reason="STORAGE_UNAVAILABLE")
        if taken.outcome is Outcome.REUSED:
            return _answer(409, reason="IDENTIFIER_REUSED", place="alert/identifier", clause="§3.2.1")
        status = 200 if taken.outcome is Outcome.KNOWN else 201
        return _answer(status, name=taken.name, outcome=taken.outcome.value, reason=taken.reason)

    return [web.post("/alerts", post)]


async def _body(request: web.Request) -> bytes:
    """What was sent, one byte more than may be at the most."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (more := await request.content.read(MAX_BYTES + 1 - len(data))):
        data += more
    return bytes(data)


def _answer(status: int, **said: str) -> web.Response:
    return web.json_response(said, status=status)
