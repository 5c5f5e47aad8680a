"""Forms on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

MAX_BYTES = 8 << 20
"""Of a PDF."""
LINK_MINUTES = 15
"""For which a link that is shown opens, by the contract."""


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A link to a form as PDF, which opens once. link: empty where it was sent; delayed: it goes out later,
    because messages are not getting through at the moment; email: one can be sent to an address."""

    link: str = field(repr=False)
    expire_time: datetime
    delayed: bool = False
    email: bool = False


def new_document_name() -> str:
    """``documents/{uuid}``: a name for a link, to be made before it is asked for the first time."""
    return f"documents/{uuid4()}"
