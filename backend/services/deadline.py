"""By when the office answers: an application, and somebody who was not satisfied."""

from __future__ import annotations

from datetime import date, datetime

from huimin.v1 import catalog_pb2

from backend.authoring.published import Published
from backend.clock import county_day

WORKING_DAYS = 15
"""For a low rating, and for a case that was opened again."""


def promised_day(published: Published, form: str, accepted: datetime) -> date | None:
    """The last day on which what was applied for with a form is answered; None where nothing is promised.

    form: its resource name; accepted: when it was taken.
    """
    content = published.current.content
    paper = catalog_pb2.SERVICE_KIND_DOCUMENT  # the same form, to take away: nothing is applied for
    days = next(
        (
            service.guide.working_days
            for service in content.services
            if service.form == form and service.kind != paper
        ),
        0,
    )
    return content.calendar.add_working_days(county_day(accepted), days) if days else None


def due_day(published: Published, now: datetime) -> date:
    """The last day of the period, by the county's calendar in force."""
    calendar = published.current.content.calendar
    return calendar.add_working_days(county_day(now), WORKING_DAYS)
