"""By when the office answers somebody who was not satisfied."""

from __future__ import annotations

from datetime import date, datetime

from backend.authoring.published import Published
from backend.clock import county_day

WORKING_DAYS = 15
"""For a low rating, and for a case that was opened again."""


def due_day(published: Published, now: datetime) -> date:
    """The last day of the period, by the county's calendar in force."""
    calendar = published.current.content.calendar
    return calendar.add_working_days(county_day(now), WORKING_DAYS)
