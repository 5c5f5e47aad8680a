"""What stands on a slip, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from backend_client.appointment import Counters, Ticket
from backend_client.forms.form import Field, FieldType, Form
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText
from hardware.interfaces.receipt_printer import QrCode, TextLine
from kiosk.slip import SlipWriter
from kiosk.visit.pages import Booked

ACCEPTED = Accepted("123456789012", datetime(2026, 11, 22, 23, 5, tzinfo=UTC))


def form(*, demonstration: bool) -> Form:
    def text(zh: str, en: str) -> LocalizedText:
        return LocalizedText(zh, en)

    number = Field("number", FieldType.IDENTITY_NUMBER, text("号码", "Number"), text("号码？", "Number?"))
    return Form(
        "forms/permit",
        "1",
        text("经营许可", "Permit"),
        text("须知", "Before"),
        (number,),
        text("声明", "Declaration"),
        text("五个工作日内通知您。", "You hear from us within five working days."),
        "number",
        demonstration,
    )


def lines(language: Language, *, demonstration: bool = False) -> str:
    office = LocalizedText("惠民县政务服务", "Huimin County")
    writer = SlipWriter(
        office,
        "terminal-7",
        ZoneInfo("Asia/Shanghai"),
        qr_prefix="https://example.invalid/",
        demonstration=False,
    )
    parts = writer.acceptance(form(demonstration=demonstration), ACCEPTED, language)
    (code,) = [part for part in parts if isinstance(part, QrCode)]
    assert code.data == "https://example.invalid/123456789012" == writer.qr_text(ACCEPTED)
    return "\n".join(part.text for part in parts if isinstance(part, TextLine))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ZH_CN, ("惠民县政务服务", "经营许可", "2026年11月23日 7:05", "五个工作日内", "terminal-7")),
        (
            Language.EN,
            ("Huimin County", "Permit", "23 November 2026, 7:05", "five working days", "terminal-7"),
        ),
    ],
)
def test_a_slip_says_what_was_taken_when_and_what_happens_next(
    language: Language, said: tuple[str, ...]
) -> None:
    slip = lines(language)
    assert "1234-5678-9012" in slip
    for part in said:
        assert part in slip


def test_a_slip_of_a_demonstration_says_so() -> None:
    assert "演示" in lines(Language.ZH_CN, demonstration=True)
    assert "演示" not in lines(Language.ZH_CN)


WRITER = SlipWriter(
    LocalizedText("惠民县政务服务", "Huimin County"),
    "terminal-7",
    ZoneInfo("Asia/Shanghai"),
    qr_prefix="",
    demonstration=False,
)
PLACE = LocalizedText("政务服务中心二楼", "First floor of the service centre")


def test_a_slip_says_how_long_the_office_needs() -> None:
    takes = LocalizedText("20个工作日。", "20 working days.")
    for language in Language:
        parts = WRITER.acceptance(form(demonstration=False), ACCEPTED, language, takes=takes)
        assert any(takes[language] in part.text for part in parts if isinstance(part, TextLine))


@pytest.mark.parametrize(
    ("language", "said"), [(Language.ZH_CN, "2026年12月4日"), (Language.EN, "4 December 2026")]
)
def test_a_slip_says_by_which_day_there_is_an_answer(language: Language, said: str) -> None:
    accepted = replace(ACCEPTED, due_date=date(2026, 12, 4))
    for due_fen, there in ((0, True), (100, False)):
        parts = WRITER.acceptance(form(demonstration=False), accepted, language, due_fen=due_fen)
        assert any(said in part.text for part in parts if isinstance(part, TextLine)) is there


@pytest.mark.parametrize("delivered", [True, False])
def test_a_slip_says_when_to_come_and_with_what_and_whether_that_is_sure(delivered: bool) -> None:
    booked = Booked(
        datetime(2026, 12, 1, 9, 30), PLACE, (LocalizedText("原不动产权证书。", "The title deed."),)
    )
    accepted = Accepted(ACCEPTED.reference, ACCEPTED.accept_time, delivered=delivered)
    parts = WRITER.acceptance(form(demonstration=False), accepted, Language.ZH_CN, booked=booked)
    slip = "\n".join(part.text for part in parts if isinstance(part, TextLine))
    for said in ("2026年12月1日 星期二 上午9:30", "政务服务中心二楼", "原不动产权证书"):
        assert said in slip
    assert ("还没有约上" in slip) is not delivered
    parts = WRITER.acceptance(form(demonstration=False), accepted, Language.EN, booked=booked)
    slip = "\n".join(part.text for part in parts if isinstance(part, TextLine))
    assert "Tuesday 1 December 2026, 9:30 a.m." in slip
    assert "The title deed." in slip


def test_a_ticket_says_its_number_how_many_are_before_it_and_where_to_wait() -> None:
    title = LocalizedText("不动产登记窗口", "Property registration counters")
    counters = Counters("counters/x", title, PLACE, title, bookable=True, tickets=True)
    ticket = Ticket("A023", "counters/x", 17, 35, ACCEPTED.accept_time, appointment=False)
    (number,) = [
        part
        for part in WRITER.ticket(ticket, counters, Language.ZH_CN)
        if isinstance(part, TextLine) and part.text == "A023"
    ]
    assert number.scale == 2
    for language, said in (
        (Language.ZH_CN, ("前面还有 17 人", "预计等候 35 分钟", "政务服务中心二楼", "7:05")),
        (Language.EN, ("17 before you", "About 35 minutes", "First floor of the service centre")),
    ):
        parts = WRITER.ticket(ticket, counters, language)
        slip = "\n".join(part.text for part in parts if isinstance(part, TextLine))
        for part in said:
            assert part in slip
