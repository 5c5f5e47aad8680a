"""What is kept of a visit under way, as it lies on the disk once it is opened: JSON, version 1.

Answers stand as they would be entered, so that the rules of the day judge them again, also of a newer
revision of the form. How long a name or a text may be is for the contract and the forms to say: here only
the whole is bounded, by `MAX_BYTES`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from foundation.language import Language
from kiosk.drafts.lifetime import Moment

MAX_BYTES = 512 << 10
"""Of one record, before it is sealed. A visit that enters more is not kept; its forms hold far less."""
CODE_LENGTH = 8

_Both = tuple[str, str]
"""A text in both languages."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Step(StrEnum):
    """Which page of a form is shown."""

    INTRODUCTION = "introduction"
    QUESTION = "question"
    REVIEW = "review"
    CHARGE = "charge"
    DECLARATION = "declaration"


class Place(_Part):
    """Where the resident is. field: of a question; checking: whether the review follows it."""

    form: str
    step: Step
    field: str = ""
    checking: bool = False


class KeptSubmission(_Part):
    """What was being sent, to which no answer came yet: sent again under its name, it is taken once."""

    name: str
    language: Language
    send_time: AwareDatetime


class KeptForm(_Part):
    """One form as it is filled in. answers, entered: by field, as they would be entered."""

    form: str
    revision: str
    answers: dict[str, str] = Field(default_factory=dict, repr=False)
    entered: dict[str, str] = Field(default_factory=dict, repr=False)
    skipped: tuple[str, ...] = ()
    from_card: tuple[str, ...] = ()
    place: _Both | None = None
    materials: tuple[_Both, ...] = ()
    takes: _Both | None = None
    sent: KeptSubmission | None = None


class KeptVisit(_Part):
    """A visit with forms under way.

    kept_at: of the last entry, or of the end of the visit; under_way: nobody has ended it; code:
    opens it at this terminal; persons: identity numbers whose card opens it. Personal data: its repr shows
    none.
    """

    version: Literal[1] = 1
    kept_at: Moment
    under_way: bool
    language: Language
    code: str = Field(pattern=rf"^[0-9]{{{CODE_LENGTH}}}$", repr=False)
    persons: tuple[str, ...] = Field(default=(), repr=False)
    forms: Annotated[tuple[KeptForm, ...], Field(min_length=1)] = Field(repr=False)
    at: Place | None = None

    def encode(self) -> bytes:
        """As it lies on the disk. Raises ValueError where it holds what is no text."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, plain: bytes) -> KeptVisit:
        """Raises pydantic.ValidationError, a ValueError, where it is none."""
        return cls.model_validate_json(plain)
