"""Cases and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

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
class Case:
    """A case. `events` is empty in lists, else the oldest first."""

    reference: str
    form: str
    title: LocalizedText
    state: CaseState
    create_time: datetime
    update_time: datetime
    events: tuple[CaseEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What opens cases. The token is secret and is wiped at the end of the visit or call."""

    token: str
    expire_time: datetime

    def __repr__(self) -> str:
        return f"Session(token=…, expire_time={self.expire_time.isoformat()})"
