"""Paying at the terminal: with a real gateway's other end, and somebody who scans the code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from backend.storage import attempts
from backend_client.errors import NotFound
from backend_client.forms.reference import new_reference
from backend_client.payment import OrderState
from backend_client.sentences import sentence
from foundation.language import Language, LocalizedText
from hardware.interfaces.receipt_printer import TextLine
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit import payment
from kiosk.visit.pages import (
    CaseHistory,
    ChargeReview,
    Confirmation,
    Declaration,
    Door,
    EntryFault,
    Home,
    Introduction,
    LookupRecord,
    LookupRecords,
    OrderEntry,
    Paying,
    PaymentKept,
    ProgressWays,
    Question,
    ReferenceEntry,
    Review,
    ServiceGuide,
    ServiceList,
    Slip,
    SuffixEntry,
)
from tests.backend import house as running
from tests.backend.house import House
from tests.cashier import Cashier, cashier
from tests.kiosk.visit.terminal import CARD, COUNTY, PACE, SUFFIX, Terminal, eventually, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

RENEWAL = "services/identity-card-renewal"
BY_HAND = {
    "full_name": "李试填",
    "identity_number": CARD.identity_number,
    "phone": "13800000000",
    "reason": "lost",
    "temporary": "yes",
    "minimum_living": "no",
}
QUICK = replace(PACE, paying=3.0, patience=1.5, countdown=20)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks more often whether it is paid."""
    monkeypatch.setattr(payment, "ASKED_EVERY", 0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cashier]:
    """The gateway."""
    async with cashier(tmp_path_factory.mktemp("gateway")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, till: Cashier) -> AsyncIterator[House]:
    """A backend that takes payments, with the demonstration content."""
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(data, PACKAGED, payment=till.payment, web_listen="127.0.0.1:0") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal at that backend."""
    async with terminal(house.address, tmp_path) as here:
        yield here


async def tries(house: House, reference: str) -> list[str]:
    """How the tries to pay an order ended, or stand, the first first."""
    made = await house.database.read(attempts.of_order, reference)
    return [str(one.state) for one in made]


async def charge(at: Terminal, **answers: str) -> ChargeReview:
    """From the home page to what a new identity card costs."""
    listed = await at.page(ServiceList, did.OpenDoor(Door.PAYMENTS))
    one = next(service for service in listed.services if service.name == RENEWAL)
    await at.page(ServiceGuide, did.OpenService(one))
    await at.page(Introduction, did.Apply())
    if not isinstance(at.do(did.Next()), Question):
        await at.page(Question, did.Skip())
    given = BY_HAND | answers
    while isinstance(at.visit.page, Question):
        at.answer(given[at.question.field.id])
    assert isinstance(at.visit.page, Review)
    return await at.page(ChargeReview, did.Next())


async def confirmed(at: Terminal, **answers: str) -> Confirmation:
    """From the home page to the confirmation of one that was sent."""
    await charge(at, **answers)
    await at.page(Declaration, did.Next())
    return await at.page(Confirmation, did.Send())


async def test_what_it_costs_is_checked_before_it_is_declared(at: Terminal) -> None:
    page = await charge(at)
    assert [(line.line.id, line.amount_fen) for line in page.bill.lines] == [
        ("replacement", 4_000),
        ("temporary_card", 1_000),
    ]
    assert page.bill.total_fen == 5_000
    await at.page(Review, did.Back())
    await at.page(Question, did.Change("reason"))
    at.answer("expired")
    again = await at.page(ChargeReview, did.Next())
    assert again.bill.total_fen == 3_000
    await at.page(Declaration, did.Next())
    assert await at.page(ChargeReview, did.Back()) == again


async def test_a_code_is_scanned_and_the_page_says_that_it_is_paid(at: Terminal, till: Cashier) -> None:
    sent = await confirmed(at)
    assert sent.due_fen == 5_000
    page = await at.page(Paying, did.Pay())
    assert page.order.amount_fen == 5_000
    assert page.order.reference == sent.accepted.reference
    assert page.order.demonstration
    assert 600 < page.seconds_left <= 900
    assert page.code not in repr(page)
    left = page.seconds_left
    await at.until(lambda: isinstance(at.visit.page, Paying) and at.visit.page.seconds_left < left)
    assert 'id="paid"' in await till.pay(page.code)
    paid = await at.page(PaymentKept)
    assert paid.order.state is OrderState.PAID
    assert paid.order.transaction
    assert paid.slip is Slip.OFFERED
    at.do(did.PrintSlip())
    await at.until(lambda: isinstance(at.visit.page, PaymentKept) and at.visit.page.slip is Slip.PRINTED)
    assert isinstance(at.do(did.Back()), Home)


async def test_nothing_is_paid_twice_when_it_is_taken_up_again(at: Terminal, till: Cashier) -> None:
    sent = await confirmed(at)
    first = await at.page(Paying, did.Pay())
    kept = await at.page(PaymentKept, did.PayLater())
    assert kept.order.state is OrderState.CLOSED
    assert kept.order.payable
    at.do(did.GoHome())
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await at.page(ReferenceEntry, did.ByReference())
    await at.page(SuffixEntry, did.Insert(sent.accepted.reference), did.Next())
    await at.page(CaseHistory, did.Insert(SUFFIX), did.Next())
    await at.until(lambda: isinstance(at.visit.page, CaseHistory) and at.visit.page.order is not None)
    second = await at.page(Paying, did.Pay())
    assert second.order.reference == sent.accepted.reference
    assert second.code != first.code
    assert 'id="closed"' in await till.pay(first.code)
    await till.pay(second.code)
    assert (await at.page(PaymentKept)).order.state is OrderState.PAID
    at.do(did.GoHome())
    await at.page(ServiceList, did.OpenDoor(Door.PAYMENTS))
    await at.page(OrderEntry, did.ByReference())
    found = await at.page(PaymentKept, did.Insert(sent.accepted.reference), did.Next())
    assert found.order.state is OrderState.PAID
    assert not found.order.payable
    again = await at.page(PaymentKept, did.Pay())
    assert again.order.state is OrderState.PAID


async def test_whoever_was_faster_than_the_button_has_paid(at: Terminal, till: Cashier) -> None:
    await confirmed(at)
    page = await at.page(Paying, did.Pay())
    await till.pay(page.code)
    paid = await at.page(PaymentKept, did.PayLater())
    assert paid.order.state is OrderState.PAID


@pytest.mark.parametrize("kind", ["slow", "cut", "nonsense"])
async def test_a_gateway_in_trouble_is_told_and_nothing_is_paid_twice(
    at: Terminal, house: House, till: Cashier, kind: str
) -> None:
    sent = await confirmed(at)
    till.trouble.kind = kind
    at.do(did.Pay())
    await at.until(lambda: at.visit.view.waiting or at.visit.view.trouble is not None)
    trouble = await at.trouble()
    assert trouble.reason == "PAYMENT_UNAVAILABLE"
    assert "不会重复扣款" in sentence(trouble, Language.ZH_CN)
    assert "not be charged twice" in sentence(trouble, Language.EN)
    till.trouble.kind = ""
    first = await at.page(Paying, did.TryAgain())

    till.trouble.kind = "cut"
    kept = await at.page(PaymentKept, did.PayLater())
    assert (kept.order.state, kept.order.payable) == (OrderState.WAITING, True), "nobody knows; it goes on"
    till.trouble.kind = ""
    again = await at.page(Paying, did.Pay())
    assert 'id="paid"' not in await till.pay(first.code), "what was closed is not paid"
    assert 'id="paid"' in await till.pay(again.code)
    assert (await at.page(PaymentKept)).order.state is OrderState.PAID
    assert await tries(house, sent.accepted.reference) == ["closed", "paid"]


async def test_a_line_that_is_cut_while_waiting_is_told_and_made_good(at: Terminal, till: Cashier) -> None:
    await confirmed(at)
    page = await at.page(Paying, did.Pay())
    await at.cable.pull_out()
    await at.until(lambda: isinstance(at.visit.page, Paying) and at.visit.page.unsure, 30)
    await till.pay(page.code)
    await at.cable.plug_in()
    await at.until(lambda: isinstance(at.visit.page, PaymentKept), 20)
    assert isinstance(at.visit.page, PaymentKept)
    assert at.visit.page.order.state is OrderState.PAID


async def test_what_costs_nothing_is_not_paid(at: Terminal) -> None:
    sent = await confirmed(at, reason="first", temporary="no")
    assert sent.due_fen == 0
    assert at.do(did.Pay()) is sent
    with pytest.raises(NotFound):
        await at.client.get_order(sent.accepted.reference)


async def test_a_code_keeps_the_visit_awake_and_can_be_renewed(
    house: House, tmp_path: Path, till: Cashier
) -> None:
    async with terminal(house.address, tmp_path, pace=QUICK) as at:
        await confirmed(at)
        first = await at.page(Paying, did.Pay())
        await asyncio.sleep(2.0)  # longer than a visit without a code would be left in peace
        assert at.visit.view.seconds_left is None
        renewed = await at.page(Paying, did.RenewCode())
        assert renewed.order.reference == first.order.reference
        assert renewed.code == first.code  # good for long still
        await at.until(lambda: at.visit.view.seconds_left is not None, 10)
        await till.pay(first.code)
        assert (await at.page(PaymentKept)).order.state is OrderState.PAID
        assert at.visit.view.seconds_left is None


async def test_a_visit_that_ends_watches_no_more(at: Terminal, till: Cashier) -> None:
    await confirmed(at)
    page = await at.page(Paying, did.Pay())
    at.do(did.LeaveAnyway())
    assert isinstance(at.visit.page, Home)
    await till.pay(page.code)
    order = page.order

    async def paid() -> bool:
        return (await at.client.get_order(order.reference)).state is OrderState.PAID

    for _ in range(100):
        if await paid():
            break
        await asyncio.sleep(0.05)
    assert await paid()
    assert isinstance(at.visit.page, Home)


async def test_a_code_that_is_left_and_opened_again_is_watched_once(
    at: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment, "ASKED_EVERY", 60.0)  # it is opened again before the next question is due
    await confirmed(at)
    for _ in range(3):
        await at.page(Paying, did.Pay())
        await at.page(PaymentKept, did.PayLater())
    await eventually(lambda: watching() == [])
    await at.page(Paying, did.Pay())
    await at.page(Paying, did.RenewCode())
    assert watching() == ["Payments._ask", "Payments._count"]
    at.do(did.LeaveAnyway())
    await eventually(lambda: watching() == [])


def watching() -> list[str]:
    """What is under way to see that a code is paid."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return sorted(name for name in names if name in ("Payments._ask", "Payments._count"))


async def test_a_number_that_is_wrong_or_unknown_is_told(at: Terminal) -> None:
    await at.page(ServiceList, did.OpenDoor(Door.PAYMENTS))
    await at.page(OrderEntry, did.ByReference())
    wrong = at.do(did.Insert("123456789012"), did.Next())
    assert isinstance(wrong, OrderEntry)
    assert wrong.fault is EntryFault.WRONG_CHECK_DIGIT
    at.do(*[did.Erase()] * 12)
    trouble = await at.trouble(did.Insert(new_reference()), did.Next())
    assert trouble.reason == "ORDER_UNKNOWN"


async def test_a_fine_that_was_looked_up_is_paid_once(at: Terminal, till: Cashier) -> None:
    listed = await at.page(ServiceList, did.OpenDoor(Door.LOOKUPS))
    fines = next(service for service in listed.services if service.name == "services/traffic-violations")
    await at.page(ServiceGuide, did.OpenService(fines))
    await at.page(Question, did.Apply())
    at.answer("0101")
    page = await at.page(LookupRecords, did.Enter("2468"), did.Next())
    owed = [record.payable for record in page.found.records]
    assert [one and one.amount_fen for one in owed] == [20_000, 10_000, None]
    await at.page(LookupRecord, did.OpenRecord(page.found.records[0]))
    till.trouble.kind = "busy"
    trouble = await at.trouble(did.Pay(owed[0]))
    till.trouble.kind = ""
    assert trouble.reason == "PAYMENT_UNAVAILABLE"
    kept = at.visit.page
    assert isinstance(kept, PaymentKept), "the number is shown for later"
    first = await at.page(Paying, did.TryAgain())
    assert first.order.reference == kept.order.reference
    assert (first.order.amount_fen, first.order.title) == (20_000, owed[0] and owed[0].title)
    await at.page(PaymentKept, did.PayLater())
    await at.page(LookupRecord, did.Back())
    again = await at.page(Paying, did.Pay(owed[0]))
    assert again.order.reference == first.order.reference
    await till.pay(again.code)
    assert (await at.page(PaymentKept)).order.state is OrderState.PAID
    at.do(did.GoHome())
    await at.page(ServiceList, did.OpenDoor(Door.PAYMENTS))
    await at.page(OrderEntry, did.ByReference())
    found = await at.page(PaymentKept, did.Insert(first.order.reference), did.Next())
    assert found.order.state is OrderState.PAID

    at.do(did.GoHome())
    await at.page(ServiceList, did.OpenDoor(Door.LOOKUPS))
    await at.page(ServiceGuide, did.OpenService(fines))
    await at.page(Question, did.Apply())
    at.answer("0101")
    page = await at.page(LookupRecords, did.Enter("2468"), did.Next())
    assert [record.pay_time for record in page.found.records] == [found.order.pay_time, None, None]
    assert page.found.records[0].payable is None
    told = await at.page(LookupRecord, did.OpenRecord(page.found.records[0]))
    at.do(did.PrintSlip())
    await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
    office = LocalizedText("惠民县政务服务", "Huimin County Government Services")
    slips = SlipWriter(office, "terminal-1", COUNTY, qr_prefix="", demonstration=True)
    for language, words in ((Language.ZH_CN, "在这里缴清，不用再缴"), (Language.EN, "Nothing more is owed")):
        parts = slips.record(told.lookup, told.record, language)
        assert any(isinstance(part, TextLine) and words in part.text for part in parts)
