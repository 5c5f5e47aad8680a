"""What can go wrong between a door and the backend.

Every member has a stable code for the technician and, through
`backend_client.sentences`, a sentence for the resident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from backend_client.forms.answer import Problem


class BackendError(Exception):
    """Base of all. `reason` is the stable code, upper case with underscores."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Unreachable(BackendError):
    """No answer in time: the backend is down, the line is cut, or it is too slow. Trying later may help."""


class ProviderFailed(BackendError):
    """The backend answers, but whoever keeps the records that were looked up does not, or answers nonsense.

    Reasons PROVIDER_SLOW, PROVIDER_DOWN, PROVIDER_NONSENSE, PROVIDER_UNKNOWN. Trying later may help.
    """


class NotSecure(Unreachable):
    """There is a backend, but the line to it cannot be made secure. A technician has to look at it.

    | reason | what it means |
    |---|---|
    | BACKEND_UNTRUSTED | its certificate is from an authority that the door does not trust |
    | BACKEND_EXPIRED | its certificate is over, or not yet good by the door's clock |
    | BACKEND_NAME_WRONG | its certificate is for another name or address than the door calls |
    | BACKEND_PLAIN | it speaks plain text where the door wants TLS |
    | CERTIFICATE_UNFIT | the door's own certificate cannot be used for TLS: its key usage lacks signing |
    | LINE_REFUSED | it closed the line at once: it wants a certificate, or another than the door showed |
    """


class DoorRefused(BackendError):
    """The backend does not let this door in: it is unknown or was revoked, or its certificate is over.

    Reasons DOOR_UNKNOWN, DOOR_REVOKED, CERTIFICATE_EXPIRED. What waits to be sent stays good: it goes once
    the door is let in again.
    """


class NeedsConnection(Unreachable):
    """What was asked for cannot wait and cannot be known from before, such as signing in."""


class NotFound(BackendError):
    """There is no such policy, form, service, notice or case, or it may not be seen."""


class InvalidRequest(BackendError):
    """The backend refuses the request's form. `field` names what is wrong, or is empty."""

    def __init__(self, reason: str, field: str = "", detail: str = "") -> None:
        super().__init__(reason, detail)
        self.field = field


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong answer of a submission: the field's identifier and the problem."""

    field: str
    problem: Problem


class InvalidAnswers(BackendError):
    """The backend refuses answers that the client took: the form has changed, or the clocks differ."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("ANSWERS_INVALID", ", ".join(v.field for v in violations))
        self.violations = violations


class Conflict(BackendError):
    """The name was used for something else, or something needed first is missing."""


class CountersClosed(Conflict):
    """No tickets are given out at the counters now. opens: when they are again, local time; None where that
    is not known."""

    def __init__(self, opens: datetime | None) -> None:
        super().__init__("COUNTERS_CLOSED")
        self.opens = opens


class Denied(BackendError):
    """The credential opens nothing."""


class SessionEnded(BackendError):
    """The session is over or was never there: sign in again."""


class Guessed(Enum):
    """At what it was tried; the sentences differ."""

    CASE = "case"
    """A reference with what belongs to it, or a card."""
    LOOKUP = "lookup"
    ORDER = "order"
    """The number of a payment."""


class TooManyTries(BackendError):
    """Too many wrong tries; with reason ASKED_JUST_NOW, somebody else asks the same at this moment.
    `retry_after` is in seconds."""

    def __init__(self, reason: str, retry_after: float, of: Guessed = Guessed.CASE) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.of = of


class BackendFailure(BackendError):
    """The backend failed in a way that is its own fault."""


class QueueFull(BackendError):
    """So much waits for the backend that no more is taken. Nothing was kept: trying later may help."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("QUEUE_FULL", detail)


class NoReference(BackendError):
    """There is no reference left to give out and no backend to get some from. Nothing was kept."""

    def __init__(self) -> None:
        super().__init__("NO_REFERENCE")


class QueueUnusable(BackendError):
    """The queue on disk cannot be written, opened or is another's. Nothing was kept.

    `reason` is one of QUEUE_DISK_FULL, QUEUE_DISK_FAILED, QUEUE_DAMAGED, QUEUE_IN_USE, QUEUE_NEWER,
    QUEUE_CLOSED.
    """
