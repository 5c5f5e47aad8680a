"""Dates typed and dates stepped to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.input.keyboards.date_entry import DateEntry
from kiosk.input.keyboards.date_steps import DateSteps, Part


def typed(digits: str, entry: DateEntry | None = None) -> DateEntry:
    entry = entry or DateEntry()
    for digit in digits:
        entry = entry.typed(digit)
    return entry


@pytest.mark.parametrize(
    ("digits", "text", "day"),
    [
        ("", "", None),
        ("19", "19", None),
        ("1958", "1958", None),
        ("19580321", "1958-03-21", date(1958, 3, 21)),
        ("195832", "1958-03-2", None),
        ("1958329", "1958-03-29", date(1958, 3, 29)),
        ("195834", "1958-03-04", date(1958, 3, 4)),
        ("20260230", "2026-02-30", None),
        ("20261331", "2026-13-31", None),
        ("2026134", "2026-13-04", None),
        ("202602301", "2026-02-30", None),
    ],
)
def test_digits_go_where_they_belong(digits: str, text: str, day: date | None) -> None:
    entry = typed(digits)
    assert entry.text == text
    assert entry.date == day


def test_a_single_digit_gets_its_zero_at_the_end() -> None:
    assert typed("2026121").finished().date == date(2026, 12, 1)
    assert typed("19").finished().text == "19"


def test_erasing_goes_back_through_the_parts() -> None:
    entry = typed("195803")
    assert entry.erased().text == "1958-0"
    assert entry.erased().erased().erased().text == "195"
    assert DateEntry().erased() == DateEntry()


def test_a_touched_part_is_typed_anew_and_the_others_stay() -> None:
    entry = typed("20260230").chosen(2)
    assert entry.text == "2026-02"
    assert typed("28", entry).date == date(2026, 2, 28)
    assert typed("1999", typed("20260230").chosen(0)).text == "1999-02-30"


@pytest.mark.parametrize("text", ["", "1958", "1958-03", "1958-03-21", "2026-02-30", "195"])
def test_what_stands_there_can_be_shown_again(text: str) -> None:
    assert DateEntry.of(text).text == text


@pytest.mark.parametrize("text", ["tomorrow", "1958-03-21-07", "19580321x", "٠٩٨"])
def test_what_is_no_entry_is_shown_as_an_empty_one(text: str) -> None:
    assert DateEntry.of(text) == DateEntry()


DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(day=DAYS)
def test_every_date_can_be_typed_with_eight_digits(day: date) -> None:
    assert typed(day.isoformat().replace("-", "")).date == day


@given(
    days=st.tuples(DAYS, DAYS, DAYS),
    steps=st.lists(st.tuples(st.sampled_from(Part), st.sampled_from([-1, 1]))),
)
def test_steps_never_leave_the_bounds(days: tuple[date, date, date], steps: list[tuple[Part, int]]) -> None:
    earliest, day, latest = sorted(days)
    now = DateSteps(day, earliest, latest)
    for part, by in steps:
        now = now.stepped(part, by)
        assert earliest <= now.chosen <= latest


@given(day=DAYS)
def test_steps_lead_to_every_day_of_a_month(day: date) -> None:
    now = DateSteps(day.replace(day=1), date(1900, 1, 1), date(2199, 12, 31))
    for _ in range(day.day - 1):
        now = now.stepped(Part.DAY, 1)
    assert now.chosen == day


def test_days_and_months_go_round() -> None:
    bounds = date(1900, 1, 1), date(2199, 12, 31)
    assert DateSteps(date(2026, 12, 5), *bounds).stepped(Part.MONTH, 1).chosen == date(2026, 1, 5)
    assert DateSteps(date(2026, 2, 1), *bounds).stepped(Part.DAY, -1).chosen == date(2026, 2, 28)
    assert DateSteps(date(2024, 2, 29), *bounds).in_year(1850).chosen == date(1900, 2, 28)


def test_a_date_outside_its_bounds_is_refused() -> None:
    today = date(2026, 2, 3)
    with pytest.raises(ValueError, match="outside its bounds"):
        DateSteps(today, today + timedelta(days=1), today + timedelta(days=2))
