"""A county that takes payments: the demonstration gateway, and somebody with a mobile phone who pays."""

from __future__ import annotations

import asyncio
import json
import re
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
from tests.gateway_trouble import Trouble


@dataclass
class Cashier:
    """The gateway, and what is the matter with it."""

    folder: Path
    runner: web.AppRunner
    address: str
    trouble: Trouble

    @property
    def payment(self) -> PaymentSettings:
        """``[backend.payment]`` of a backend that uses it."""
        options: dict[str, Any] = keys.options(self.folder, f"http://{self.address}")
        return PaymentSettings(gateway="native", options=options)

    async def pay(self, code: str) -> str:
        """See `pay`."""
        return await pay(code)


async def pay(code: str) -> str:
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


def links_to(mobile: str, data: Path, where: str = "pay") -> list[str]:
    """Links that a backend sent to a number by SMS: to pay, or to others of its pages. data: its folder."""
    file = data / "messages.jsonl"
    sent = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    link = re.compile(rf"http://[0-9.:]+/{where}/[A-Za-z0-9_/-]+")
    return [found[0] for one in sent if one["to"] == mobile and (found := link.search(one["text"]))]


async def link_to(mobile: str, data: Path, before: int = 0, where: str = "pay") -> str:
    """The latest of them, once there are more than `before`."""
    async with asyncio.timeout(20):
        while len(found := links_to(mobile, data, where)) <= before:  # noqa: ASYNC110 (a file of another's)
            await asyncio.sleep(0.05)
    return found[-1]


@asynccontextmanager
async def cashier(folder: Path) -> AsyncIterator[Cashier]:
    """The demonstration gateway, while the block runs."""
    keys.make(folder)
    ledger = Ledger(folder / "gateway.sqlite3")
    gateway = DemonstrationGateway(ledger, keys.load(folder), hurry=100)
    application = gateway.application()
    made = Cashier(folder, web.AppRunner(application, access_log=None, shutdown_timeout=0.1), "", Trouble())
    application.middlewares.append(made.trouble.middleware)
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
