"""What a resident reads and hears: sentences that say what to do, speakable, in both languages."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.errors import (
    BackendError,
    BackendFailure,
    Conflict,
    Denied,
    DoorRefused,
    Guessed,
    InvalidAnswers,
    InvalidRequest,
    NeedsConnection,
    NoReference,
    NotFound,
    NotSecure,
    QueueFull,
    QueueUnusable,
    SessionEnded,
    TooManyTries,
    Unreachable,
    Violation,
)
from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.check import check, parse
from backend_client.forms.explain import (
    explain,
    explain_identity_number,
    explain_identity_suffix,
    explain_reference,
)
from backend_client.forms.form import CardItem, Field, FieldType
from backend_client.forms.identity_number import IdentityNumberError
from backend_client.forms.present import present
from backend_client.forms.reference import ReferenceError_, ReferenceProblem, check_reference
from backend_client.sentences import sentence
from foundation.language import Language
from tests.backend_client.sample import NUMBER, TODAY, field

ZH, EN = Language.ZH_CN, Language.EN

SPEAKABLE = re.compile(r"[\u4e00-\u9fff0-9A-Za-z，。、 ,.:']+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def assert_speakable(text: str, language: Language) -> None:
    assert SPEAKABLE.fullmatch(text), text
    assert bool(CHINESE.search(text)) is (language is ZH), text
    assert text.endswith("。" if language is ZH else "."), text
    assert "请" in text or "Please" in text, text


def explained(asked: Field, entered: str) -> tuple[str, str]:
    with pytest.raises(AnswerError) as caught:
        parse(asked, entered, TODAY)
    return explain(caught.value, asked, ZH), explain(caught.value, asked, EN)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("problem", Problem)
@pytest.mark.parametrize("kind", FieldType)
def test_every_problem_has_a_speakable_sentence(
    kind: FieldType, problem: Problem, language: Language
) -> None:
    for required in (True, False):
        asked = field(kind, required=required)
        assert_speakable(explain(AnswerError(asked.id, problem), asked, language), language)


@pytest.mark.parametrize("language", Language)
@given(kind=st.sampled_from(list(FieldType)), entered=st.text(max_size=30))
def test_every_refused_entry_has_a_speakable_sentence(
    language: Language, kind: FieldType, entered: str
) -> None:
    asked = field(kind, not_in_future=True, max_fen=50_050, min_fen=101, max_length=9, min_length=2)
    try:
        parse(asked, entered, TODAY)
    except AnswerError as error:
        assert_speakable(explain(error, asked, language), language)


def test_the_30th_of_february_is_named() -> None:
    zh, en = explained(field(FieldType.DATE), "20260230")
    assert zh == "日期不存在，请检查月份和日期。二月没有30日。"
    assert en.endswith("February has no day 30.")


def test_a_leap_day_is_named_with_its_year() -> None:
    zh, en = explained(field(FieldType.DATE), "20250229")
    assert zh.endswith("2025年二月没有29日。")
    assert en.endswith("February 2025 has no day 29.")


def test_a_month_that_does_not_exist_is_named() -> None:
    zh, en = explained(field(FieldType.DATE), "20251301")
    assert "没有13月" in zh
    assert "no month 13" in en


def test_the_last_day_and_month_are_not_blamed() -> None:
    assert explained(field(FieldType.DATE), "20261232")[0].endswith("十二月没有32日。")
    assert explained(field(FieldType.DATE), "20260132")[0].endswith("一月没有32日。")
    assert explained(field(FieldType.DATE), "20260001")[0].endswith("没有0月，月份是1到12。")
    assert explained(field(FieldType.DATE), "00000101")[0] == "日期不存在，请检查月份和日期。"


def test_what_is_asked_for_fits_the_question() -> None:
    assert "跳过" in explained(field(FieldType.TEXT, required=False), "")[0]
    assert "跳过" not in explained(field(FieldType.TEXT), "")[0]
    assert "是或者否" in explained(field(FieldType.YES_NO), "maybe")[0]
    assert "选项" in explained(field(FieldType.CHOICE), "maybe")[0]
    assert "不止一次" in explained(field(FieldType.CHOICES), "seed,seed")[0]
    assert "最多可以选择1项" in explained(field(FieldType.CHOICES, max_length=1), "seed,tools")[0]
    assert "至少要4位" in explained(field(FieldType.DIGITS, min_length=4, max_length=6), "123")[0]
    assert "最多6位" in explained(field(FieldType.DIGITS, min_length=4, max_length=6), "1234567")[0]
    assert "至少写5个字" in explained(field(FieldType.TEXT, min_length=5), "短")[0]
    assert "现在有1个字" in explained(field(FieldType.TEXT, min_length=5), "短")[0]
    short = field(FieldType.TEXT, min_length=5, max_length=9)
    assert "至少写5个字" in explain(AnswerError("text", Problem.TOO_SHORT), short, ZH)
    assert "最多9个字" in explain(AnswerError("text", Problem.TOO_LONG), short, ZH)
    assert "元" not in explained(field(FieldType.MONEY), "9" * 15)[0]
    assert "9999999999.99元" in explained(field(FieldType.MONEY, max_fen=10**12 - 1), "9" * 15)[0]
    closed = field(FieldType.DATE, not_in_future=True, max_date=date(2020, 1, 1))
    assert "最晚是2020年1月1日" in explained(closed, "20200102")[0]


def test_bounds_and_what_was_given_are_said() -> None:
    zh, en = explained(field(FieldType.TEXT, max_length=200), "长" * 20_000)
    assert "最多200个字" in zh
    assert "20000" in zh
    assert "200" in en
    assert "20000" in en
    assert "500.50元" in explained(field(FieldType.MONEY, max_fen=50_050), "1000")[0]
    assert "正好6位" in explained(field(FieldType.DIGITS, min_length=6, max_length=6), "12345")[0]
    assert "最早是2026年1月1日" in explained(field(FieldType.DATE, min_date=date(2026, 1, 1)), "20250101")[0]
    assert "31 December 2026" in explained(field(FieldType.DATE, max_date=date(2026, 12, 31)), "20270101")[1]
    assert "今天是2026年2月3日" in explained(field(FieldType.DATE, not_in_future=True), "20260204")[0]


def test_a_refusal_of_the_backend_is_explained_by_the_field_alone() -> None:
    asked = field(FieldType.CHOICES, max_length=2)
    assert "最多可以选择2项" in explain(AnswerError(asked.id, Problem.TOO_MANY), asked, ZH)
    born = field(FieldType.DATE, not_in_future=True)
    assert explain(AnswerError(born.id, Problem.TOO_LATE), born, ZH) == "日期不能晚于今天，请检查后重新输入。"


@pytest.mark.parametrize("language", Language)
def test_references_and_identity_numbers_are_explained(language: Language) -> None:
    for reference_problem in ReferenceProblem:
        assert_speakable(explain_reference(ReferenceError_(reference_problem), language), language)
    for problem in (Problem.NOT_AN_IDENTITY_NUMBER, Problem.WRONG_CHECK_DIGIT):
        assert_speakable(explain_identity_number(IdentityNumberError(problem), language), language)
    assert_speakable(explain_identity_suffix(language), language)


def test_a_reference_too_short_tells_how_many_digits_came() -> None:
    with pytest.raises(ReferenceError_) as caught:
        check_reference("00200667308")
    assert "11位" in explain_reference(caught.value, ZH)


ERRORS: list[BackendError] = [
    Unreachable("BACKEND_UNREACHABLE"),
    Unreachable("BACKEND_TOO_SLOW"),
    NotSecure("BACKEND_EXPIRED"),
    NeedsConnection("BACKEND_UNREACHABLE"),
    DoorRefused("DOOR_REVOKED"),
    Unreachable("BACKEND_BUSY"),
    Unreachable("CLIENT_CLOSED"),
    NotFound("NOT_FOUND"),
    NotFound("POLICY_UNKNOWN"),
    NotFound("SERVICE_UNKNOWN"),
    NotFound("FORM_UNKNOWN"),
    NotFound("NOTICE_UNKNOWN"),
    NotFound("CASE_UNKNOWN"),
    NotFound("CASE_ERASED"),
    InvalidRequest("INVALID_ARGUMENT"),
    InvalidRequest("INVALID_ARGUMENT", "query"),
    InvalidRequest("ATTACHMENT_TOO_LARGE", "content"),
    InvalidAnswers((Violation("money", Problem.TOO_LARGE),)),
    Conflict("ABORTED"),
    Conflict("ATTACHMENT_MISSING"),
    Conflict("SUBMISSION_DIFFERS"),
    Conflict("FORM_CHANGED"),
    InvalidRequest("ATTACHMENT_DAMAGED", "info.sha256"),
    Unreachable("STORAGE_FULL"),
    Unreachable("STORAGE_UNAVAILABLE"),
    Denied("CREDENTIAL_WRONG"),
    SessionEnded("SESSION_EXPIRED"),
    *(TooManyTries("TOO_MANY_TRIES", seconds) for seconds in (0, 1, 60, 61, 900, 7199, 7200, 86_400)),
    *(TooManyTries("TOO_MANY_TRIES", 900, of) for of in (Guessed.LOOKUP, Guessed.ORDER)),
    TooManyTries("ASKED_JUST_NOW", 10, Guessed.LOOKUP),
    QueueFull(),
    NoReference(),
    QueueUnusable("QUEUE_DISK_FULL"),
    BackendFailure("INTERNAL"),
    BackendFailure("SOMETHING_NEW"),
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_every_error_has_a_speakable_sentence(error: BackendError, language: Language) -> None:
    assert_speakable(sentence(error, language), language)


def test_sentences_differ_where_what_to_do_differs() -> None:
    told = {sentence(error, ZH) for error in ERRORS}
    # CLIENT_CLOSED is told like an unreachable backend, a new reason like any failure, 1 s like 60 s.
    assert len(told) == len(ERRORS) - 3


def test_the_wait_after_too_many_tries_is_rounded_up() -> None:
    assert "2分钟" in sentence(TooManyTries("TOO_MANY_TRIES", 61), ZH)
    assert "一分钟" in sentence(TooManyTries("TOO_MANY_TRIES", 0.5), ZH)
    assert "15 minutes" in sentence(TooManyTries("TOO_MANY_TRIES", 900), EN)
    assert "24小时" in sentence(TooManyTries("TOO_MANY_TRIES", 86_400), ZH)


@pytest.mark.parametrize(
    ("asked", "value", "zh", "en", "masked"),
    [
        (field(FieldType.DATE), date(2026, 2, 3), "2026年2月3日", "3 February 2026", "2026年"),
        (field(FieldType.MONEY), 123_450, "1,234.50元", "¥1,234.50", "***元"),
        (field(FieldType.MONEY), 0, "0.00元", "¥0.00", "***元"),
        (field(FieldType.IDENTITY_NUMBER), NUMBER, NUMBER, NUMBER, "110105********002X"),
        (field(FieldType.PHONE_NUMBER), "13812345678", "13812345678", "13812345678", "138****5678"),
        (field(FieldType.PHONE_NUMBER), "4000123456", "4000123456", "4000123456", "400***3456"),
        (field(FieldType.PHONE_NUMBER), "12345", "12345", "12345", "*****"),
        (field(FieldType.TEXT, prefill=CardItem.NAME), "张三", "张三", "张三", "张*"),
        (field(FieldType.TEXT), "示范县示范路1号", "示范县示范路1号", "示范县示范路1号", "示***"),
        (
            field(FieldType.DIGITS),
            "6222020012345678",
            "6222020012345678",
            "6222020012345678",
            "************5678",
        ),
        (field(FieldType.DIGITS), "12345678", "12345678", "12345678", "****5678"),
        (field(FieldType.DIGITS), "1234567", "1234567", "1234567", "*******"),
        (field(FieldType.CHOICE), "seed", "种子", "Seed", "***"),
        (field(FieldType.CHOICES), ("seed", "water"), "种子、水利", "Seed, Water", "***"),
        (field(FieldType.YES_NO), True, "是", "Yes", "***"),
        (field(FieldType.YES_NO), False, "否", "No", "***"),
        (field(FieldType.TEXT), Recording("attachments/x"), "语音留言", "Voice recording", "语音留言"),
    ],
)
def test_answers_are_presented(asked: Field, value: Value, zh: str, en: str, masked: str) -> None:
    assert present(asked, value, ZH) == zh
    assert present(asked, value, EN) == en
    assert present(asked, value, ZH, masked=True) == masked


@given(st.text("0123456789", min_size=1, max_size=32))
def test_masked_digits_show_at_most_half(digits: str) -> None:
    shown = present(field(FieldType.DIGITS), digits, ZH, masked=True)
    assert len(shown) == len(digits)
    assert sum(character != "*" for character in shown) <= len(digits) / 2


@given(st.text(min_size=1, max_size=30))
def test_a_masked_text_shows_one_character(entered: str) -> None:
    asked = field(FieldType.TEXT, private=True)
    try:
        value = check(asked, entered, TODAY)
    except AnswerError:
        return
    assert isinstance(value, str)
    assert present(asked, value, EN, masked=True) == value[0] + "***"
