"""English as it is said: the awkward cases by name, and every number there and back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.language import Language
from speech.spoken import LARGEST, readout
from tests.ivr import heard

say = readout(Language.EN)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (21, "twenty-one"),
        (100, "one hundred"),
        (105, "one hundred and five"),
        (1005, "one thousand and five"),
        (1100, "one thousand one hundred"),
        (20_000, "twenty thousand"),
        (1_000_001, "one million and one"),
        (1_000_100, "one million one hundred"),
        (100_000_001, "one hundred million and one"),
        (112, "one hundred and twelve"),
        (999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"),
        (10**12, "one trillion"),
    ],
)
def test_a_number_is_said_the_british_way(number: int, said: str) -> None:
    assert say.integer(number) == said


def test_every_number_to_a_hundred_thousand_is_understood_again_and_has_its_and() -> None:
    for number in range(100_001):
        said = say.integer(number)
        assert heard.english_integer(said) == number
        assert (" and " in said) == (number > 100 and number % 100 != 0), said


@given(st.integers(0, LARGEST))
def test_every_number_is_understood_again(number: int) -> None:
    assert heard.english_integer(say.integer(number)) == number


@given(st.integers(0, LARGEST * 100 + 99))
def test_every_amount_is_understood_again(fen: int) -> None:
    assert heard.english_money(say.money(fen)) == fen


def test_money_is_said_in_yuan_and_fen() -> None:
    assert say.money(0) == "zero yuan"
    assert say.money(50) == "fifty fen"
    assert say.money(1205) == "twelve yuan and five fen"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 2, 3), "the third of February, twenty twenty-six"),
        (date(2005, 5, 21), "the twenty-first of May, two thousand and five"),
        (date(1905, 8, 12), "the twelfth of August, nineteen oh five"),
        (date(1900, 9, 30), "the thirtieth of September, nineteen hundred"),
        (date(2010, 1, 9), "the ninth of January, twenty ten"),
    ],
)
def test_a_date_is_said_in_words(day: date, said: str) -> None:
    assert say.full_date(day) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (time(0, 0), "midnight"),
        (time(0, 5), "twelve oh five a.m."),
        (time(12, 0), "noon"),
        (time(14, 30), "two thirty p.m."),
        (time(8, 0), "eight a.m."),
    ],
)
def test_a_time_is_said_by_the_twelve_hour_clock(moment: time, said: str) -> None:
    assert say.time_of_day(moment) == said


@given(st.dates())
def test_every_date_is_understood_again(day: date) -> None:
    assert heard.english_date(say.full_date(day)) == day


def test_every_year_of_the_calendar_and_every_minute_of_a_day_is_understood_again() -> None:
    for year in range(1, 10_000):
        assert heard.english_date(say.full_date(date(year, 2, 28))).year == year
    for minute in range(24 * 60):
        moment = time(*divmod(minute, 60))
        assert heard.english_time(say.time_of_day(moment)) == moment


def test_a_period_names_its_day_once() -> None:
    start = datetime(2026, 2, 3, 8, 0, tzinfo=UTC)
    assert say.period(start, start.replace(hour=17)) == (
        "Tuesday, the third of February, eight a.m., until five p.m."
    )


def test_a_length_of_time() -> None:
    assert say.length(1) == "one second"
    assert say.length(150) == "two minutes and thirty seconds"
    assert say.length(60) == "one minute"


def test_codes_are_said_digit_by_digit_in_groups() -> None:
    assert say.reference("101234567890") == "one zero one two, three four five six, seven eight nine zero"
    assert say.phone_number("13812345678") == "one three eight, one two three four, five six seven eight"
    assert say.identity_number("11010119900307201X").endswith("two zero one X")


@given(st.text("0123456789", min_size=1, max_size=32))
def test_every_string_of_digits_is_understood_again(digits: str) -> None:
    assert heard.english_digits(say.digit_string(digits)) == digits


@given(st.text("0123456789", min_size=18, max_size=18))
def test_every_number_of_a_phone_a_case_and_a_person_is_understood_again(digits: str) -> None:
    assert heard.english_digits(say.reference(digits[:12])) == digits[:12]
    for number in (f"1{digits[:10]}", f"0{digits[:10]}", f"0{digits[:11]}", f"400{digits[:7]}", digits[:5]):
        assert heard.english_digits(say.phone_number(number)) == number
    for number in (digits, f"{digits[:17]}X"):
        assert heard.english_digits(say.identity_number(number)) == number
        assert heard.english_digits(say.text(number)) == number


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("From 3 February 2026", "From the third of February, twenty twenty-six"),
        ("on March 5, see page 12", "on the fifth of March, see page twelve"),
        ("2026-02-03", "the third of February, twenty twenty-six"),
        ("8:30 am – 5:30 pm", "eight thirty a.m. to five thirty p.m."),
        ("¥300 or 380.50 yuan", "three hundred yuan or three hundred and eighty yuan and fifty fen"),
        ("60%–80%", "sixty per cent to eighty per cent"),
        ("0.5‰", "zero point five per mille"),
        ("Call 12345.", "Call one two three four five."),
        ("Phone: 0871-65123456", "Phone: zero eight seven one, six five one two, three four five six"),
        ("Hui Zheng Fa [2025] No. 3", "Hui Zheng Fa twenty twenty-five number three"),
        ("1,005 people, 2.5 km", "one thousand and five people, two point five kilometres"),
        ("press 8", "press eight"),
        ("0.05 yuan, 100.00 yuan", "five fen, one hundred yuan"),
        ("at 12:30 am, 12:05 pm and 24:00", "at twelve thirty a.m., twelve oh five p.m. and midnight"),
        ("the 2nd floor, the 21st, the 12th", "the second floor, the twenty-first, the twelfth"),
        (
            "5th of May, Feb 3, 3 Sept 2026",
            "the fifth of May, the third of February, the third of September, twenty twenty-six",
        ),
        ("in 1950, 1950 people", "in nineteen fifty, one thousand nine hundred and fifty people"),
        ("the 1990s, the 2000s", "the nineteen nineties, the two thousands"),
        ("1/2, 3/4, 2/3, 3/15", "one half, three quarters, two thirds, three/fifteen"),
        ("Block A2, 5G", "Block A two, five G"),
        ("50 m2, 2kg, -5°C", "fifty square metres, two kilograms, minus five degrees Celsius"),
        (
            "11010119900307201x",
            "one one zero one zero one, one nine nine zero, zero three zero seven, two zero one X",
        ),
        ("the 12345 hotline", "the one two three four five hotline"),
    ],
)
def test_running_text_is_made_ready_to_be_said(written: str, said: str) -> None:
    assert say.text(written) == said


@given(st.text(st.sampled_from("0123456789 yuan%.,:/-–[]¥２٣ \nNo.MayMarch"), max_size=60))
def test_no_digit_is_left_for_the_voice_to_guess_at(written: str) -> None:
    assert not re.search(r"\d", say.text(written))
