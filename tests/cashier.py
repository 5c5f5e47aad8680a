"""A county that takes payments: the demonstration gateway, and somebody with a mobile phone who pays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from backend.gateway_demo import keys
from backend.gateway_demo.ledger import Ledger
from backend.gateway_demo.server import DemonstrationGateway
from backend.payments.settings import PaymentSettings


@dataclass
class Cashier:
    """The gateway, which can be taken away and put back at the same address."""

    folder: Path
    runner: web.AppRunner
    address: str
    away: bool = False

    @property
    def payment(self) -> PaymentSettings:
        """``[backend.payment]`` of a backend that uses it."""
        options: dict[str, Any] = keys.options(self.folder, f"http://{self.address}")
        return PaymentSettings(gateway="native", options=options)

    async def pay(self, code: str) -> str:
        """Opens what a QR code or a link holds in a browser, and pays; the page that is shown then.

        A link of the county leads to the gateway's page.
        """
        async with aiohttp.ClientSession(trust_env=False) as browser:
            async with browser.get(code) as answer:
                url = answer.url
            if "/cashier/" not in url.path:
                async with browser.post(url) as answer:
                    url = answer.url
            async with browser.post(url) as answer:
                return await answer.text()


@asynccontextmanager
async def cashier(folder: Path) -> AsyncIterator[Cashier]:
    """The demonstration gateway, while the block runs."""
    keys.make(folder)
    ledger = Ledger(folder / "gateway.sqlite3")
    gateway = DemonstrationGateway(ledger, keys.load(folder), hurry=100)
    application = gateway.application()
    made = Cashier(folder, web.AppRunner(application, access_log=None), "")

    @web.middleware
    async def leave(request: web.Request, handler: Any) -> web.StreamResponse:
        if made.away and request.path.startswith("/v3/"):
            return web.Response(status=502, text="away")
        answer: web.StreamResponse = await handler(request)
        return answer

    application.middlewares.append(leave)
    await made.runner.setup()
    try:
        await web.TCPSite(made.runner, "127.0.0.1", 0).start()
        made.address = f"127.0.0.1:{made.runner.addresses[0][1]}"
        gateway.url = f"http://{made.address}"
        async with gateway.telling():
            yield made
    finally:
        await made.runner.cleanup()
        ledger.close()
