"""A backend that takes payments and the demonstration gateway it takes them through, over real sockets.

Between them the gateway can be made slow, silent or foolish; what it keeps in its books stays true.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
import yaml
from aiohttp import web
from huimin.v1 import common_pb2, form_pb2, payment_pb2, payment_pb2_grpc

from backend.gateway_demo import keys
from backend.gateway_demo.ledger import Ledger, Trade
from backend.gateway_demo.server import DemonstrationGateway
from backend.payments import payables, watching
from backend.payments.paying import NOTIFY, Paying
from backend.payments.plugins import gateway
from backend.payments.settings import PaymentSettings
from backend.storage import attempts
from backend.storage.attempts import Attempt
from foundation.language import LocalizedText
from tests.backend.house import CONTENT, Clock, House, house
from tests.backend.sample import submission
from tests.gateway_trouble import Trouble
from tests.keys import VAULT
from tests.ports import free_port

PAID = payment_pb2.ORDER_STATE_PAID
WAITING = payment_pb2.ORDER_STATE_WAITING
CREATED = payment_pb2.ORDER_STATE_CREATED
CLOSED = payment_pb2.ORDER_STATE_CLOSED
REFUNDING = payment_pb2.ORDER_STATE_REFUNDING
REFUNDED = payment_pb2.ORDER_STATE_REFUNDED

CHARGE = {
    "total": {"zh": "应缴", "en": "To pay"},
    "lines": [
        {"id": "fee", "label": {"zh": "手续费", "en": "Fee"}, "amount": "12.50"},
        {"id": "share", "label": {"zh": "按金额", "en": "Share"}, "of": "amount", "rate": "3%"},
    ],
}
"""Of forms/everything: with an amount of 10.50 yuan it costs 12.50 + 0.32 = 12.82 yuan."""
CHARGED_FEN = 1282


@dataclass
class Gateway:
    """The demonstration gateway, running."""

    url: str
    folder: Path
    ledger: Ledger
    server: DemonstrationGateway
    trouble: Trouble

    def options(self) -> dict[str, Any]:
        return keys.options(self.folder, self.url)

    def trade(self, number: str) -> Trade:
        return self.ledger.trade(number, int(time.time()))

    def pay(self, code: str) -> Trade:
        """As a payer does on its page, without a word to anybody."""
        trade = self.ledger.pay(code.rpartition("/")[2], int(time.time()))
        assert trade is not None
        return trade


_made: list[Path] = []
"""A folder with keys, which take a second to make."""


def _put_keys(folder: Path) -> None:
    if not _made:
        _made.append(Path(tempfile.mkdtemp()))
        atexit.register(shutil.rmtree, _made[0])
        keys.make(_made[0])
    shutil.copytree(_made[0], folder)


@asynccontextmanager
async def demonstration(folder: Path) -> AsyncIterator[Gateway]:
    """Runs the gateway; it tells nobody anything."""
    await asyncio.to_thread(_put_keys, folder)
    ledger, trouble = Ledger(folder / "gateway.sqlite3"), Trouble()
    server = DemonstrationGateway(ledger, keys.load(folder), hurry=100)
    application = server.application()
    application.middlewares.append(trouble.middleware)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Gateway(server.url, folder, ledger, server, trouble)
    finally:
        await runner.cleanup()
        ledger.close()


@dataclass
class Door:
    """A backend that takes payments, and what a door does with it. web: URL of its web server."""

    house: House
    web: str

    @property
    def stub(self) -> payment_pb2_grpc.PaymentServiceAsyncStub:
        return payment_pb2_grpc.PaymentServiceStub(self.house.stubs.channel)

    def payable(self, subject: str = "", amount_fen: int = 20000) -> str:
        what = payables.Payable(
            subject or f"lookups/violations {uuid.uuid4()}", LocalizedText("罚款", "A fine"), amount_fen
        )
        return payables.issue(VAULT, what, self.house.clock())

    async def order(self, payable: str = "", request_id: str = "") -> payment_pb2.Order:
        answer = await self.stub.CreateOrder(
            payment_pb2.CreateOrderRequest(
                request_id=request_id or str(uuid.uuid4()),
                payable=payable or self.payable(),
                channel=common_pb2.CHANNEL_TERMINAL,
            )
        )
        return answer.order

    async def case(self) -> str:
        """A case that costs CHARGED_FEN; its reference."""
        form = (await self.house.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
        answer = await self.house.stubs.form.CreateSubmission(
            form_pb2.CreateSubmissionRequest(submission=submission(form))
        )
        return answer.reference

    async def start(self, reference: str) -> payment_pb2.StartPaymentResponse:
        return await self.stub.StartPayment(payment_pb2.StartPaymentRequest(name=f"orders/{reference}"))

    async def get(self, reference: str) -> payment_pb2.Order:
        answer = await self.stub.GetOrder(payment_pb2.GetOrderRequest(name=f"orders/{reference}"))
        return answer.order

    async def until(self, reference: str, state: int) -> None:
        """Asks until it is so, as a terminal does."""
        for _ in range(200):
            if (await self.get(reference)).state == state:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{reference} is not {state}")

    async def cancel(self, reference: str) -> payment_pb2.Order:
        answer = await self.stub.CancelOrder(payment_pb2.CancelOrderRequest(name=f"orders/{reference}"))
        return answer.order


@dataclass
class Shop(Door):
    """The gateway too, and what a payer does with it."""

    gateway: Gateway
    paying: Paying

    async def tries(self, reference: str) -> list[Attempt]:
        return list(await self.house.database.read(attempts.of_order, reference))

    async def look(self, **forward: float) -> int:
        """What a backend does by itself, so much later."""
        self.house.clock.forward(**forward)
        count = 0
        while some := await watching.once(self.paying):
            count += some
        return count

    async def notify(
        self,
        trade: Trade,
        change: Callable[[bytes, dict[str, str]], tuple[bytes, dict[str, str]]] | None = None,
    ) -> int:
        """Sends the gateway's notification of a trade, changed on the way; the status of the answer."""
        body, headers = self.gateway.server.notification(trade, uuid.uuid4().hex)
        if change is not None:
            body, headers = change(body, headers)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.web}{NOTIFY}/native", data=body, headers=headers) as answer,
        ):
            return answer.status


def charged_content(target: Path) -> Path:
    """Content whose forms/everything costs CHARGE."""
    shutil.copytree(CONTENT, target)
    file = target / "forms" / "everything.yaml"
    form = yaml.safe_load(file.read_text("utf-8"))
    form["charge"] = CHARGE
    file.write_text(yaml.safe_dump(form, allow_unicode=True, sort_keys=False), "utf-8")
    return target


@asynccontextmanager
async def serving(
    folder: Path, settings: PaymentSettings, database: str = ""
) -> AsyncIterator[tuple[House, str]]:
    """A backend, and the URL of its web server. Its own worker sleeps: tests look when they say."""
    content = await asyncio.to_thread(charged_content, folder / "content")
    web_listen = f"127.0.0.1:{free_port()}"
    more = {"database": database, "web_listen": web_listen, "payment": settings}
    with patch.object(watching, "SECONDS", 3600.0):
        async with house(folder / "data", content, Clock(), **more) as started:
            yield started, f"http://{web_listen}"


@asynccontextmanager
async def shop(folder: Path, database: str = "") -> AsyncIterator[Shop]:
    """Runs both. The gateway tells nobody anything: tests send what is to be sent."""
    async with demonstration(folder / "gateway") as running:
        settings = PaymentSettings(gateway="native", options=running.options())
        async with serving(folder, settings, database) as (started, web):
            own = gateway(settings)
            assert own is not None
            yield Shop(started, web, running, Paying(started.database, settings, own, started.clock, web=web))
            await own.aclose()
