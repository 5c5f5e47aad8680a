"""Identity numbers after GB 11643-1999."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.answer import Problem
from backend_client.forms.identity_number import (
    EARLIEST_BIRTH,
    PROVINCES,
    IdentityNumberError,
    birth_date,
    check_character,
    check_identity_number,
    check_identity_suffix,
)

TODAY = date(2026, 2, 3)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    province = draw(st.sampled_from(sorted(PROVINCES)))
    born = draw(st.dates(EARLIEST_BIRTH, TODAY))
    body = f"{province}{draw(st.integers(0, 9999)):04}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + check_character(body)


@pytest.mark.parametrize(
    "number",
    ["11010519491231002X", "440524188001010014", "34052419800101001X", "370101190102039973"],
)
def test_examples_of_the_standard_are_accepted(number: str) -> None:
    assert check_identity_number(number, TODAY) == number


@given(numbers())
def test_a_number_may_be_entered_as_people_and_phones_do(number: str) -> None:
    assert check_identity_number(number, TODAY) == number
    assert check_identity_number(number.lower()) == number
    assert check_identity_number(number.replace("X", "*")) == number
    assert check_identity_number(f" {number[:6]} {number[6:14]}-{number[14:]} ") == number
    wide = number.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    assert check_identity_number(wide) == number


@given(numbers(), st.integers(0, 17), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(number: str, place: int, shift: int) -> None:
    digit = number[place]
    wrong = str((int(digit) + shift) % 10) if digit != "X" else str(shift)
    with pytest.raises(IdentityNumberError):
        check_identity_number(number[:place] + wrong + number[place + 1 :], TODAY)


@given(numbers(), st.integers(0, 16))
def test_neighbours_that_change_places_are_found(number: str, place: int) -> None:
    a, b = number[place], number[place + 1]
    swapped = number[:place] + b + a + number[place + 2 :]
    if a == b:
        assert check_identity_number(swapped, TODAY) == number
    else:
        with pytest.raises(IdentityNumberError):
            check_identity_number(swapped, TODAY)


def with_check(body: str) -> str:
    return body + check_character(body)


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "11010519491231002",
        "110105491231002",
        "11010519491231002XX",
        "1101051949123100*X",
        "11010519491231002Y",
        "1" * 20_000,
        with_check("16010519491231002"),
        with_check("00010519491231002"),
        with_check("11010519490230002"),
        with_check("11010518791231002"),
        with_check("11010500000101002"),
    ],
)
def test_wrong_shape_region_or_birth_is_no_identity_number(entered: str) -> None:
    with pytest.raises(IdentityNumberError) as caught:
        check_identity_number(entered, TODAY)
    assert caught.value.problem is Problem.NOT_AN_IDENTITY_NUMBER


def test_provinces_are_those_of_the_country() -> None:
    accepted = set()
    for province in range(100):
        try:
            check_identity_number(with_check(f"{province:02}010519491231002"), TODAY)
        except IdentityNumberError:
            continue
        accepted.add(province)
    north, north_east, east = {11, 12, 13, 14, 15}, {21, 22, 23}, {31, 32, 33, 34, 35, 36, 37}
    south, south_west, north_west = {41, 42, 43, 44, 45, 46}, {50, 51, 52, 53, 54}, {61, 62, 63, 64, 65}
    mainland = north | north_east | east | south | south_west | north_west
    assert accepted == mainland | {71, 81, 82, 83}


def test_nobody_is_born_tomorrow() -> None:
    born_today = with_check(f"110105{TODAY:%Y%m%d}002")
    assert check_identity_number(born_today, TODAY) == born_today
    with pytest.raises(IdentityNumberError):
        check_identity_number(born_today, TODAY - timedelta(days=1))


def test_a_wrong_check_character_is_told_apart() -> None:
    with pytest.raises(IdentityNumberError) as caught:
        check_identity_number("110105194912310021", TODAY)
    assert caught.value.problem is Problem.WRONG_CHECK_DIGIT


def test_no_digit_of_it_reaches_the_error() -> None:
    with pytest.raises(IdentityNumberError) as caught:
        check_identity_number("110105194912310021", TODAY)
    assert "1949" not in repr(caught.value) + str(caught.value)


def test_birth_date_is_read() -> None:
    assert birth_date("11010519491231002X") == date(1949, 12, 31)


@pytest.mark.parametrize(
    ("entered", "suffix"), [("31002x", "31002X"), ("3100 2*", "31002X"), ("123456", "123456")]
)
def test_suffix_is_normalised(entered: str, suffix: str) -> None:
    assert check_identity_suffix(entered) == suffix


@pytest.mark.parametrize("entered", ["", "12345", "1234567", "X12345", "12*456", "abcdef", "6" * 999])
def test_suffix_of_wrong_shape_is_refused(entered: str) -> None:
    with pytest.raises(IdentityNumberError):
        check_identity_suffix(entered)


@given(st.text())
def test_any_entry_is_a_number_or_refused(entered: str) -> None:
    try:
        number = check_identity_number(entered)
    except IdentityNumberError:
        return
    assert len(number) == 18
