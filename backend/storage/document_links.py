"""Links to forms on paper: each opens once, and not for long.

A link is ``BASE/documents/TOKEN``. The token is a keyed hash of the name that the door chose, so that the
same name leads to the same link; kept is a keyed hash of the token. What was filled in is wiped with the
opening.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from huimin.v1 import form_pb2
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from backend.storage.tables import DocumentLinkRow
from backend.storage.vault import vault_of

SENT_LIFE = timedelta(hours=24)
"""Of a link that was sent."""
SHOWN_LIFE = timedelta(minutes=15)
"""Of a link that was shown."""
MOST_A_DAY = 5
"""Links that one recipient is sent within 24 hours."""
_KEEP = timedelta(days=2)
_TOKEN_BYTES = 16


class TooManyLinks(Exception):
    """The recipient was sent enough of them."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a link leads to. Its repr does not show the answers."""

    form: str
    form_revision: str
    language: str
    answers: tuple[form_pb2.Answer, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """A link. new: it was not there before."""

    token: str = field(repr=False)
    expire_time: datetime
    new: bool


def make(connection: Connection, name: str, paper: Paper, recipient: str, now: datetime) -> Made:
    """Makes a link, or gives the one of that name. recipient: empty where it is shown.

    Raises TooManyLinks.
    """
    vault = vault_of(connection)
    token = (
        base64.urlsafe_b64encode(vault.index(name, "document_links.link")[:_TOKEN_BYTES]).decode().rstrip("=")
    )
    before = connection.execute(
        select(DocumentLinkRow.expire_time).where(DocumentLinkRow.name == name)
    ).scalar()
    if before is not None:
        return Made(token, before, new=False)
    to = vault.index(recipient, "document_links.recipient") if recipient else None
    if to is not None:
        _count(connection, to, now)
    expire_time = now + (SENT_LIFE if recipient else SHOWN_LIFE)
    filled = form_pb2.Submission(answers=paper.answers).SerializeToString()
    connection.execute(
        insert(DocumentLinkRow).values(
            name=name,
            token_hash=_hashed(connection, token),
            recipient=to,
            form=paper.form,
            form_revision=paper.form_revision,
            language=paper.language,
            answers=vault.seal(filled, answers_place(name)) if paper.answers else None,
            create_time=now,
            expire_time=expire_time,
            open_time=None,
        )
    )
    return Made(token, expire_time, new=True)


def look(connection: Connection, token: str, now: datetime, *, with_answers: bool = False) -> Paper | None:
    """What a link leads to, while it opens."""
    row = connection.execute(_opening(connection, token, now)).first()
    if row is None:
        return None
    answers: tuple[form_pb2.Answer, ...] = ()
    if with_answers and row.answers is not None:
        opened = vault_of(connection).open(row.answers, answers_place(row.name))
        answers = tuple(form_pb2.Submission.FromString(opened).answers)
    return Paper(row.form, row.form_revision, row.language, answers)


def use(connection: Connection, token: str, now: datetime) -> bool:
    """Opens a link, which leads nowhere from now on; False where somebody else did so before."""
    used = update(DocumentLinkRow).where(
        DocumentLinkRow.token_hash == _hashed(connection, token),
        DocumentLinkRow.open_time.is_(None),
        DocumentLinkRow.expire_time > now,
    )
    return connection.execute(used.values(open_time=now, answers=None)).rowcount > 0


def sweep(connection: Connection, now: datetime) -> None:
    """Wipes what ceased to open, and forgets it when nobody counts it any more."""
    over = DocumentLinkRow.expire_time <= now
    connection.execute(
        update(DocumentLinkRow).where(over, DocumentLinkRow.answers.is_not(None)).values(answers=None)
    )
    connection.execute(delete(DocumentLinkRow).where(DocumentLinkRow.expire_time <= now - _KEEP))


def answers_place(name: str) -> str:
    """For which answers are sealed."""
    return f"document_links.answers {name}"


def _opening(connection: Connection, token: str, now: datetime) -> Select[Any]:
    return select(*DocumentLinkRow.__table__.columns).where(
        DocumentLinkRow.token_hash == _hashed(connection, token),
        DocumentLinkRow.open_time.is_(None),
        DocumentLinkRow.expire_time > now,
    )


def _count(connection: Connection, to: bytes, now: datetime) -> None:
    sent = connection.execute(
        select(func.count()).where(
            DocumentLinkRow.recipient == to, DocumentLinkRow.create_time > now - timedelta(hours=24)
        )
    ).scalar_one()
    if sent >= MOST_A_DAY:
        raise TooManyLinks


def _hashed(connection: Connection, token: str) -> bytes:
    return vault_of(connection).index(token, "document_links.token")
