"""What stands on a slip, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from backend_client.forms.form import Field, FieldType, Form
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText
from hardware.interfaces.receipt_printer import QrCode, TextLine
from kiosk.slip import SlipWriter

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
