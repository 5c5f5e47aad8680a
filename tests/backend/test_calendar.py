"""Working days of the county, and periods counted by them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.authoring.reading import read_content
from backend.calendar import Calendar, Holiday
from backend.settings import PACKAGED
from foundation.language import LocalizedText

CALENDAR = read_content(PACKAGED).calendar


def test_public_holidays_of_2026_and_the_weekends_worked_for_them() -> None:
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    off = [day for day in year if CALENDAR.holiday(day)]
    made_up = [day for day in year if CALENDAR.is_made_up(day)]
    assert len(off) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert made_up == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]
    assert all(day.weekday() >= 5 and CALENDAR.is_working_day(day) for day in made_up)
    assert not any(CALENDAR.is_working_day(day) for day in off)


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),  # the day itself does not count
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # over a weekend
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # from a Saturday
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # a Sunday that is worked
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # over the National Day
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 11, 23), 15, date(2026, 12, 14)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_a_period_of_working_days_ends_on_a_working_day(day: date, count: int, last: date) -> None:
    assert CALENDAR.add_working_days(day, count) == last
    if count and CALENDAR.is_working_day(day):
        assert CALENDAR.working_days_between(day, last) == count


def test_without_holidays_only_weekends_are_off() -> None:
    plain = Calendar()
    assert [plain.is_working_day(date(2026, 10, 1) + timedelta(days=number)) for number in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="count"):
        plain.add_working_days(date(2026, 10, 1), -1)


def test_a_weekday_that_is_a_holiday_and_a_weekend_that_is_worked() -> None:
    title = LocalizedText("假", "Holiday")
    one = Calendar((Holiday(title, date(2026, 3, 2), date(2026, 3, 3), (date(2026, 3, 7),)),))
    assert one.add_working_days(date(2026, 2, 27), 4) == date(2026, 3, 7)
