"""What the office has made public of complaints, letters and opinions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backend_client.case import CaseState
from foundation.language import Language, LocalizedText


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A public case, anonymised. `name` is ``publicCases/{uuid}``.

    only: the language in which alone title, summary and reply are; None where in both. department: None where
    the matter is no longer in the catalogue.
    """

    name: str
    title: LocalizedText
    summary: LocalizedText
    reply: LocalizedText
    only: Language | None
    department: LocalizedText | None
    state: CaseState
    receive_date: date
    reply_date: date
    demonstration: bool = False
