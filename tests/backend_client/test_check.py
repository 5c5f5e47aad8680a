"""The rules for answers: what is taken, as what it is kept, and what is refused by which name and bound."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.check import check, parse
from backend_client.forms.form import EARLIEST, LATEST, MAX_FEN, MAX_TEXT, Field, FieldType
from tests.backend_client.sample import TODAY, field

TYPES = list(FieldType)


def refused(kind: FieldType, value: Any, **changes: Any) -> tuple[Problem, int | date | None]:
    """The problem and bound with which a value is refused."""
    with pytest.raises(AnswerError) as caught:
        check(field(kind, **changes), value, TODAY)
    assert caught.value.field == kind.name.lower()
    return caught.value.problem, caught.value.bound


def refused_entry(kind: FieldType, entered: str, **changes: Any) -> tuple[Problem, int | date | None]:
    """The problem and bound with which an entry is refused."""
    with pytest.raises(AnswerError) as caught:
        parse(field(kind, **changes), entered, TODAY)
    return caught.value.problem, caught.value.bound


# Text


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=200))
def test_text_is_kept_in_nfc_without_outer_space(entered: str) -> None:
    kind = field(FieldType.TEXT)
    if not entered.strip():
        assert refused_entry(FieldType.TEXT, entered) == (Problem.REQUIRED, None)
        return
    kept = check(kind, entered, TODAY)
    assert isinstance(kept, str)
    assert kept == unicodedata.normalize("NFC", entered).strip()
    assert check(kind, kept, TODAY) == kept


@pytest.mark.parametrize(
    "name",
    [
        "阿卜杜拉·买买提",  # the middle dot of names
        "𬱖㳚",  # planes 2 and 0 of GB 18030
        "\U0003137f\U0002ebf0",  # ideographs newer than Python's tables
        "葛\U000e0100",  # a variation sequence
        "Zoë O’Brien",
        "ئۇيغۇر",
    ],
)
def test_rare_names_are_taken(name: str) -> None:
    assert check(field(FieldType.TEXT), name, TODAY) == name


@pytest.mark.parametrize(
    "bad",
    [
        "a\x00b",
        "a\tb",
        "a\x1b[31mb",
        "a\x7fb",
        "a\x85b",
        "a\ue000b",
        "a\U000f0000b",
        "a\ufffeb",
        "a\U0002fffeb",
        "a\U0003ffffb",
        "a\U00040000b",
        "a\u0378b",
        "a\ud800b",
        "a\u202eb",
        "a\u2066b",
        "a\ufeffb",
        "a\u2028b",
    ],
)
def test_characters_that_cannot_be_kept_are_refused(bad: str) -> None:
    assert refused(FieldType.TEXT, bad) == (Problem.BAD_CHARACTER, None)


def test_text_may_have_lines_in_any_convention() -> None:
    assert check(field(FieldType.TEXT), "一\r\n二\r三\n四\n", TODAY) == "一\n二\n三\n四"


def test_text_is_counted_in_characters() -> None:
    five = field(FieldType.TEXT, min_length=3, max_length=5)
    assert check(five, "𬱖𬱖𬱖𬱖𬱖", TODAY) == "𬱖𬱖𬱖𬱖𬱖"
    assert check(five, "e\u0301" * 5, TODAY) == "é" * 5
    assert check(five, "三三三", TODAY) == "三三三"
    assert refused(FieldType.TEXT, "二二", min_length=3) == (Problem.TOO_SHORT, 3)
    assert refused(FieldType.TEXT, "六六六六六六", max_length=5) == (Problem.TOO_LONG, 5)


def test_a_very_long_text_is_refused_with_its_bound_and_length() -> None:
    with pytest.raises(AnswerError) as caught:
        check(field(FieldType.TEXT), "长" * 20_000, TODAY)
    assert (caught.value.problem, caught.value.bound) == (Problem.TOO_LONG, MAX_TEXT)
    assert caught.value.given == 20_000


def test_a_recording_is_a_text_and_nothing_else() -> None:
    recording = Recording("attachments/0b7bd1a5-8d3e-4f38-9b0f-3f8a4c1f2a11")
    assert check(field(FieldType.TEXT), recording, TODAY) == recording
    assert refused(FieldType.TEXT, Recording("attachments/../../etc")) == (Problem.WRONG_TYPE, None)
    assert (
        refused(FieldType.TEXT, Recording("files/0b7bd1a5-8d3e-4f38-9b0f-3f8a4c1f2a11"))[0]
        is Problem.WRONG_TYPE
    )
    for kind in TYPES[1:]:
        assert refused(kind, recording) == (Problem.WRONG_TYPE, None)


# Digits


def test_digits_keep_leading_zeros_and_lose_grouping() -> None:
    assert parse(field(FieldType.DIGITS), "００12-3 45", TODAY) == "0012345"


@pytest.mark.parametrize("entered", ["12a", "1.2", "+1", "٣", "²", "一二", "①"])
def test_only_ascii_digits_are_digits(entered: str) -> None:
    assert refused_entry(FieldType.DIGITS, entered) == (Problem.NOT_DIGITS, None)


def test_digits_have_bounds() -> None:
    assert refused_entry(FieldType.DIGITS, "12345", min_length=6) == (Problem.TOO_SHORT, 6)
    assert refused_entry(FieldType.DIGITS, "123456789", max_length=8) == (Problem.TOO_LONG, 8)
    assert refused_entry(FieldType.DIGITS, "1" * 33) == (Problem.TOO_LONG, 32)
    assert refused_entry(FieldType.DIGITS, "1" * 20_000) == (Problem.TOO_LONG, 32)


# Dates


@given(st.dates(EARLIEST, LATEST))
def test_a_date_may_be_entered_in_four_ways(day: date) -> None:
    kind = field(FieldType.DATE)
    for entered in (
        day.isoformat(),
        f"{day.year}{day.month:02}{day.day:02}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
    ):
        assert parse(kind, entered, TODAY) == day


@pytest.mark.parametrize(
    ("entered", "given_parts"),
    [
        ("20260230", (2026, 2, 30)),
        ("2025-02-29", (2025, 2, 29)),
        ("2026/13/1", (2026, 13, 1)),
        ("00000101", (0, 1, 1)),
        ("2026-00-01", (2026, 0, 1)),
        ("202602", None),
        ("2026-02", None),
        ("tomorrow", None),
        ("2026-2-3-4", None),
        ("-20260203", None),
        ("2" * 20_000, None),
    ],
)
def test_no_such_date(entered: str, given_parts: tuple[int, int, int] | None) -> None:
    with pytest.raises(AnswerError) as caught:
        parse(field(FieldType.DATE), entered, TODAY)
    assert (caught.value.problem, caught.value.given) == (Problem.NO_SUCH_DATE, given_parts)


def test_dates_have_bounds_and_may_be_kept_out_of_the_future() -> None:
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    assert check(field(FieldType.DATE, min_date=first, max_date=last), first, TODAY) == first
    assert check(field(FieldType.DATE, min_date=first, max_date=last), last, TODAY) == last
    assert refused(FieldType.DATE, date(2025, 12, 31), min_date=first) == (Problem.TOO_EARLY, first)
    assert refused(FieldType.DATE, date(2027, 1, 1), max_date=last) == (Problem.TOO_LATE, last)
    assert check(field(FieldType.DATE, not_in_future=True), TODAY, TODAY) == TODAY
    tomorrow = TODAY + timedelta(days=1)
    assert refused(FieldType.DATE, tomorrow, not_in_future=True) == (Problem.TOO_LATE, TODAY)
    assert refused(FieldType.DATE, tomorrow, not_in_future=True, max_date=date(2020, 1, 1)) == (
        Problem.TOO_LATE,
        date(2020, 1, 1),
    )
    assert refused(FieldType.DATE, datetime(2026, 2, 3)) == (Problem.WRONG_TYPE, None)


# Money


@given(st.integers(0, MAX_FEN))
def test_every_amount_can_be_entered(fen: int) -> None:
    kind = field(FieldType.MONEY)
    yuan, rest = divmod(fen, 100)
    for entered in (f"{yuan}.{rest:02}", f"{yuan}*{rest:02}", f"{yuan:,}.{rest:02}", f"￥{yuan}.{rest:02}元"):
        assert parse(kind, entered, TODAY) == fen


@pytest.mark.parametrize(
    ("entered", "fen"),
    [
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("12*50", 1250),
        ("１２．５", 1250),
        ("12.", 1200),
        ("0", 0),
    ],
)
def test_an_amount_is_in_yuan(entered: str, fen: int) -> None:
    assert parse(field(FieldType.MONEY), entered, TODAY) == fen


@pytest.mark.parametrize(
    "entered", ["12.345", "-5", "1e3", ".5", "*50", "12,34", "1.2.3", "abc", "十二", "NaN", "٣", "x" * 20_000]
)
def test_not_an_amount(entered: str) -> None:
    assert refused_entry(FieldType.MONEY, entered) == (Problem.NOT_AN_AMOUNT, None)


def test_money_has_bounds() -> None:
    assert refused(FieldType.MONEY, 99, min_fen=100) == (Problem.TOO_SMALL, 100)
    assert refused(FieldType.MONEY, 101, max_fen=100) == (Problem.TOO_LARGE, 100)
    for digits in (11, 18, 19, 40, 20_000):
        assert refused_entry(FieldType.MONEY, "9" * digits) == (Problem.TOO_LARGE, MAX_FEN)
    assert check(field(FieldType.MONEY, min_fen=100, max_fen=100), 100, TODAY) == 100
    assert refused(FieldType.MONEY, -1) == (Problem.TOO_SMALL, 0)
    assert refused(FieldType.MONEY, True) == (Problem.WRONG_TYPE, None)


# Choices


def test_choice_is_an_identifier_of_the_form() -> None:
    assert parse(field(FieldType.CHOICE), " seed ", TODAY) == "seed"
    assert refused_entry(FieldType.CHOICE, "种子") == (Problem.NO_SUCH_OPTION, None)
    assert refused_entry(FieldType.CHOICE, "x" * 20_000) == (Problem.NO_SUCH_OPTION, None)


@given(st.lists(st.sampled_from(["seed", "tools", "water"]), min_size=1, max_size=3, unique=True))
def test_choices_are_kept_in_the_order_of_the_form(chosen: list[str]) -> None:
    kept = parse(field(FieldType.CHOICES), "，".join(chosen), TODAY)
    assert kept == tuple(option for option in ("seed", "tools", "water") if option in chosen)


def test_choices_have_bounds() -> None:
    assert refused(FieldType.CHOICES, ("seed",), min_length=2) == (Problem.TOO_FEW, 2)
    two = field(FieldType.CHOICES, min_length=2, max_length=2)
    assert check(two, ("tools", "seed"), TODAY) == ("seed", "tools")
    assert refused(FieldType.CHOICES, ("seed", "tools"), max_length=1) == (Problem.TOO_MANY, 1)
    assert refused(FieldType.CHOICES, ("seed", "seed")) == (Problem.TOO_MANY, None)
    assert refused(FieldType.CHOICES, ("seed", "gold")) == (Problem.NO_SUCH_OPTION, None)
    assert refused(FieldType.CHOICES, ()) == (Problem.REQUIRED, None)
    assert refused_entry(FieldType.CHOICES, " , ") == (Problem.REQUIRED, None)
    assert refused_entry(FieldType.CHOICES, "seed," * 20_000) == (Problem.TOO_MANY, 3)


@pytest.mark.parametrize(
    ("entered", "value"),
    [("yes", True), ("NO", False), ("1", True), ("２", False), ("是", True), ("否", False)],
)
def test_yes_and_no(entered: str, value: bool) -> None:
    assert parse(field(FieldType.YES_NO), entered, TODAY) is value


def test_yes_no_takes_nothing_else() -> None:
    assert refused_entry(FieldType.YES_NO, "3") == (Problem.NO_SUCH_OPTION, None)
    assert refused(FieldType.YES_NO, 1) == (Problem.WRONG_TYPE, None)


# Numbers of people and phones


def test_identity_number_is_kept_with_a_capital_x() -> None:
    assert parse(field(FieldType.IDENTITY_NUMBER), "11010519491231002*", TODAY) == "11010519491231002X"
    assert refused_entry(FieldType.IDENTITY_NUMBER, "110105194912310021") == (Problem.WRONG_CHECK_DIGIT, None)
    assert refused_entry(FieldType.IDENTITY_NUMBER, "1" * 20_000) == (Problem.NOT_AN_IDENTITY_NUMBER, None)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("138 1234-5678", "13812345678"),
        ("＋86 138 1234 5678", "13812345678"),
        ("0086-19912345678", "19912345678"),
        ("010-12345678", "01012345678"),
        ("(0577) 8123 4567", "057781234567"),
        ("（0996）1234567", "09961234567"),
        ("400-123-4567", "4001234567"),
        ("12345", "12345"),
        ("95598", "95598"),
    ],
)
def test_phone_numbers_are_kept_as_digits(entered: str, kept: str) -> None:
    assert parse(field(FieldType.PHONE_NUMBER), entered, TODAY) == kept


@pytest.mark.parametrize(
    "entered",
    [
        "12812345678",
        "1381234567",
        "138123456789",
        "81234567",
        "0",
        "110",
        "0012345678",
        "01012345",
        "12345678901",
        "138１23X5678",
        "86",
        "1" * 20_000,
    ],
)
def test_what_is_no_phone_number(entered: str) -> None:
    assert refused_entry(FieldType.PHONE_NUMBER, entered) == (Problem.NOT_A_PHONE_NUMBER, None)


# Every type


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_is_no_answer(kind: FieldType) -> None:
    for entered in ("", "  ", "　"):
        assert refused_entry(kind, entered) == (Problem.REQUIRED, None)


@pytest.mark.parametrize(
    "kind",
    [FieldType.TEXT, FieldType.DIGITS, FieldType.CHOICE, FieldType.IDENTITY_NUMBER, FieldType.PHONE_NUMBER],
)
def test_an_empty_value_is_no_answer_either(kind: FieldType) -> None:
    assert refused(kind, "") == (Problem.REQUIRED, None)


def test_a_tower_of_accents_is_refused_at_once() -> None:
    assert refused(FieldType.TEXT, "a" + "\u0301\u0316" * 400_000) == (Problem.TOO_LONG, MAX_TEXT)


values: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=40),
    st.dates(),
    st.integers(),
    st.booleans(),
    st.lists(st.text(max_size=6), max_size=4).map(tuple),
    st.builds(Recording, st.text(max_size=50)),
)


@given(st.sampled_from(TYPES), values)
def test_any_value_is_kept_or_refused_and_what_is_kept_is_right(kind: FieldType, value: Value) -> None:
    asked = field(kind)
    try:
        kept = check(asked, value, TODAY)
    except AnswerError:
        return
    assert check(asked, kept, TODAY) == kept


@given(st.sampled_from(TYPES), st.text(max_size=80))
def test_any_entry_is_kept_or_refused(kind: FieldType, entered: str) -> None:
    asked: Field = field(kind)
    try:
        kept = parse(asked, entered, TODAY)
    except AnswerError:
        return
    assert check(asked, kept, TODAY) == kept
