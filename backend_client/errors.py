"""What can go wrong between a door and the backend.

Every member has a stable code for the technician and, through
`backend_client.sentences`, a sentence for the resident.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_client.forms.answer import Problem


class BackendError(Exception):
    """Base of all. `reason` is the stable code, upper case with underscores."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Unreachable(BackendError):
    """No answer in time: the backend is down, the line is cut, or it is too slow. Trying later may help."""


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


class Denied(BackendError):
    """The credential opens nothing."""


class SessionEnded(BackendError):
    """The session is over or was never there: sign in again."""


class TooManyTries(BackendError):
    """Too many wrong tries. `retry_after` is in seconds."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BackendFailure(BackendError):
    """The backend failed in a way that is its own fault."""
