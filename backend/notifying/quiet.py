"""Quiet hours: when nothing is sent but what a resident waits for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from backend.clock import COUNTY_TIME

_WRITTEN = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From a time of the county's day to another, also over midnight; none where both are the same."""

    start: time
    end: time

    @classmethod
    def of(cls, written: str) -> QuietHours:
        """``21:00-08:00``; empty for none. Raises ValueError."""
        if not written:
            return cls(time(), time())
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError("is written as 21:00-08:00")
        first, second, third, fourth = map(int, match.groups())
        return cls(time(first, second), time(third, fourth))

    def holds(self, moment: datetime) -> bool:
        """Whether it is quiet at that moment."""
        clock = moment.astimezone(COUNTY_TIME).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end
