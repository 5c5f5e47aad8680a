"""What the office replies to a case, and that a resident who is not satisfied opens it again, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto

from huimin.v1 import case_pb2
from sqlalchemy import Connection, insert, select, update

from backend.storage import attachments, cases
from backend.storage.cases import Event
from backend.storage.ratings import submission_of
from backend.storage.tables import CaseReopeningRow, CaseReplyRow, CaseRow, microseconds
from backend.storage.vault import vault_of

MAX_REPLY = 2000
"""Characters of a reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. Its repr does not show it."""

    text: str = field(repr=False)
    reply_time: datetime


@dataclass(frozen=True, slots=True)
class Reopening:
    """That a case was opened again. Its repr does not show why.

    name: the sender's; recording: an attachment's name; due_day: by which the office replies again.
    """

    name: str
    reason: str = field(repr=False)
    recording: str | None
    reopen_time: datetime
    due_day: date


@dataclass(frozen=True, slots=True)
class Answered:
    """What was replied to a case, the oldest first, and its reopening."""

    replies: tuple[Reply, ...] = ()
    reopening: Reopening | None = None

    @property
    def reopenable(self) -> bool:
        """Whether its resident may open it again."""
        return bool(self.replies) and self.reopening is None


class Refused(Enum):
    """Why a case is not opened again."""

    NOT_REPLIED = auto()
    REOPENED_BEFORE = auto()
    ATTACHMENT_MISSING = auto()


def of(connection: Connection, reference: str) -> Answered:
    """What was replied to a case that is not erased, and its reopening. Raises CannotOpen."""
    vault = vault_of(connection)
    replies = connection.execute(
        select(CaseReplyRow.text, CaseReplyRow.reply_time)
        .where(CaseReplyRow.reference == reference, CaseReplyRow.text.is_not(None))
        .order_by(CaseReplyRow.id)
    )
    row = connection.execute(
        select(
            CaseReopeningRow.name,
            CaseReopeningRow.reason,
            CaseReopeningRow.recording,
            CaseReopeningRow.reopen_time,
            CaseReopeningRow.due_day,
        ).where(CaseReopeningRow.reference == reference)
    ).first()
    reopening = None
    if row is not None:
        reason = "" if row.reason is None else vault.open_text(row.reason, reason_place(reference))
        reopening = Reopening(row.name, reason, row.recording, row.reopen_time, row.due_day)
    return Answered(
        tuple(
            Reply(vault.open_text(reply.text, text_place(reference, reply.reply_time)), reply.reply_time)
            for reply in replies
        ),
        reopening,
    )


def write(
    connection: Connection, reference: str, text: str, state: int, now: datetime, *, request_id: str = ""
) -> bool:
    """Replies to a case and gives it a state. False where there is no such case, or it was erased.

    request_id: of the command or key that led to it.
    """
    if not cases.move(
        connection, reference, Event(state, now, ""), told="case_replied", request_id=request_id
    ):
        return False
    sealed = vault_of(connection).seal_text(text, text_place(reference, now))
    connection.execute(insert(CaseReplyRow).values(reference=reference, text=sealed, reply_time=now))
    return True


def reopen(connection: Connection, reference: str, reopening: Reopening, *, door: str) -> Refused | None:
    """Opens a case again, back to being examined. Its row is locked, so that two at a time become one.

    The name tells a repeat, which changes nothing. To be called for a case that is there and not erased.
    """
    connection.execute(select(CaseRow.reference).where(CaseRow.reference == reference).with_for_update())
    answered = of(connection, reference)
    if answered.reopening is not None:
        return None if answered.reopening.name == reopening.name else Refused.REOPENED_BEFORE
    if not answered.replies:
        return Refused.NOT_REPLIED
    recording = reopening.recording
    if recording and attachments.claim(
        connection, submission_of(reopening.name), [recording], reference, door=door
    ):
        return Refused.ATTACHMENT_MISSING
    reason = reopening.reason
    sealed = vault_of(connection).seal_text(reason, reason_place(reference)) if reason else None
    connection.execute(
        insert(CaseReopeningRow).values(
            reference=reference,
            name=reopening.name,
            reason=sealed,
            recording=recording,
            reopen_time=reopening.reopen_time,
            due_day=reopening.due_day,
        )
    )
    again = Event(case_pb2.CASE_STATE_IN_REVIEW, reopening.reopen_time, "")
    cases.move(connection, reference, again, told="case_reopened")
    return None


def forget(connection: Connection, references: Sequence[str]) -> None:
    """Erases what was replied to cases, and why they were opened again; their files are not touched."""
    connection.execute(update(CaseReplyRow).where(CaseReplyRow.reference.in_(references)).values(text=None))
    connection.execute(
        update(CaseReopeningRow)
        .where(CaseReopeningRow.reference.in_(references))
        .values(reason=None, recording=None)
    )


def text_place(reference: str, reply_time: datetime) -> str:
    """For which a reply is sealed."""
    return f"case_replies.text {reference} {microseconds(reply_time)}"


def reason_place(reference: str) -> str:
    """For which the reason of a reopening is sealed."""
    return f"case_reopenings.reason {reference}"
