"""The name of a slot: when an appointment begins, and at which counters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})@([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """start: local time of the county, naive, to the minute; counters: their identifier."""

    start: datetime
    counters: str

    @property
    def name(self) -> str:
        """``2026-12-01T09:30@marriage-registration``."""
        return f"{self.start:%Y-%m-%dT%H:%M}@{self.counters}"


def slot_of(name: str) -> Slot:
    """The slot of that name. Raises ValueError where it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError("not the name of a slot")
    return Slot(datetime.fromisoformat(found[1]), found[2])
