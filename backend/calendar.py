"""Working days (工作日): Monday to Friday but for public holidays, and weekend days that are worked instead.

Deadlines are counted as article 201 of the Civil Code (民法典) says: the day on which a period begins does
not count. Days are days of the county; the calendar knows no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from foundation.language import LocalizedText

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """One public holiday. first, last: its days off; worked: weekend days that are worked in their place."""

    title: LocalizedText
    first: date
    last: date
    worked: tuple[date, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """Its days off."""
        return tuple(self.first + number * _DAY for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. A year without holidays has weekends only."""

    holidays: tuple[Holiday, ...] = ()
    _off: Mapping[date, Holiday] = field(init=False, repr=False, compare=False)
    _worked: frozenset[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Finds days by their holiday."""
        off = {day: holiday for holiday in self.holidays for day in holiday.days}
        object.__setattr__(self, "_off", off)
        object.__setattr__(self, "_worked", frozenset(_worked(self.holidays)))

    def holiday(self, day: date) -> Holiday | None:
        """The public holiday that a day is part of."""
        return self._off.get(day)

    def is_made_up(self, day: date) -> bool:
        """Whether it is a weekend day that is worked in place of another (调休上班)."""
        return day in self._worked

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on a day."""
        if day in self._worked:
            return True
        return day.weekday() < _SATURDAY and day not in self._off

    def add_working_days(self, day: date, count: int) -> date:
        """The last day of a period of so many working days that begins on a day, which does not count itself.

        count: 0 to 10,000; for 0, the day itself, or the next one where it is not worked. Raises ValueError.
        """
        if not 0 <= count <= 10_000:
            raise ValueError("count")
        while count or not self.is_working_day(day):
            day += _DAY
            if count and self.is_working_day(day):
                count -= 1
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """The working days after the first day, up to and with the last; 0 where that is not later."""
        days = (first + number * _DAY for number in range(1, (last - first).days + 1))
        return sum(self.is_working_day(day) for day in days)


def _worked(holidays: Iterable[Holiday]) -> Iterable[date]:
    return (day for holiday in holidays for day in holiday.worked)
