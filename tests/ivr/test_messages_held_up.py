"""While the SMS provider is down: callers hear that their link comes later, and it comes once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web

from backend.settings import PACKAGED
from backend.storage import messages
from backend.storage.messages import Kept, State
from backend_client.payment import new_order_request
from backend_client.submission import Channel
from foundation.language import Language
from tests.backend import house as running
from tests.backend.house import House
from tests.cashier import cashier
from tests.ivr import test_document, test_payment
from tests.ivr.calling import FAST
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.sms_provider import Provider, accept, over_http, provider


async def down(request: web.Request) -> web.StreamResponse:
    return web.Response(status=503)


@pytest_asyncio.fixture
async def texts() -> AsyncIterator[Provider]:
    """The provider, which takes nothing."""
    async with provider(down) as made:
        yield made


@pytest_asyncio.fixture
async def house(tmp_path: Path, texts: Provider) -> AsyncIterator[House]:
    """A backend that sends through it."""
    async with (
        cashier(tmp_path / "gateway") as till,
        running.house(
            tmp_path / "data",
            PACKAGED,
            payment=till.payment,
            web_listen="127.0.0.1:0",
            message_gateways=over_http(texts.url, tmp_path),
        ) as started,
    ):
        yield started


@pytest_asyncio.fixture
async def line(house: House, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of that county."""
    made = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    made.set(timing=FAST.model_copy(update={"first_key": 20.0}))
    await made.open()
    yield made
    await made.close()


async def kept(house: House) -> list[Kept]:
    """All messages, the newest first."""
    return await house.database.read(messages.listed, None, 10)


async def test_a_caller_hears_that_links_are_held_up_and_each_comes_once(
    line: Phone, house: House, texts: Provider
) -> None:
    form = f"{await test_document.way(line)}\n1"
    first = await line.call(f"{form}\n13900005551\n1\n!")
    assert "document.sent" in first.prompts, "nobody knows yet"
    async with asyncio.timeout(10):
        while not (await kept(house))[0].problem:  # noqa: ASYNC110 (a database)
            await asyncio.sleep(0.02)

    second = await line.call(f"{form}\n13900005552\n1\n!")
    assert "document.sent" not in second.prompts
    assert "短信现在有点慢" in second.said("document.delayed")
    assert "可以到服务终端打印" in second.said("document.delayed")

    lookup = await line.client.get_lookup("lookups/traffic-violations")
    found = await line.client.run_lookup(lookup, {"plate_digits": "0101", "frame_end": "2468"})
    owed = found.records[0].payable
    assert owed is not None
    order = await line.client.create_order(owed.token, Channel.PHONE, new_order_request())
    pay = f"{await test_payment.way(line)}\n{order.reference}\n1\n13900005553\n1\n!"
    third = await line.call(pay, Language.EN)
    assert "payment.link_sent" not in third.prompts
    assert "Text messages are held up at the moment." in third.said("payment.link_delayed")
    assert "enter the payment number at a service terminal" in third.said("payment.link_delayed")

    refused = len(texts.taken)
    texts.answer = accept
    house.clock.forward(minutes=1)
    async with asyncio.timeout(20):
        while any(one.state is not State.SENT for one in await kept(house)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    came = Counter(one["to"] for one in texts.taken[refused:])
    assert came == {"13900005551": 1, "13900005552": 1, "13900005553": 1}
    assert "document.sent" in (await line.call(f"{form}\n13900005554\n1\n!")).prompts
