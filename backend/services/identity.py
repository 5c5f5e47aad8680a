"""Who a resident is, and what that opens."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import grpc
from huimin.v1 import identity_pb2, identity_pb2_grpc
from sqlalchemy import Connection

from backend.clock import county_day, timestamp
from backend.rpc.acting import actor_of
from backend.rpc.door import Context, Door, DoorKind, door_of
from backend.rpc.permissions import Credential
from backend.rpc.refusal import Refusal, Wrong, invalid
from backend.services.case import erased
from backend.storage import audit, cases, codes, sessions, tries
from backend.storage.audit import Actor
from backend.storage.cases import CASE_ERASED
from backend.storage.database import Database
from backend.storage.sessions import Opened
from backend.storage.tries import Scope, Subject
from backend.storage.vault import vault_of
from backend_client.forms.identity_number import (
    SUFFIX_LENGTH,
    IdentityNumberError,
    check_identity_number,
    check_identity_suffix,
)
from backend_client.forms.reference import ReferenceError_, check_reference

SIGN_IN = "IdentityService.CreateSession"
SIGN_OUT = "IdentityService.DeleteSession"
_NOBODY = "0" * SUFFIX_LENGTH + "X"
"""Compared with where a reference does not exist: ends in no suffix that anybody can give."""

_Started = tuple[str, datetime]
"""The token of a new session, and when it ends."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """A try to open a case with its reference and a secret, a code or the end of an identity number."""

    reference: str
    secret: str
    kind: Credential
    caller: str

    def subjects(self, door: Door) -> set[Subject]:
        """At what, and from where, it is guessed."""
        return {
            self.here(door),
            Subject(Scope.REFERENCE, self.reference),
            self._place(door),
            Subject(Scope.LINE if door.kind is DoorKind.LINE else Scope.DOOR, door.name),
            Subject(Scope.ALL),
        }

    def here(self, door: Door) -> Subject:
        """The reference, as it is guessed at from this place."""
        return tries.at_from(self.reference, self._place(door))

    def _place(self, door: Door) -> Subject:
        """Where whoever guesses is told from others: by number, else with all who show none at this door."""
        if self.caller and door.kind is not DoorKind.TERMINAL:  # whatever a terminal says, nobody calls it
            return Subject(Scope.CALLER, self.caller)
        return Subject(Scope.WITHHELD if door.kind is DoorKind.LINE else Scope.DOOR, door.name)

    def __repr__(self) -> str:
        return f"_Guess({self.kind.name}, …)"


class IdentityService(identity_pb2_grpc.IdentityServiceServicer):
    """`huimin.v1.IdentityService`. Which credentials a door may use is in `backend.rpc.permissions`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def CreateSession(  # noqa: N802 (the contract's name)
        self, request: identity_pb2.CreateSessionRequest, context: Context
    ) -> identity_pb2.CreateSessionResponse:
        """Opens a session with a card, a code or a reference."""
        caller = request.caller.strip()
        match request.WhichOneof("credential"):
            case "identity_card":
                return await self._with_card(request.identity_card, Credential.CARD, context)
            case "service_card":
                return await self._with_card(request.service_card, Credential.SERVICE_CARD, context)
            case "code":
                reference = _reference("code.reference", request.code.reference)
                guess = _Guess(reference, request.code.code, Credential.CODE, caller)
            case _:
                reference = _reference("reference.reference", request.reference.reference)
                suffix = _suffix(request.reference.identity_suffix)
                guess = _Guess(reference, suffix, Credential.REFERENCE, caller)
        return await self._with_secret(guess, context)

    async def DeleteSession(  # noqa: N802
        self, request: identity_pb2.DeleteSessionRequest, context: Context
    ) -> identity_pb2.DeleteSessionResponse:
        """Ends a session that was opened through this door."""
        await self._database.write(_end, request.token, actor_of(context), self._now())
        return identity_pb2.DeleteSessionResponse()

    async def _with_card(
        self,
        card: identity_pb2.IdentityCard | identity_pb2.ServiceCard,
        kind: Credential,
        context: Context,
    ) -> identity_pb2.CreateSessionResponse:
        now = self._now()
        try:
            number = check_identity_number(card.identity_number, county_day(now))
        except IdentityNumberError as error:
            field = "identity_card" if kind is Credential.CARD else "service_card"
            raise invalid(Wrong(f"{field}.identity_number", error.problem.name)) from None
        actor = actor_of(context, kind.name.lower())
        started = await self._database.write(_start, number, kind, actor, now)
        return _answer(started, kind)

    async def _with_secret(self, guess: _Guess, context: Context) -> identity_pb2.CreateSessionResponse:
        """A reference that does not exist takes the same steps as a wrong secret."""
        actor = actor_of(context, guess.kind.name.lower())
        outcome = await self._database.write(_try, guess, actor, door_of(context), self._now())
        if outcome.gone:
            raise erased()
        if outcome.closed is not None:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_TRIES",
                "Too many wrong tries.",
                retry_after=outcome.closed,
            )
        if outcome.started is None:
            raise Refusal(
                grpc.StatusCode.PERMISSION_DENIED, "CREDENTIAL_WRONG", "The credential opens nothing."
            )
        return _answer(outcome.started, guess.kind)


def _answer(started: _Started, kind: Credential) -> identity_pb2.CreateSessionResponse:
    token, end = started
    return identity_pb2.CreateSessionResponse(
        token=token, expire_time=timestamp(end), kind=identity_pb2.CredentialKind.ValueType(kind.value)
    )


def _reference(field: str, given: str) -> str:
    try:
        return check_reference(given)
    except ReferenceError_ as error:
        raise invalid(Wrong(field, error.problem.name)) from None


def _suffix(given: str) -> str:
    try:
        return check_identity_suffix(given)
    except IdentityNumberError as error:
        raise invalid(Wrong("reference.identity_suffix", error.problem.name)) from None


def _start(connection: Connection, number: str, kind: Credential, actor: Actor, now: datetime) -> _Started:
    """A session of the holder of a card."""
    person = vault_of(connection).person(number)
    opened = Opened(kind.value, actor.door, None, person)
    started = sessions.start(connection, opened, now, number)
    audit.append(connection, replace(actor, person=person).did(SIGN_IN, "persons", now))
    return started


def _end(connection: Connection, token: str, actor: Actor, now: datetime) -> None:
    opened = sessions.opened_by(connection, token, actor.door, now)
    if opened is None:
        return
    sessions.end(connection, token, actor.door)
    about = "persons" if opened.reference is None else f"cases/{opened.reference}"
    who = replace(actor, credential=Credential(opened.kind).name.lower(), person=opened.person)
    audit.append(connection, who.did(SIGN_OUT, about, now))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a guess: a session; how long it may not be tried again; whether the case was erased."""

    started: _Started | None = None
    closed: timedelta | None = None
    gone: bool = False

    def __repr__(self) -> str:
        return "_Outcome(…)"


def _try(connection: Connection, guess: _Guess, actor: Actor, door: Door, now: datetime) -> _Outcome:
    def enter(outcome: str, person: bytes | None = None) -> None:
        who = replace(actor, person=person)
        audit.append(connection, who.did(SIGN_IN, f"cases/{guess.reference}", now, outcome))

    subjects = guess.subjects(door)
    closed = tries.closed_for(connection, subjects, now)
    if closed is not None:
        enter("TOO_MANY_TRIES")
        return _Outcome(closed=closed)
    if not _is_right(connection, guess, now):
        # The first wrong tries of all have no row that could be locked: others may have closed it meanwhile.
        closed = tries.closed_for(connection, subjects, now)
        if closed is not None:
            enter("TOO_MANY_TRIES")
            return _Outcome(closed=closed)
        tries.count_wrong(connection, subjects, now)
        gone = cases.is_erased(connection, guess.reference)
        enter(CASE_ERASED if gone else "CREDENTIAL_WRONG")
        return _Outcome(gone=gone)
    tries.forget(connection, guess.here(door))
    started = sessions.start(connection, Opened(guess.kind.value, door.name, guess.reference, None), now)
    enter("OK", cases.person(connection, guess.reference))
    return _Outcome(started)


def _is_right(connection: Connection, guess: _Guess, now: datetime) -> bool:
    if guess.kind is Credential.CODE:
        return codes.take(connection, guess.reference, guess.secret, now)
    applicant = cases.applicant(connection, guess.reference)
    end = (applicant or _NOBODY)[-SUFFIX_LENGTH:]  # of a submission that came late, it may be any text
    same = hmac.compare_digest(end.encode(), guess.secret.encode())
    return same and applicant is not None
