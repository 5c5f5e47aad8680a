"""Results as text messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import uuid4


class TextOf(StrEnum):
    """Of what a text tells; the values are the names of the contract."""

    SUBMISSION = "submission"
    CASE = "case_name"
    RECORD = "record"
    SERVICE = "service"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Result:
    """What a resident was told. name: ``submissions/{uuid}``, ``cases/{reference}``, a record's token,
    ``services/{service}`` or ``policies/{policy}``."""

    of: TextOf
    name: str = field(repr=False)


def new_text_name() -> str:
    """``texts/{uuid}``: a name for a text, to be made before it is asked for the first time."""
    return f"texts/{uuid4()}"
