"""What stands on a receipt, and on the slip of what is still to be paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from backend_client.payment import Order, OrderState
from foundation.language import Language, LocalizedText
from hardware.interfaces.receipt_printer import QrCode, TextLine
from kiosk.slip import SlipWriter

DUE = Order(
    reference="123456789012",
    title=LocalizedText("交通违规罚款", "Traffic fine"),
    amount_fen=123_405,
    state=OrderState.CREATED,
    payable=True,
    create_time=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    update_time=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    due_time=datetime(2026, 12, 22, 3, 0, tzinfo=UTC),
)
PAID = replace(
    DUE,
    state=OrderState.PAID,
    payable=False,
    pay_time=datetime(2026, 11, 22, 23, 5, tzinfo=UTC),
    transaction="4200002026112212345678901234",
)


def lines(order: Order, language: Language) -> list[str]:
    writer = SlipWriter(
        LocalizedText("惠民县政务服务", "Huimin County"),
        "terminal-7",
        ZoneInfo("Asia/Shanghai"),
        qr_prefix="https://example.invalid/",
        demonstration=False,
    )
    parts = writer.order(order, language)
    (code,) = [part for part in parts if isinstance(part, QrCode)]
    assert code.data == "https://example.invalid/123456789012"
    return [part.text for part in parts if isinstance(part, TextLine)]


@pytest.mark.parametrize(
    ("order", "language", "wanted"),
    [
        (
            PAID,
            Language.ZH_CN,
            ["缴费收据", "1,234.05元", "缴费时间：2026年11月23日 7:05", "1234-5678-9012"],
        ),
        (PAID, Language.EN, ["Receipt of payment", "¥1,234.05", "Paid: 23 November 2026, 7:05"]),
        (DUE, Language.ZH_CN, ["缴费提示", "1,234.05元", "缴费期限：2026年12月22日 11:00"]),
        (DUE, Language.EN, ["To be paid", "¥1,234.05", "To be paid by: 22 December 2026, 11:00"]),
    ],
)
def test_a_slip_says_how_much_and_when(order: Order, language: Language, wanted: list[str]) -> None:
    said = lines(order, language)
    assert [line for line in wanted if line not in said] == []
    assert any(PAID.transaction in line for line in said) == (order is PAID)
    assert order.title[language] in "\n".join(said)


@pytest.mark.parametrize("language", Language)
def test_a_receipt_of_a_demonstration_says_so(language: Language) -> None:
    mark = {Language.ZH_CN: "演示系统，没有真的扣款", Language.EN: "For demonstration: no money moved"}[
        language
    ]
    assert mark in lines(replace(PAID, demonstration=True), language)
    assert mark not in lines(PAID, language)
