"""What a resident sends, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import uuid4

from backend_client.forms.answer import Value
from backend_client.forms.form import Form
from foundation.language import Language

MAX_ATTACHMENT_BYTES = 16 << 20


class Channel(Enum):
    """The door it came through; the values are the numbers of the contract."""

    TERMINAL = 1
    PHONE = 2


@dataclass(frozen=True, slots=True)
class Submission:
    """A filled-in form, ready to be sent, and to be sent again: a backend takes a name once.

    name: ``submissions/{uuid}``, made before the first try; form: the one that was filled in, whose revision
    is sent; answers: as `Filling.answers` gives them; origin: which terminal or line, at most 63 characters;
    send_time: aware; reference: one that was leased to this door, or empty, and the backend draws one;
    deferred: the resident has been told the reference and is gone. The answers are personal data; its repr
    shows none of them.
    """

    name: str
    form: Form = field(repr=False)
    answers: Mapping[str, Value] = field(repr=False)
    channel: Channel
    language: Language
    origin: str
    send_time: datetime
    reference: str = ""
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a submission, to be uploaded before it. At most 16 MiB.

    name: ``attachments/{uuid}``; submission: ``submissions/{uuid}``; media_type: such as ``audio/wav``.
    """

    name: str
    submission: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is kept and will not be lost. `reference` is 12 digits and final; `accept_time` is aware, UTC.

    delivered: whether the backend has it; else it waits in the queue of this door, and `accept_time` is by
    this door's clock; due_date: the last day on which the office answers, None where it promises none.
    """

    reference: str
    accept_time: datetime
    delivered: bool = True
    due_date: date | None = None


@dataclass(frozen=True, slots=True)
class Leased:
    """References of this door: those of the ones it held that may still be given out, and new ones."""

    usable: frozenset[str] = field(repr=False)
    fresh: tuple[str, ...] = field(repr=False)


def new_submission_name() -> str:
    """A name for a submission that nobody else will make."""
    return f"submissions/{uuid4()}"


def new_attachment_name() -> str:
    """A name for an attachment that nobody else will make."""
    return f"attachments/{uuid4()}"
