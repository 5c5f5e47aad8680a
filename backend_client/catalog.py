"""Services and their guides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from foundation.language import LocalizedText


class ServiceKind(Enum):
    """What a service is made of; the values are the numbers of the contract."""

    POLICY = 1
    GUIDE = 2
    FORM = 3
    STATUS = 4
    NOTICE = 5
    LOOKUP = 6
    PAYMENT = 7
    APPOINTMENT = 8
    DOCUMENT = 9
    RATING = 10


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a longer text, with its heading."""

    heading: LocalizedText
    text: LocalizedText


@dataclass(frozen=True, slots=True)
class Guide:
    """How a matter is handled."""

    eligibility: LocalizedText
    materials: tuple[LocalizedText, ...]
    steps: tuple[LocalizedText, ...]
    duration: LocalizedText
    fee: LocalizedText
    place: LocalizedText
    opening_hours: LocalizedText
    phone: str


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the catalogue. `name` is ``services/{service}``.

    `form` is ``forms/{form}`` and `lookup` ``lookups/{lookup}``; each is empty for kinds that have none.
    `counters`, ``counters/{counters}``, is where tickets for it are given out, or empty.
    `feedback`: it is what residents tell the government, such as a complaint.

    `guide` is None in lists, and for kinds that have none.
    as_of: None where it is fresh; else when it was read, the backend being away.
    """

    name: str
    kind: ServiceKind
    title: LocalizedText
    summary: LocalizedText
    department: LocalizedText
    form: str = ""
    guide: Guide | None = None
    demonstration: bool = False
    lookup: str = ""
    counters: str = ""
    feedback: bool = False
    as_of: datetime | None = field(default=None, compare=False)
