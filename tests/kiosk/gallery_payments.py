"""Pages of what is to be paid, in every state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend_client.case import Case, CaseEvent, CaseState
from backend_client.forms.answer import Value
from backend_client.forms.charge import bill_for
from backend_client.forms.form import Form
from backend_client.payment import Order, OrderState
from backend_client.submission import Accepted
from foundation.language import LocalizedText
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.visit import pages
from kiosk.visit.pages import Page
from tests.kiosk.references import reference

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
TAX: dict[str, Value] = {
    "quarter": "third",
    "place": "town",
    "sales": 49_987_654_32,
    "special_invoices": True,
    "special_sales": 12_345_678,
    "year_income": 4_999_999_999,
    "year_costs": 1_234_567_890,
    "salary": False,
    "prepaid": 0,
}
"""A trader with as many lines, and as large amounts, as there can be."""
CODE = "https://pay.example/cashier/" + "w7Kx" * 10


def payments(forms: Iterable[Form]) -> Iterator[Page]:
    """What it costs, the code, and what became of it."""
    by_name = {form.name: form for form in forms}
    tax, card = by_name["forms/tax-declaration"], by_name["forms/identity-card-renewal"]
    free: dict[str, Value] = {"reason": "first", "temporary": False}
    for form, answers in ((tax, TAX), (card, free)):
        bill = bill_for(form, answers)
        assert bill
        yield pages.ChargeReview(form, bill)
    accepted = Accepted(reference(), NOW)
    yield pages.Confirmation(tax, accepted, pages.Slip.OFFERED, due_fen=1_687_000)
    kept = replace(accepted, delivered=False)
    yield pages.Confirmation(tax, kept, pages.Slip.OFFERED, due_fen=1_687_000)
    order = Order(
        reference=reference(),
        title=LocalizedText(
            "个体户报税缴税（2026年第三季度）", "Tax of a sole trader, third quarter of 2026"
        ),
        amount_fen=1_687_001,
        state=OrderState.WAITING,
        payable=True,
        create_time=NOW,
        update_time=NOW,
        due_time=NOW + timedelta(days=30),
        demonstration=True,
    )
    earnest = replace(order, demonstration=False, amount_fen=66_725_000_000)
    yield pages.Paying(earnest, CODE, 895)
    yield pages.Paying(order, CODE, 65, unsure=True)
    yield pages.Paying(order, CODE, 0)
    paid = replace(
        order,
        state=OrderState.PAID,
        payable=False,
        pay_time=NOW,
        transaction="4200002026112212345678901234",
    )
    yield pages.PaymentKept(paid, pages.Slip.OFFERED)
    fault = DeviceError(CompletionCode.HARDWARE_ERROR, PrintError.UNKNOWN_OUTCOME)
    yield pages.PaymentKept(paid, pages.Slip.FAILED, fault)
    closed = replace(earnest, state=OrderState.CLOSED)
    yield pages.PaymentKept(closed, pages.Slip.OFFERED)
    yield pages.PaymentKept(order, pages.Slip.FAILED, fault)
    yield pages.PaymentKept(replace(closed, payable=False), pages.Slip.OFFERED)
    yield pages.PaymentKept(replace(paid, state=OrderState.REFUNDED), pages.Slip.NO_PRINTER)
    case = Case(
        order.reference,
        tax.name,
        tax.title,
        CaseState.RECEIVED,
        NOW,
        NOW,
        (CaseEvent(CaseState.RECEIVED, NOW, ""),),
    )
    yield pages.CaseHistory(case, order=order)
    yield pages.CaseHistory(case, order=paid)
    yield pages.OrderEntry("123456789012", pages.EntryFault.WRONG_CHECK_DIGIT)
