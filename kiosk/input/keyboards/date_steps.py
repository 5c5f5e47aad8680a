"""A date chosen by steps: no impossible day can be reached."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Self


class Part(Enum):
    """What a step changes."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class DateSteps:
    """A date between two others, both of which can be chosen."""

    chosen: date
    earliest: date
    latest: date

    def __post_init__(self) -> None:
        """ValueError where the bounds or the date contradict each other."""
        if not self.earliest <= self.chosen <= self.latest:
            raise ValueError("a date outside its bounds")

    def stepped(self, part: Part, by: int) -> Self:
        """So many years, months or days on.

        Months and days go round within their year and month. A day that the month lacks becomes its last;
        what would leave the bounds becomes the bound.
        """
        year, month, day = self.chosen.year, self.chosen.month, self.chosen.day
        match part:
            case Part.YEAR:
                return self.in_year(year + by)
            case Part.MONTH:
                month = (month - 1 + by) % 12 + 1
            case Part.DAY:
                day = (day - 1 + by) % _days(year, month) + 1
        return self._bounded(year, month, day)

    def in_year(self, year: int) -> Self:
        """The same day of another year, or the nearest that there is."""
        return self._bounded(year, self.chosen.month, self.chosen.day)

    def _bounded(self, year: int, month: int, day: int) -> Self:
        year = max(self.earliest.year, min(year, self.latest.year))
        reached = date(year, month, min(day, _days(year, month)))
        return replace(self, chosen=max(self.earliest, min(reached, self.latest)))


def _days(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
