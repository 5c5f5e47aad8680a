"""Cases and sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import uuid4

from backend_client.appointment import Appointment
from foundation.language import LocalizedText


class CaseState(Enum):
    """How far a case has come; the values are the numbers of the contract."""

    RECEIVED = 1
    ACCEPTED = 2
    IN_REVIEW = 3
    NEEDS_MATERIAL = 4
    APPROVED = 5
    REJECTED = 6
    COMPLETED = 7
    WITHDRAWN = 8


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One change of a case. Times are aware, UTC."""

    state: CaseState
    event_time: datetime
    note: str


@dataclass(frozen=True, slots=True)
class CaseReply:
    """What the office replied, in the language in which it wrote. Its repr does not show it."""

    text: str = field(repr=False)
    reply_time: datetime


@dataclass(frozen=True, slots=True)
class Reopening:
    """That its resident opened a case again. due_date: by when the office replies again."""

    reopen_time: datetime
    due_date: date


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `events` and `replies` are empty in lists, else the oldest first; the rest is not told there.

    appointment: where the case is about one; reopenable: whether its resident, not satisfied with the reply,
    may open it again; rated: whether it was rated.
    """

    reference: str
    form: str
    title: LocalizedText
    state: CaseState
    create_time: datetime
    update_time: datetime
    events: tuple[CaseEvent, ...] = ()
    replies: tuple[CaseReply, ...] = ()
    reopenable: bool = False
    reopening: Reopening | None = None
    rated: bool = False
    appointment: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What opens cases. The token is secret and is wiped at the end of the visit or call."""

    token: str
    expire_time: datetime

    def __repr__(self) -> str:
        return f"Session(token=…, expire_time={self.expire_time.isoformat()})"


def new_reopening_name() -> str:
    """A name for a reopening that nobody else will make."""
    return f"reopenings/{uuid4()}"
