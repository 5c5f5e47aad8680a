"""The schema of ``counters/<id>.yaml`` and ``holidays.yaml``: where residents are served, and when.

`docs/appointments.md` tells the same to operators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from backend.authoring.entries import Day, Entry, Identifier, ShortTitle, Title
from backend.authoring.rules import Violation, twice
from backend.calendar import Calendar, Holiday
from foundation.language import LocalizedText

MAX_WINDOWS = 60
MAX_DAYS_AHEAD = 60
MAX_HOLIDAYS = 400
_LETTER = re.compile(r"[A-Z]")
_INTERVAL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def interval(written: str) -> tuple[time, time]:
    """From when and until when: ``08:30-12:00``. Raises ValueError."""
    found = _INTERVAL.fullmatch(written)
    if found is None:
        raise ValueError(written)
    hour, minute, to_hour, to_minute = map(int, found.groups())
    first, last = time(hour, minute), time(to_hour, to_minute)
    if first >= last:
        raise ValueError(written)
    return first, last


def _interval(written: str) -> str:
    try:
        interval(written)
    except ValueError:
        raise PydanticCustomError("not_hours", "not hours") from None
    return written


Hours = Annotated[tuple[Annotated[str, AfterValidator(_interval)], ...], Field(max_length=6)]
"""Of one day, the earliest first; what lies between two of them is a break."""


def _letter(written: str) -> str:
    if not _LETTER.fullmatch(written):
        raise PydanticCustomError("not_a_letter", "not a letter")
    return written


Letter = Annotated[str, AfterValidator(_letter)]
"""Which a ticket's number begins with."""


class OpeningEntry(Entry):
    """Opening hours by weekday; closed on those that are not there, and on public holidays."""

    monday: Hours = ()
    tuesday: Hours = ()
    wednesday: Hours = ()
    thursday: Hours = ()
    friday: Hours = ()
    saturday: Hours = ()
    sunday: Hours = ()

    def of(self, weekday: int) -> tuple[tuple[time, time], ...]:
        """From when until when on a weekday, Monday being 0."""
        written: Hours = getattr(self, _WEEKDAYS[weekday])
        return tuple(interval(one) for one in written)


class SlotsEntry(Entry):
    """What can be booked. places: at one time; days_ahead: from today on; notice_minutes: so long before it
    begins, a slot can be booked last."""

    minutes: Annotated[int, Field(ge=5, le=480)]
    places: Annotated[int, Field(ge=1, le=500)]
    days_ahead: Annotated[int, Field(ge=1, le=MAX_DAYS_AHEAD)]
    notice_minutes: Annotated[int, Field(ge=0, le=10_080)] = 60


class TicketsEntry(Entry):
    """The queue. minutes_each: how long one matter takes at one counter, for estimates until there are
    measured times; stop_minutes: so long before closing, the last ticket is given out."""

    letter: Letter
    appointment_letter: Letter
    minutes_each: Annotated[int, Field(ge=1, le=240)]
    stop_minutes: Annotated[int, Field(ge=0, le=240)] = 15


class CountersEntry(Entry):
    """counters/<id>.yaml. windows: how many counters there are, numbered from 1."""

    id: Identifier
    title: ShortTitle
    place: Title
    services: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=50)]
    windows: Annotated[int, Field(ge=1, le=MAX_WINDOWS)]
    opening: OpeningEntry
    closed_on: Annotated[tuple[Day, ...], Field(max_length=100)] = ()
    slots: SlotsEntry | None = None
    tickets: TicketsEntry | None = None
    demonstration: bool = False

    @property
    def name(self) -> str:
        """Resource name."""
        return f"counters/{self.id}"


class HolidayEntry(Entry):
    """One public holiday of holidays.yaml."""

    title: ShortTitle
    first: Day
    last: Day
    worked: Annotated[tuple[Day, ...], Field(max_length=10)] = ()


def calendar(entries: tuple[HolidayEntry, ...]) -> Calendar:
    """The working days that the entries make."""
    return Calendar(
        tuple(
            Holiday(LocalizedText(entry.title.zh, entry.title.en), entry.first, entry.last, entry.worked)
            for entry in entries
        )
    )


def within_counters(counters: CountersEntry) -> Iterator[Violation]:
    """What is wrong inside one entry."""
    if counters.slots is None and counters.tickets is None:
        yield ("id",), "counters_idle", {}
    opened = False
    for number, name in enumerate(_WEEKDAYS):
        hours = counters.opening.of(number)
        opened = opened or bool(hours)
        for position, (before, after) in enumerate(pairwise(hours), 1):
            if after[0] <= before[1]:
                yield ("opening", name, position), "hours_overlap", {}
    if not opened:
        yield ("opening",), "never_open", {}
    if counters.tickets is not None and counters.tickets.letter == counters.tickets.appointment_letter:
        yield ("tickets", "appointment_letter"), "letter_twice", {"letter": counters.tickets.letter}
    for position, identifier in twice(counters.services):
        yield ("services", position), "id_twice", {"id": identifier}


def within_holidays(entries: tuple[HolidayEntry, ...]) -> Iterator[Violation]:
    """What is wrong between the entries."""
    off: set[date] = set()
    for position, entry in enumerate(entries):
        if entry.last < entry.first:
            yield (position, "last"), "ends_before", {"before": "first"}
            continue
        if (entry.last - entry.first).days > 30:
            yield (position, "last"), "holiday_too_long", {}
            continue
        holiday = Holiday(LocalizedText("", ""), entry.first, entry.last)
        if not off.isdisjoint(holiday.days):
            yield (position, "first"), "holidays_overlap", {}
        off.update(holiday.days)
    for position, entry in enumerate(entries):
        for number, day in enumerate(entry.worked):
            if day in off:
                yield (position, "worked", number), "worked_on_holiday", {"day": day}
            elif day.weekday() < 5:
                yield (position, "worked", number), "worked_anyway", {"day": day}
