"""Who a resident is, and what that opens."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

import grpc
from huimin.v1 import identity_pb2, identity_pb2_grpc
from sqlalchemy import Connection

from backend.clock import county_day, timestamp
from backend.rpc import bounds
from backend.rpc.interceptor import Context
from backend.rpc.refusal import Refusal, Wrong, invalid
from backend.storage import cases, sessions
from backend.storage.database import Database
from backend.storage.sessions import Opened
from backend.storage.vault import vault_of
from backend_client.forms.identity_number import (
    SUFFIX_LENGTH,
    IdentityNumberError,
    check_identity_number,
    check_identity_suffix,
)
from backend_client.forms.reference import ReferenceError_, check_reference

MAX_NAME = 64
"""Characters of a name."""
_NOBODY = "0" * SUFFIX_LENGTH + "X"
"""Compared with where a reference does not exist: ends in no suffix that anybody can give."""


class IdentityService(identity_pb2_grpc.IdentityServiceServicer):
    """`huimin.v1.IdentityService`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def CreateSession(  # noqa: N802 (the contract's name)
        self, request: identity_pb2.CreateSessionRequest, context: Context
    ) -> identity_pb2.CreateSessionResponse:
        """Opens a session with a card or with a reference."""
        match request.WhichOneof("credential"):
            case "identity_card":
                return await self._with_card(request.identity_card)
            case "reference":
                return await self._with_reference(request.reference)
        raise invalid(Wrong("credential", bounds.REQUIRED, "neither a card nor a reference"))

    async def DeleteSession(  # noqa: N802
        self, request: identity_pb2.DeleteSessionRequest, context: Context
    ) -> identity_pb2.DeleteSessionResponse:
        """Ends a session."""
        token = bounds.text("token", request.token, sessions.MAX_TOKEN)
        await self._database.write(sessions.end, token)
        return identity_pb2.DeleteSessionResponse()

    async def _with_card(self, card: identity_pb2.IdentityCard) -> identity_pb2.CreateSessionResponse:
        now = self._now()
        try:
            applicant = check_identity_number(card.identity_number, county_day(now))
        except IdentityNumberError as error:
            raise invalid(Wrong("identity_card.identity_number", error.problem.name)) from None
        bounds.text("identity_card.full_name", card.full_name, MAX_NAME)
        token, end = await self._database.write(_start, applicant, now)
        return identity_pb2.CreateSessionResponse(token=token, expire_time=timestamp(end))

    async def _with_reference(
        self, credential: identity_pb2.ReferenceCredential
    ) -> identity_pb2.CreateSessionResponse:
        """A reference that does not exist takes the same steps as a wrong suffix."""
        now = self._now()
        try:
            reference = check_reference(credential.reference)
        except ReferenceError_ as error:
            raise invalid(Wrong("reference.reference", error.problem.name)) from None
        try:
            suffix = check_identity_suffix(credential.identity_suffix)
        except IdentityNumberError as error:
            raise invalid(Wrong("reference.identity_suffix", error.problem.name)) from None
        started, locked = await self._database.write(_try, reference, suffix, now)
        if started is not None:
            token, end = started
            return identity_pb2.CreateSessionResponse(token=token, expire_time=timestamp(end))
        if locked is not None:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_TRIES",
                "Too many wrong tries at this reference.",
                retry_after=locked,
            )
        raise Refusal(grpc.StatusCode.PERMISSION_DENIED, "CREDENTIAL_WRONG", "The credential opens nothing.")


def _start(connection: Connection, applicant: str, now: datetime) -> tuple[str, datetime]:
    """A session of the holder of a card."""
    return sessions.start(connection, Opened(None, vault_of(connection).person(applicant)), now)


def _try(
    connection: Connection, reference: str, suffix: str, now: datetime
) -> tuple[tuple[str, datetime] | None, timedelta | None]:
    """A session where the suffix is right, and how long the reference stays closed where it is."""
    locked = sessions.locked_for(connection, reference, now)
    applicant = cases.applicant(connection, reference)
    right = hmac.compare_digest((applicant or _NOBODY)[-SUFFIX_LENGTH:], suffix) and applicant
    if locked is not None:
        return None, locked
    if not right:
        sessions.count_wrong_try(connection, reference, now)
        return None, None
    sessions.forget_tries(connection, reference)
    return sessions.start(connection, Opened(reference, None), now), None
