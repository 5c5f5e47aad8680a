"""An order is paid once or not at all."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from huimin.v1 import common_pb2, form_pb2, payment_pb2
from sqlalchemy import Connection, select

from backend.gateway_demo import keys
from backend.payments import signing
from backend.payments.plugins import gateway
from backend.payments.settings import PaymentSettings
from backend.storage import attempts, audit, messages, orders
from backend.storage.audit import Actor
from backend.storage.tables import MessageRow
from backend_client.forms.reference import new_reference
from foundation.config import ConfigError
from tests.backend.house import failed, house
from tests.backend.sample import answers, submission
from tests.payments.shop import (
    CHARGED_FEN,
    CLOSED,
    CREATED,
    PAID,
    REFUNDED,
    REFUNDING,
    WAITING,
    Door,
    Shop,
    serving,
)
from tests.postgres import BOTH

CLERK = Actor("office/clerk", "command", "")
_LINKS = select(MessageRow.name).where(MessageRow.kind == "payment_link")


async def _refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failed(caught.value).reason


async def test_a_case_is_paid_by_the_notification_of_the_gateway(shop: Shop) -> None:
    reference = await shop.case()
    order = await shop.get(reference)
    assert (order.state, order.amount_fen, order.payable) == (CREATED, CHARGED_FEN, True)
    assert order.demonstration

    started = await shop.start(reference)
    assert started.order.state == WAITING
    assert 0 < started.payment.seconds_left <= 15 * 60
    trade = shop.gateway.pay(started.payment.code)
    assert trade.total == CHARGED_FEN
    assert (await shop.get(reference)).state == WAITING
    assert await shop.notify(trade) == 204

    order = await shop.get(reference)
    assert (order.state, order.payable, order.transaction) == (PAID, False, trade.trade_number)
    assert order.pay_time.seconds == trade.pay_time
    assert await _refused(shop.start(reference)) == "ORDER_PAID"
    happened = [what for _, _, what, _ in await shop.house.database.read(orders.events, reference)]
    assert happened == ["made", "begun", "paid"]
    trail = await shop.house.database.read(audit.entries, objects=[f"orders/{reference}"])
    assert [kept.entry.action for kept in trail] == ["order begun", "order paid"]
    assert trail[-1].entry.door == "gateway/native"


async def test_a_lost_notification_is_made_up_for_by_asking(shop: Shop) -> None:
    reference = await shop.case()
    shop.gateway.pay((await shop.start(reference)).payment.code)
    assert await shop.look() == 0  # it is not due yet
    await shop.look(seconds=6)
    assert (await shop.get(reference)).state == PAID


@BOTH
async def test_a_notification_that_comes_twice_and_at_once_pays_once(shop: Shop) -> None:
    reference = await shop.case()
    trade = shop.gateway.pay((await shop.start(reference)).payment.code)
    shop.house.clock.forward(seconds=6)
    answers = await asyncio.gather(*(shop.notify(trade) for _ in range(6)), shop.look())
    assert answers[:6] == [204] * 6
    happened = [what for _, _, what, _ in await shop.house.database.read(orders.events, reference)]
    assert happened.count("paid") == 1
    assert len(await shop.tries(reference)) == 1


def _changed(**changes: Any) -> Any:
    """A notification that the gateway signs, of something else than was asked for."""

    def make(shop: Shop, trade: Any) -> Any:
        told = shop.gateway.server._transaction(trade)
        told |= {name: value for name, value in changes.items() if name != "amount"}
        told["amount"] |= changes.get("amount", {})
        keys = shop.gateway.server._keys
        resource = signing.seal_resource(keys.api_key, json.dumps(told).encode(), "transaction")
        message = {"event_type": "TRANSACTION.SUCCESS", "resource": resource}
        body = json.dumps(message).encode()
        now = int(shop.house.clock().timestamp())
        return body, signing.answer_headers(keys.identity, body, now)

    return make


_WRONG = (
    (_changed(amount={"total": CHARGED_FEN - 1}), "AMOUNT_WRONG"),
    (_changed(amount={"total": CHARGED_FEN * 100}), "AMOUNT_WRONG"),
    (_changed(amount={"currency": "USD"}), "CURRENCY_WRONG"),
    (_changed(mchid="1900000002"), "MERCHANT_WRONG"),
    (_changed(appid="another"), "MERCHANT_WRONG"),
)


async def test_what_is_not_what_was_asked_for_raises_an_alarm_and_pays_nothing(shop: Shop) -> None:
    references = [await shop.case() for _ in _WRONG]
    for reference, (said, problem) in zip(references, _WRONG, strict=True):
        trade = shop.gateway.pay((await shop.start(reference)).payment.code)
        assert await shop.notify(trade, lambda *_, said=said, trade=trade: said(shop, trade)) == 204
        order = await shop.get(reference)
        assert (order.state, order.payable) == (WAITING, False)
        assert [one.problem for one in await shop.tries(reference)] == [problem]
        trail = await shop.house.database.read(audit.entries, objects=[f"orders/{reference}"])
        assert (trail[-1].entry.action, trail[-1].entry.outcome) == ("order alarm", problem)
        assert await _refused(shop.start(reference)) == "ORDER_OVER"
    # What the books of the gateway say when it is asked puts it right.
    await shop.look(hours=2)
    assert {(await shop.get(reference)).state for reference in references} == {PAID}


def _body(body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return body.replace(b"TRANSACTION.SUCCESS", b"TRANSACTION.SUCCES5"), headers


def _header(name: str, value: str) -> Any:
    return lambda body, headers: (body, {**headers, f"Wechatpay-{name}": value})


_FORGED: tuple[Any, ...] = (
    _body,
    _header("Signature", "AAAA"),
    _header("Signature", "no base64"),
    _header("Serial", "ANOTHER"),
    _header("Nonce", "another"),
    _header("Timestamp", "0"),
    _header("Timestamp", "yesterday"),
    lambda body, headers: (b"{}", headers),
    lambda body, headers: (body, {}),
)


async def test_what_the_gateway_did_not_sign_just_now_is_refused(shop: Shop) -> None:
    reference = await shop.case()
    trade = shop.gateway.pay((await shop.start(reference)).payment.code)
    for change in _FORGED:
        assert await shop.notify(trade, change) == 401
    assert (await shop.get(reference)).state == WAITING


async def test_an_old_notification_is_refused(shop: Shop) -> None:
    reference = await shop.case()
    trade = shop.gateway.pay((await shop.start(reference)).payment.code)
    shop.house.clock.forward(seconds=2 * signing.WINDOW)
    assert await shop.notify(trade) == 401


async def test_beginning_again_gives_the_same_until_it_is_nearly_over(shop: Shop) -> None:
    reference = await shop.case()
    first = await shop.start(reference)
    again = await asyncio.gather(*(shop.start(reference) for _ in range(5)))
    assert {one.payment.code for one in again} == {first.payment.code}
    shop.house.clock.forward(minutes=13, seconds=30)
    later = await shop.start(reference)
    assert later.payment.code != first.payment.code
    assert shop.gateway.pay(first.payment.code).state == "CLOSED"
    shop.gateway.pay(later.payment.code)
    await shop.look(minutes=1)
    assert (await shop.get(reference)).state == PAID


@BOTH
async def test_two_doors_that_begin_at_once_have_one_code(shop: Shop) -> None:
    reference = await shop.case()
    started = await asyncio.gather(*(shop.start(reference) for _ in range(8)))
    assert len({one.payment.code for one in started}) == 1
    assert len(await shop.tries(reference)) == 1


@BOTH
async def test_what_was_closed_can_be_begun_again_and_is_paid_once(shop: Shop) -> None:
    reference = await shop.case()
    first = await shop.start(reference)
    closed = await shop.cancel(reference)
    assert (closed.state, closed.payable) == (CLOSED, True)
    assert shop.gateway.pay(first.payment.code).state == "CLOSED"
    second = await shop.start(reference)
    shop.gateway.pay(second.payment.code)
    await shop.look(seconds=6)
    assert (await shop.get(reference)).state == PAID
    assert [str(one.state) for one in await shop.tries(reference)] == ["closed", "paid"]


async def test_who_pays_while_it_is_closed_has_paid(shop: Shop) -> None:
    reference = await shop.case()
    shop.gateway.pay((await shop.start(reference)).payment.code)
    assert (await shop.cancel(reference)).state == PAID


async def test_what_nobody_paid_is_closed_when_its_time_is_over(shop: Shop) -> None:
    reference = await shop.case()
    started = await shop.start(reference)
    await shop.look(minutes=16)
    order = await shop.get(reference)
    assert (order.state, order.payable) == (CLOSED, True)
    assert shop.gateway.pay(started.payment.code).state == "CLOSED"


@BOTH
async def test_money_that_comes_after_closing_goes_back_by_itself(shop: Shop) -> None:
    reference = await shop.case()
    started = await shop.start(reference)
    assert (await shop.cancel(reference)).state == CLOSED
    (attempt,) = await shop.tries(reference)
    # The gateway took the money all the same: its books say so from now on.
    shop.gateway.ledger._connection.execute("update trades set state = 'NOTPAY'")
    trade = shop.gateway.pay(started.payment.code)
    assert await shop.notify(trade) == 204
    assert (await shop.get(reference)).state == REFUNDING
    await shop.look(seconds=1)
    assert (await shop.get(reference)).state == REFUNDED
    back = shop.gateway.ledger.refunded(attempt.refund_number)
    assert (back["trade"], back["total"]) == (attempt.number, CHARGED_FEN)
    # It is owed still, and can be paid.
    shop.gateway.pay((await shop.start(reference)).payment.code)
    await shop.look(seconds=6)
    assert (await shop.get(reference)).state == PAID


async def test_money_that_comes_after_closing_and_of_which_nobody_tells_goes_back(shop: Shop) -> None:
    reference = await shop.case()
    started = await shop.start(reference)
    await shop.cancel(reference)
    shop.gateway.ledger._connection.execute("update trades set state = 'NOTPAY'")
    shop.gateway.pay(started.payment.code)
    await shop.look(minutes=11)
    assert (await shop.get(reference)).state == REFUNDED


async def test_money_that_comes_for_an_order_that_is_paid_goes_back(shop: Shop) -> None:
    reference = await shop.case()
    first = await shop.start(reference)
    await shop.cancel(reference)
    second = await shop.start(reference)
    shop.gateway.pay(second.payment.code)
    await shop.look(seconds=6)
    shop.gateway.ledger._connection.execute("update trades set state = 'NOTPAY' where state = 'CLOSED'")
    assert await shop.notify(shop.gateway.pay(first.payment.code)) == 204
    await shop.look(seconds=1)
    assert (await shop.get(reference)).state == PAID
    assert [str(one.state) for one in await shop.tries(reference)] == ["returned", "paid"]


async def test_a_gateway_that_fails_says_so_and_the_next_try_goes_on(shop: Shop) -> None:
    for kind in ("deaf", "cut", "nonsense", "unsigned", "busy"):
        reference = await shop.case()
        shop.gateway.trouble.kind = kind
        assert await _refused(shop.start(reference)) == "PAYMENT_UNAVAILABLE"
        order = await shop.get(reference)
        assert (order.state, order.payable) == (WAITING, True)
        shop.gateway.trouble.kind = ""
        code = (await shop.start(reference)).payment.code
        assert len(await shop.tries(reference)) == 1
        shop.gateway.pay(code)
        shop.gateway.trouble.kind = kind
        await shop.look(seconds=6)
        assert (await shop.get(reference)).state == WAITING
        assert (await shop.cancel(reference)).state == WAITING  # it goes on by itself
        shop.gateway.trouble.kind = ""
        await shop.look(minutes=2)
        assert (await shop.get(reference)).state == PAID


async def test_a_gateway_that_takes_ten_seconds_is_not_waited_for(shop: Shop) -> None:
    reference = await shop.case()
    shop.gateway.trouble.kind, shop.gateway.trouble.of = "slow", "/native"
    begun = time.monotonic()
    assert await _refused(shop.start(reference)) == "PAYMENT_UNAVAILABLE"
    assert time.monotonic() - begun < 7
    shop.gateway.trouble.kind = ""
    shop.gateway.pay((await shop.start(reference)).payment.code)
    await shop.look(seconds=6)
    assert (await shop.get(reference)).state == PAID
    assert len(await shop.tries(reference)) == 1


async def test_a_refund_whose_answer_was_lost_is_made_once(shop: Shop) -> None:
    reference = await shop.case()
    started = await shop.start(reference)
    await shop.cancel(reference)
    shop.gateway.ledger._connection.execute("update trades set state = 'NOTPAY'")
    await shop.notify(shop.gateway.pay(started.payment.code))
    shop.gateway.trouble.kind, shop.gateway.trouble.of = "cut", "/refund/"
    shop.gateway.trouble.times = 3
    for _ in range(3):
        await shop.look(minutes=1)
        assert (await shop.get(reference)).state == REFUNDING
    await shop.look(minutes=1)
    assert (await shop.get(reference)).state == REFUNDED
    total = shop.gateway.ledger._connection.execute("select sum(total), count(*) from refunds").fetchone()
    assert tuple(total) == (CHARGED_FEN, 1)


@BOTH
async def test_a_record_of_a_lookup_has_one_order_and_is_paid_once(shop: Shop) -> None:
    payable = shop.payable("lookups/violations 17")
    request = "00000000-0000-4000-8000-000000000001"
    order = await shop.order(payable, request)
    assert (order.state, order.amount_fen, order.title.en) == (CREATED, 20000, "A fine")
    assert (await shop.order(payable, request)).reference == order.reference
    another_lookup = shop.payable("lookups/violations 17")
    assert (await shop.order(another_lookup)).reference == order.reference
    assert await _refused(shop.order(shop.payable("lookups/violations 18"), request)) == "ORDER_DIFFERS"
    shop.gateway.pay((await shop.start(order.reference)).payment.code)
    await shop.look(seconds=6)
    assert await _refused(shop.order(another_lookup)) == "PAYABLE_PAID"
    subjects = ["lookups/violations 17", "lookups/violations 18"]
    found = await shop.house.database.read(orders.settled, subjects)
    pay_time = (await shop.get(order.reference)).pay_time
    assert found == {"lookups/violations 17": pay_time.ToDatetime(UTC)}


@BOTH
async def test_an_order_of_the_same_record_made_at_once_is_one(shop: Shop) -> None:
    made = await asyncio.gather(*(shop.order(shop.payable("lookups/violations 17")) for _ in range(8)))
    assert len({order.reference for order in made}) == 1


async def test_a_token_that_is_old_or_made_up_makes_no_order(shop: Shop) -> None:
    payable = shop.payable()
    assert await _refused(shop.order(payable[:-4] + "AAAA")) == "PAYABLE_OVER"
    assert await _refused(shop.order("no token")) == "PAYABLE_OVER"
    shop.house.clock.forward(hours=1, seconds=1)
    assert await _refused(shop.order(payable)) == "PAYABLE_OVER"


async def test_an_order_can_be_paid_until_it_is_due(shop: Shop) -> None:
    reference = await shop.case()
    shop.house.clock.forward(days=31)
    assert not (await shop.get(reference)).payable
    assert await _refused(shop.start(reference)) == "ORDER_OVER"


async def test_references_cannot_be_guessed(shop: Shop) -> None:
    reference = await shop.case()
    for _ in range(20):
        name = payment_pb2.GetOrderRequest(name=f"orders/{_wrong()}")
        assert await _refused(shop.stub.GetOrder(name)) == "ORDER_UNKNOWN"
    assert await _refused(shop.stub.GetOrder(payment_pb2.GetOrderRequest(name=f"orders/{_wrong()}"))) == (
        "TOO_MANY_TRIES"
    )
    assert (await shop.get(reference)).state == CREATED  # made through this door


def _wrong() -> str:
    return new_reference()


async def test_a_link_by_sms_is_paid_in_a_browser(shop: Shop) -> None:
    reference = await shop.case()

    def send(phone: str) -> Any:
        return shop.stub.SendPaymentLink(
            payment_pb2.SendPaymentLinkRequest(
                name=f"orders/{reference}", phone_number=phone, language=common_pb2.LANGUAGE_ZH_CN
            )
        )

    await send("13800000000")
    await send("13800000000")  # the same request once more
    link = await _link(shop)
    assert link.startswith(f"{shop.web}/pay/{reference}/")
    await send("13800000001")
    await send("13800000002")
    assert await _refused(send("13800000003")) == "TOO_MANY_LINKS"
    async with aiohttp.ClientSession() as browser:
        async with browser.get(link) as page:
            text = await page.text()
            assert page.status == 200
            assert "12.82" in text
            assert "No money moves" in text or "no money moves" in text
        async with browser.post(link) as page:
            assert str(page.url).startswith(f"{shop.gateway.url}/cashier/")
            assert "12.82" in await page.text()
            code = str(page.url)
        shop.gateway.pay(code)
        await shop.look(seconds=6)
        async with browser.get(link) as page:
            assert "<button" not in await page.text()
        async with browser.get(link[:-2] + "aa") as page:
            assert page.status == 404


async def _link(shop: Shop) -> str:
    def read(connection: Connection) -> list[str]:
        names = connection.execute(_LINKS).scalars().all()
        return [found.text or "" for name in names if (found := messages.opened(connection, name))]

    (text,) = await shop.house.database.read(read)
    return "http" + text.split("http")[1].split()[0]


async def test_who_named_a_telephone_is_told_once_that_it_is_paid_and_given_back(shop: Shop) -> None:
    reference = await shop.case()
    trade = shop.gateway.pay((await shop.start(reference)).payment.code)
    for _ in range(3):
        await shop.notify(trade)
    await shop.house.database.write(attempts.give_back, reference, CLERK, shop.house.clock())
    await shop.look(seconds=1)
    await shop.look(minutes=1)

    def read(connection: Connection) -> list[str]:
        kinds = ("payment_received", "payment_refunded")
        named = select(MessageRow.name).where(MessageRow.kind.in_(kinds)).order_by(MessageRow.create_time)
        names = connection.execute(named).scalars().all()
        return [found.text or "" for name in names if (found := messages.opened(connection, name))]

    received, refunded = await shop.house.database.read(read)
    assert (await shop.get(reference)).state == REFUNDED
    for text in (received, refunded):
        assert reference[-4:] in text
        assert "12.82" in text
        assert reference not in text


async def test_a_submission_that_comes_late_owes_what_it_costs_and_one_that_is_wrong_owes_nothing(
    shop: Shop,
) -> None:
    form = (await shop.house.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
    right = submission(form)
    wrong = submission(form, given=answers(amount=form_pb2.Answer(money_fen=-5)))
    for sent in (right, wrong):
        sent.deferred = True
        sent.reference = new_reference()
        await shop.house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    assert (await shop.get(right.reference)).amount_fen == CHARGED_FEN
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.get(wrong.reference)
    assert failed(caught.value).reason == "ORDER_UNKNOWN"


async def test_a_backend_without_a_gateway_says_that_it_takes_no_payments(tmp_path: Path) -> None:
    async with serving(tmp_path, PaymentSettings()) as (started, web):
        door = Door(started, web)
        reference = await door.case()
        order = await door.get(reference)
        assert (order.amount_fen, order.payable) == (CHARGED_FEN, False)
        assert await _refused(door.start(reference)) == "PAYMENT_NOT_OFFERED"
        assert await _refused(door.order()) == "PAYMENT_NOT_OFFERED"


def test_settings_that_cannot_be_used_are_said_in_one_sentence(tmp_path: Path) -> None:
    keys.make(tmp_path)
    right = keys.options(tmp_path, "http://127.0.0.1:1")
    (tmp_path / "short.key").write_text("short")
    for wrong, said in (
        ({}, "no plug-in"),
        ({"url": "ftp://x"}, "url"),
        ({"key": str(tmp_path / "none.pem")}, "none.pem"),
        ({"api_key": str(tmp_path / "short.key")}, "32 characters"),
        ({"gateway_keys": {}}, "gateway_keys"),
        ({"more": 1}, "more"),
    ):
        name = "native" if wrong else "nobodys"
        with pytest.raises(ConfigError, match=said):
            gateway(PaymentSettings(gateway=name, options=right | wrong))


async def test_a_gateway_that_could_not_tell_of_payments_keeps_the_backend_from_starting(
    tmp_path: Path,
) -> None:
    keys.make(tmp_path / "gateway")
    settings = PaymentSettings(
        gateway="native", options=keys.options(tmp_path / "gateway", "http://127.0.0.1:1")
    )
    with pytest.raises(ConfigError, match="web_listen"):
        async with house(tmp_path / "data", payment=settings):
            raise AssertionError("it started")
