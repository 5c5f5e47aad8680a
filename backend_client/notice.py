"""Notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from backend_client.catalog import Section
from foundation.language import LocalizedText


class NoticeCategory(Enum):
    """What a notice is about; the values are the numbers of the contract."""

    POWER_CUT = 1
    WATER_CUT = 2
    TRAFFIC = 3
    HEALTH = 4
    EMPLOYMENT = 5
    GOVERNMENT = 6
    PROCUREMENT = 7
    GAZETTE = 8
    QUESTION = 9
    PROJECT = 10
    PRODUCT = 11


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice. `name` is ``notices/{notice}``; `sections` is empty in lists; times are aware, UTC.

    as_of: None where it is fresh; else when it was read, the backend being away.
    """

    name: str
    category: NoticeCategory
    title: LocalizedText
    area: LocalizedText | None
    summary: LocalizedText
    sections: tuple[Section, ...]
    publish_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    demonstration: bool = False
    as_of: datetime | None = field(default=None, compare=False)
