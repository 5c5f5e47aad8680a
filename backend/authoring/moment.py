"""Moments in notices: fixed, or, in demonstration content, counted from the day on which they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic_core import PydanticCustomError

from backend.clock import COUNTY_TIME

_FROM_TODAY = re.compile(r"(?P<days>[+-]?[0-9]{1,3})d (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})")


@dataclass(frozen=True, slots=True)
class FixedMoment:
    """A moment of the calendar, aware."""

    moment: datetime

    def seen_on(self, today: date) -> datetime:
        """The moment, whatever the day."""
        return self.moment

    def __str__(self) -> str:
        """As `parse_moment` takes it, by the county's clock."""
        return self.moment.astimezone(COUNTY_TIME).isoformat()


@dataclass(frozen=True, slots=True)
class RollingMoment:
    """So many days from today, at a time of the county's clock: demonstrations never go stale."""

    days: int
    clock: time

    def seen_on(self, today: date) -> datetime:
        """The moment it means on that day, UTC."""
        day = today + timedelta(days=self.days)
        return datetime.combine(day, self.clock, COUNTY_TIME).astimezone(UTC)

    def __str__(self) -> str:
        """As `parse_moment` takes it."""
        return f"{self.days:+d}d {self.clock:%H:%M}"


Moment = FixedMoment | RollingMoment


def parse_moment(written: object) -> Moment:
    """``2026-11-10T08:00:00+08:00`` or ``-3d 08:00``. Raises PydanticCustomError ``not_a_moment``."""
    text = written if isinstance(written, str) else ""
    try:
        if rolling := _FROM_TODAY.fullmatch(text):
            return RollingMoment(int(rolling["days"]), time(int(rolling["hour"]), int(rolling["minute"])))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("not_a_moment", "not a moment") from None
    if moment.tzinfo is None or not 1900 <= moment.year <= 2199:
        raise PydanticCustomError("not_a_moment", "not a moment")
    return FixedMoment(moment.astimezone(UTC))
