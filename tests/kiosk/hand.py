"""A terminal with its devices, and a hand before it: real touches, real cards on a real serial line."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hardware.simulators import control
from tests.end_to_end.terminal import Terminal
from tests.kiosk.processes import BIN, Running, simulator

IDENTITY = "11999919900307102X"
"""Of the demonstration card."""


class Hand(Terminal):
    """Touches one terminal, lays cards on its reader, and reads its log."""

    def __init__(self, running: Running, folder: Path, display: str) -> None:
        super().__init__(folder / "inspect", display)
        self.running = running
        self.devices = folder / "devices"
        self.config = folder / "kiosk.toml"

    async def present(self, *options: str) -> None:
        """Lays the demonstration card on the reader."""
        await self._command("present", "--directory", str(self.devices), *options)

    async def lift(self) -> None:
        """Takes the card away."""
        await self._command("lift", "--directory", str(self.devices))

    async def printer(self, fault: str) -> None:
        """Does something to the printer, or mends it: ``none``."""
        await self._command("printer", "--directory", str(self.devices), "--fault", fault)

    async def press(self, keys: str, pad: str = "pin-pad") -> None:
        """Presses keys of the keypad beside the screen."""
        await self.act(pad, "press", keys)

    async def act(self, device: str, *action: str) -> None:
        """Does to a device what a person does."""
        what, given = (*action, "")[:2]
        await self._ask_simulator({"do": "act", "device": device, "action": what, "given": given})

    async def hold(self, code: str) -> None:
        """Holds a code before the code reader."""
        await self.act("code-reader", "hold", code)

    async def fault(self, device: str, fault: str, *, lasts: bool = False) -> None:
        """Something goes wrong with a device, or is put right: ``none``. lasts: for a minute, where it would
        be over with one answer."""
        lasting = {"seconds": 60} if lasts else {}
        await self._ask_simulator({"do": "fault", "device": device, "fault": fault, **lasting})

    async def simulated(self, device: str) -> dict[str, Any]:
        """What is so at a simulated device."""
        facts: dict[str, Any] = (await self._ask_simulator({"do": "status"}))[device]["facts"]
        return facts

    async def _ask_simulator(self, request: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(control.ask, self.devices, request)

    async def _command(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            BIN / "huimin-simulate", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()

    async def go(self, *identifiers: str) -> None:
        """Touches one control after another."""
        for identifier in identifiers:
            await self.touch(identifier)

    async def to_form(self, service: str) -> None:
        """From the home page to a form's introduction."""
        await self.go("home.services")
        await self.screen("services.list")
        while f"services.{service}" not in (await self.tree()).controls:
            await self.go("sheets.forward")
        await self.go(f"services.{service}", "guide.apply")
        await self.screen("form.introduction")

    async def question(self, position: str) -> None:
        """Waits for a question, by what stands above it: ``第 2 题``."""
        await self.until(lambda tree: tree.screen == "form.question" and tree.says(position), position)

    async def says(self, part: str) -> None:
        """Waits until something is said."""
        await self.until(lambda tree: tree.says(part), f"{part!r} is not said")

    async def entered(self) -> str:
        """What stands in the field of the page."""
        return (await self.tree()).controls["form.entry"].text

    async def reference(self) -> str:
        """The reference on the confirmation, 12 digits."""
        for text in (await self._ask({"do": "tree"}))["texts"]:
            if text["id"] == "confirmation.reference":
                return re.sub(r"\D", "", text["text"])
        raise AssertionError("no reference")

    async def end(self) -> None:
        """Back to the home page of nobody, whatever is shown, and no card is left."""
        await self.end_visit()
        await self.lift()

    async def ask(self, question: Any) -> dict[str, Any]:
        """Asks the inspector anything."""
        reader, writer = await asyncio.open_unix_connection(str(self.inspector), limit=1 << 24)
        writer.write((question if isinstance(question, bytes) else json.dumps(question).encode()) + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer

    def log(self) -> str:
        """What the terminal wrote to its log."""
        return self.running.log.read_text("utf-8")


def keypad(ports: Path) -> str:
    """The table of a keypad beside the screen."""
    port = ports / "pin-pad"
    return f'[devices.pin_pad]\ndriver = "smartpin"\nport = "{port}"\nprompt = "{port}.prompt"\n'


@contextmanager
def terminal(
    folder: Path,
    backend: str,
    size: str,
    display: str,
    *,
    language: str = "zh_CN",
    devices_beside: Callable[[Path], str] = lambda ports: "",
    instant: bool = False,
    **settings: object,
) -> Iterator[Hand]:
    """Starts a terminal with simulated devices, and ends both.

    devices_beside: tables of more devices, from the folder of the simulated ones' ports; instant: the devices
    are without delays; settings: of its table ``[kiosk]``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = folder / "devices"
    ports.mkdir(exist_ok=True)  # it may be started anew
    devices = simulator(ports, instant=instant)
    config = folder / "kiosk.toml"
    config.write_text(
        "[kiosk]\n"
        + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        + f'[vendor_mode]\nfolder = "{folder / "terminals"}"\n'
        + f'[devices.identity_card_reader]\ndriver = "gat467"\nport = "{ports / "identity-card-reader"}"\n'
        + f'[devices.receipt_printer]\ndriver = "escpos"\nport = "{ports / "receipt-printer"}"\n'
        + devices_beside(ports),
        encoding="utf-8",
    )
    running = Running(
        [
            *(BIN / "huimin-kiosk", "--backend", backend, "--size", size, "--language", language),
            *("--config", config, "--data", folder / "data", "--inspect", folder / "inspect"),
        ],
        folder / "kiosk.log",
        ready=["huimin-kiosk"],
        display=display,
    )
    try:
        yield Hand(running, folder, display)
    finally:
        code = running.stop() if running.process.poll() is None else 0
        devices.stop()
        assert code == 0, running.log.read_text("utf-8")
