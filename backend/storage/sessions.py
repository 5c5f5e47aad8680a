"""Sessions of residents: short, narrow, and good through one door.

A token is 32 random bytes; the database holds its SHA-256 only, so that a copy of it opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from backend.storage.tables import SessionRow
from backend.storage.vault import vault_of

LIFETIME = timedelta(minutes=10)
MAX_TOKEN = 128
"""Longest token that is looked at, in characters."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a session opens: one case, or all cases of a person (`Vault.person`). Its repr shows neither.

    kind: a number of `huimin.v1.CredentialKind`; door: through which it was opened.
    """

    kind: int
    door: str
    reference: str | None
    person: bytes | None

    def __repr__(self) -> str:
        return f"Opened({self.kind}, {self.door}, …)"


_OPENED_BY = select(
    SessionRow.kind, SessionRow.door, SessionRow.reference, SessionRow.person, SessionRow.expire_time
).where(SessionRow.token_hash == bindparam("asked"))
"""Every call with a session runs it: it is built once."""


def start(
    connection: Connection, opened: Opened, now: datetime, holder: str | None = None
) -> tuple[str, datetime]:
    """Opens a session; its token and when it ends. holder: citizen identity number of the card's holder."""
    token = secrets.token_urlsafe(32)
    place = holder_place(_hash(token))
    connection.execute(
        insert(SessionRow).values(
            token_hash=_hash(token),
            expire_time=now + LIFETIME,
            kind=opened.kind,
            door=opened.door,
            reference=opened.reference,
            person=opened.person,
            holder=None if holder is None else vault_of(connection).seal_text(holder, place),
        )
    )
    return token, now + LIFETIME


def opened_by(connection: Connection, token: str, door: str, now: datetime) -> Opened | None:
    """What a token opens through a door; None where it is unknown, over, or of another door."""
    row = connection.execute(_OPENED_BY, {"asked": _hash(token)}).first()
    if row is None or row.expire_time <= now or row.door != door:
        return None
    return Opened(row.kind, row.door, row.reference, row.person)


def holder(connection: Connection, token: str) -> str | None:
    """The identity number of the card with which a session was opened; None where it was opened otherwise."""
    sealed = connection.execute(
        select(SessionRow.holder).where(SessionRow.token_hash == _hash(token))
    ).scalar()
    if sealed is None:
        return None
    return vault_of(connection).open_text(sealed, holder_place(_hash(token)))


def holder_place(token_hash: bytes) -> str:
    """For which the identity number of a session is sealed."""
    return f"sessions.holder {token_hash.hex()}"


def end(connection: Connection, token: str, door: str) -> None:
    """Ends a session of a door, where it is not over already."""
    connection.execute(
        delete(SessionRow).where(SessionRow.token_hash == _hash(token), SessionRow.door == door)
    )


def sweep(connection: Connection, now: datetime) -> None:
    """Removes what is over."""
    connection.execute(delete(SessionRow).where(SessionRow.expire_time <= now))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
