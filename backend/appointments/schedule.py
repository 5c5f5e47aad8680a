"""When counters are open, and which slots they have. Pure: moments are given.

Times of day are of the county, naive. On a weekend day that is worked in place of a holiday (调休), counters
that are closed on that weekday keep the hours of their first open day of the week.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from backend.authoring.counter_entries import CountersEntry
from backend.calendar import Calendar
from backend.clock import COUNTY_TIME
from backend_client.forms.slot import Slot

_DAY = timedelta(days=1)
_SEARCHED = 60
"""Days after which counters that have not opened are taken for closed for good."""

Interval = tuple[datetime, datetime]
"""From when and until when, local, naive."""


def local(moment: datetime) -> datetime:
    """A moment by the county's clock, naive."""
    return moment.astimezone(COUNTY_TIME).replace(tzinfo=None)


def moment(at: datetime) -> datetime:
    """The moment of a time by the county's clock."""
    return at.replace(tzinfo=COUNTY_TIME)


def opening(counters: CountersEntry, calendar: Calendar, day: date) -> tuple[Interval, ...]:
    """When they are open on a day."""
    if day in counters.closed_on or calendar.holiday(day):
        return ()
    hours = counters.opening.of(day.weekday())
    if not hours and calendar.is_made_up(day):
        hours = next((found for weekday in range(7) if (found := counters.opening.of(weekday))), ())
    return tuple((datetime.combine(day, first), datetime.combine(day, last)) for first, last in hours)


def slots(counters: CountersEntry, calendar: Calendar, day: date) -> Iterator[Slot]:
    """The slots of a day, the earliest first."""
    if counters.slots is None:
        return
    length = timedelta(minutes=counters.slots.minutes)
    for first, last in opening(counters, calendar, day):
        start = first
        while start + length <= last:
            yield Slot(start, counters.id)
            start += length


def offered(counters: CountersEntry, calendar: Calendar, now: datetime) -> Iterator[Slot]:
    """The slots that may be booked now, whether they are full or not, the earliest first."""
    if counters.slots is None:
        return
    earliest = local(now) + timedelta(minutes=counters.slots.notice_minutes)
    today = local(now).date()
    for number in range(counters.slots.days_ahead + 1):
        for slot in slots(counters, calendar, today + number * _DAY):
            if slot.start >= earliest:
                yield slot


def is_offered(slot: Slot, counters: CountersEntry, calendar: Calendar, now: datetime) -> bool:
    """Whether it is one of them."""
    if counters.slots is None or slot.counters != counters.id:
        return False
    today = local(now).date()
    earliest = local(now) + timedelta(minutes=counters.slots.notice_minutes)
    latest = today + counters.slots.days_ahead * _DAY
    return (
        earliest <= slot.start
        and slot.start.date() <= latest
        and slot in slots(counters, calendar, slot.start.date())
    )


def giving_tickets(counters: CountersEntry, calendar: Calendar, now: datetime) -> bool:
    """Whether tickets are given out now: from the first opening of a day, through its breaks, until shortly
    before it closes."""
    if counters.tickets is None:
        return False
    at, hours = local(now), opening(counters, calendar, local(now).date())
    if not hours:
        return False
    return hours[0][0] <= at < hours[-1][1] - timedelta(minutes=counters.tickets.stop_minutes)


def open_minutes_left(counters: CountersEntry, calendar: Calendar, now: datetime) -> int:
    """So many minutes are still worked today."""
    at = local(now)
    hours = opening(counters, calendar, at.date())
    return sum(max(0, int((last - max(first, at)).total_seconds() // 60)) for first, last in hours)


def opens_next(counters: CountersEntry, calendar: Calendar, now: datetime) -> datetime | None:
    """When tickets are given out again; local, naive; None where that is not known."""
    at = local(now)
    for number in range(_SEARCHED):
        hours = opening(counters, calendar, at.date() + number * _DAY)
        if hours and hours[0][0] > at:
            return hours[0][0]
    return None
