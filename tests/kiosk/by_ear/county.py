"""All that a terminal has around it: a backend that takes payments and is sent alerts, its gateway, an A4
printer, and a person who can be called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from deploy.house import table
from tests.alert_source import SENDER, Sent, Source, source
from tests.cashier import Cashier, cashier
from tests.hardware.cups import Cups, cups
from tests.kiosk.calling.person import Person, person, settings
from tests.kiosk.processes import BIN, Running
from tests.ports import free_port


@dataclass
class County:
    """What tasks need of it. folder: for what belongs to one visit."""

    folder: Path
    backend: str
    web: str
    office: Source
    cashier: Cashier
    paper: Cups | None = None
    person: Person | None = None

    async def warn(self, sent: Sent) -> None:
        """An alert is posted."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.web}/alerts", data=sent.data) as answer,
        ):
            assert answer.status == 201, await answer.text()

    @property
    def devices(self) -> str:
        """Tables of devices that are not simulated with the others."""
        if self.paper is None:
            return ""
        return f'[devices.document_printer]\ndriver = "cups"\nport = "{self.paper.uri}"\n'

    @property
    def settings(self) -> dict[str, Any]:
        """The terminal's, of help and of the call to a person."""
        found: dict[str, Any] = {"help_phone": "12345"}
        if self.person is not None:
            line = settings(self.person.address, self.folder)
            names = ("address", "bind", "microphone", "loudspeaker")
            found |= {f"help_call.{name}": str(getattr(line, name)) for name in names}
        return found


@asynccontextmanager
async def county(folder: Path, *, everything: bool) -> AsyncIterator[County]:
    """While the block runs. everything: the printer and the person, too."""
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        till = await stack.enter_async_context(cashier(folder / "gateway"))
        office, web = source(folder), f"127.0.0.1:{free_port()}"
        configuration = folder / "backend.toml"
        configuration.write_text(
            f'[backend.alert_sources]\n"{SENDER}" = "{office.certificate}"\n'
            f'[backend.payment]\ngateway = "{till.payment.gateway}"\n'
            f"[backend.payment.options]\n{table(till.payment.options)}",
            "utf-8",
        )
        backend = await asyncio.to_thread(
            Running,
            [
                *(BIN / "huimin-backend", "--config", configuration, "--web", web),
                *("--listen", "127.0.0.1:0", "--data", folder / "data"),
            ],
            folder / "backend.log",
            ready=["huimin-backend"],
        )
        stack.callback(backend.stop)
        made = County(folder, backend.ready["huimin-backend"], f"http://{web}", office, till)
        if everything:
            made.paper = await stack.enter_async_context(cups())
            made.person = await stack.enter_async_context(person(folder / "person"))
        yield made
