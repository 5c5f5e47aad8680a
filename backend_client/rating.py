"""What a resident thinks of how a matter was handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from uuid import uuid4

from backend_client.submission import Channel

MAX_REASON = 500
"""Characters of a reason."""


class Satisfaction(Enum):
    """How satisfied somebody is; the values are the numbers of the contract, the best first."""

    VERY_SATISFIED = 1
    SATISFIED = 2
    BASICALLY_SATISFIED = 3
    DISSATISFIED = 4
    VERY_DISSATISFIED = 5

    @property
    def low(self) -> bool:
        """Whether the office has to answer it, and a reason may be given."""
        return self in (Satisfaction.DISSATISFIED, Satisfaction.VERY_DISSATISFIED)


@dataclass(frozen=True, slots=True)
class Matter:
    """What was done for a resident, and can be rated once. Its repr shows no reference.

    service: ``services/{service}``, empty where only the case is known; reference: of the case, empty where
    it led to none: then it is the service in one visit or call; form: ``forms/{form}``, by which a door finds
    the service in its catalogue, and which is not sent.
    """

    service: str = ""
    reference: str = field(default="", repr=False)
    form: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating, ready to be sent, and again: a backend takes a name once. Its repr shows no reason.

    name: ``ratings/{uuid}``; visit: ``visits/{uuid}``, of the visit or call; reason, and recording, the
    attachment's name: of the two lowest levels only.
    """

    name: str
    matter: Matter
    visit: str
    satisfaction: Satisfaction
    channel: Channel
    reason: str = field(default="", repr=False)
    recording: str = ""


def new_rating_name() -> str:
    """A name for a rating that nobody else will make."""
    return f"ratings/{uuid4()}"


def new_visit_name() -> str:
    """A name for a visit or call, by which its matters are told from those of others."""
    return f"visits/{uuid4()}"


def submission_of(name: str) -> str:
    """For which submission the recording is uploaded that goes with a rating or a reopening of that name."""
    return f"submissions/{name.rpartition('/')[2]}"
