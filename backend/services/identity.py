"""Who a resident is, and what that opens."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import grpc
from huimin.v1 import identity_pb2, identity_pb2_grpc
from sqlalchemy import Connection

from backend.clock import county_day, timestamp
from backend.rpc import bounds
from backend.rpc.acting import actor_of
from backend.rpc.interceptor import Context
from backend.rpc.refusal import Refusal, Wrong, invalid
from backend.services.case import erased
from backend.storage import audit, cases, sessions
from backend.storage.audit import Actor
from backend.storage.cases import CASE_ERASED
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

SIGN_IN = "IdentityService.CreateSession"
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
                return await self._with_card(request.identity_card, context)
            case "reference":
                return await self._with_reference(request.reference, context)
        raise invalid(Wrong("credential", bounds.REQUIRED, "neither a card nor a reference"))

    async def DeleteSession(  # noqa: N802
        self, request: identity_pb2.DeleteSessionRequest, context: Context
    ) -> identity_pb2.DeleteSessionResponse:
        """Ends a session."""
        await self._database.write(sessions.end, request.token)
        return identity_pb2.DeleteSessionResponse()

    async def _with_card(
        self, card: identity_pb2.IdentityCard, context: Context
    ) -> identity_pb2.CreateSessionResponse:
        now = self._now()
        try:
            applicant = check_identity_number(card.identity_number, county_day(now))
        except IdentityNumberError as error:
            raise invalid(Wrong("identity_card.identity_number", error.problem.name)) from None
        token, end = await self._database.write(_start, applicant, actor_of(context), now)
        return identity_pb2.CreateSessionResponse(token=token, expire_time=timestamp(end))

    async def _with_reference(
        self, credential: identity_pb2.ReferenceCredential, context: Context
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
        started, locked, gone = await self._database.write(_try, reference, suffix, actor_of(context), now)
        if gone:
            raise erased()
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


def _start(connection: Connection, applicant: str, actor: Actor, now: datetime) -> tuple[str, datetime]:
    """A session of the holder of a card."""
    person = vault_of(connection).person(applicant)
    started = sessions.start(connection, Opened(None, person), now)
    audit.append(connection, replace(actor, credential="card", person=person).did(SIGN_IN, "persons", now))
    return started


def _try(
    connection: Connection, reference: str, suffix: str, actor: Actor, now: datetime
) -> tuple[tuple[str, datetime] | None, timedelta | None, bool]:
    """A session where the suffix is right, how long the reference stays closed where it is, and whether its
    case was erased."""

    def enter(outcome: str, person: bytes | None = None) -> None:
        who = replace(actor, credential="reference", person=person)
        audit.append(connection, who.did(SIGN_IN, f"cases/{reference}", now, outcome))

    locked = sessions.locked_for(connection, reference, now)
    applicant = cases.applicant(connection, reference)
    right = hmac.compare_digest((applicant or _NOBODY)[-SUFFIX_LENGTH:], suffix) and applicant
    if locked is not None:
        enter("TOO_MANY_TRIES")
        return None, locked, False
    if not right:
        sessions.count_wrong_try(connection, reference, now)
        gone = cases.is_erased(connection, reference)
        enter(CASE_ERASED if gone else "CREDENTIAL_WRONG")
        return None, None, gone
    sessions.forget_tries(connection, reference)
    started = sessions.start(connection, Opened(reference, None), now)
    enter("OK", cases.person(connection, reference))
    return started, None, False
