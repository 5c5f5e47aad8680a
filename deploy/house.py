"""The whole house on one machine: simulated devices, demonstration gateway, backend, phone line, terminal."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backend.gateway_demo.keys import options
from deploy.parts import Part, PartFailed
from hardware.simulators.table import DEVICES


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the parts serve and how large the window is. Port 0 means any free port.

    display: an X display such as ``:0``, or None to draw on a virtual one; line: whether there is a phone
    line; more: further lines of the configuration.
    """

    directory: Path
    backend: str = "127.0.0.1:0"
    web: str = "127.0.0.1:0"
    gateway: str = "127.0.0.1:0"
    sip: str = "127.0.0.1:0"
    size: str = "1080x1920"
    language: str = "zh_CN"
    display: str | None = None
    line: bool = True
    more: str = ""


class House:
    """Starts the parts in order and ends them in the opposite one. Its files are in the plan's directory."""

    def __init__(self, plan: Plan, said: Callable[[str, str], None] = lambda name, address: None) -> None:
        """said: is told each ``ready NAME ADDRESS`` as it comes."""
        self.plan = plan
        self.directory = plan.directory.resolve()
        self.devices = self.directory / "devices"
        self.inspector = self.directory / "inspect"
        self.backend_data = self.directory / "backend"
        self.gateway_data = self.directory / "gateway"
        self.line_data = self.directory / "line"
        self.terminal_data = self.directory / "terminal"
        self.records = self.directory / "calls.jsonl"
        self.display = plan.display
        self.virtual_display = False
        self.backend_address = ""
        self.sip_address = ""
        self.parts: dict[str, Part] = {}
        self._said = said
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def first_end(self) -> PartFailed:
        """Waits until a part ends by itself."""
        ends = {asyncio.create_task(part.ended()) for part in self.parts.values()}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in ends:
                task.cancel()

    async def clerk(self, *words: str) -> str:
        """A command of the office, and what it prints, in English. RuntimeError where it fails."""
        process = await asyncio.create_subprocess_exec(
            str(Part.command("huimin-backend")),
            *("--data", str(self.backend_data), "--config", str(self.directory / "huimin.toml"), *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "1"},
        )
        said, log = await process.communicate()
        if process.returncode:
            raise RuntimeError((said + log).decode())
        return said.decode()

    async def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        gateway = await self._part(
            "gateway-demo",
            ["--listen", self.plan.gateway, "--data", self.gateway_data],
            "huimin-gateway-demo",
        )
        configuration = self._write_configuration(gateway.ready["huimin-gateway-demo"])
        await self._part("simulate", ["--directory", self.devices], *(device.name for device in DEVICES))
        backend = await self._part(
            "backend",
            [
                *("--listen", self.plan.backend, "--web", self.plan.web),
                *("--data", self.backend_data, "--config", configuration),
            ],
            "huimin-backend",
        )
        self.backend_address = backend.ready["huimin-backend"]
        if self.display is None:
            self.display = await self._virtual_display()
        with_backend: list[str | Path] = ["--backend", self.backend_address, "--config", configuration]
        shown = ["--size", self.plan.size, "--language", self.plan.language]
        await asyncio.gather(
            *([self._phone_line(with_backend)] if self.plan.line else []),
            self._part(
                "kiosk",
                [*with_backend, *shown, "--data", self.terminal_data, "--inspect", self.inspector],
                "huimin-kiosk",
            ),
        )

    async def _phone_line(self, with_backend: list[str | Path]) -> None:
        ivr = await self._part(
            "ivr",
            [*with_backend, "--sip", self.plan.sip, "--data", self.line_data, "--records", self.records],
            "huimin-ivr",
        )
        self.sip_address = ivr.ready["huimin-ivr"]

    async def _part(self, name: str, arguments: list[str | Path], *expected: str) -> Part:
        part = Part(
            name,
            [Part.command(f"huimin-{name}"), *arguments],
            log=self.directory / "log" / f"{name}.log",
            environment={"DISPLAY": self.display or "", "PYTHONUNBUFFERED": "1"},
        )
        self.parts[name] = part
        self._stack.push_async_callback(part.stop)
        await part.start(*expected)
        for ready, address in part.ready.items():
            self._said(ready, address)
        return part

    async def _virtual_display(self) -> str:
        """Xvfb on a display that it chooses itself, as large as the window."""
        read, write = os.pipe()
        log = self.directory / "log" / "display.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(
                    "Xvfb",
                    "-displayfd",
                    str(write),
                    "-screen",
                    "0",
                    f"{self.plan.size}x24",
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ),
                pass_fds=[write],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        os.close(write)

        async def end() -> None:
            if process.returncode is None:
                process.terminate()
            await process.wait()

        self._stack.push_async_callback(end)
        with os.fdopen(read) as pipe:
            number = (await asyncio.to_thread(pipe.readline)).strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start; see {log}")
        self.virtual_display = True
        return f":{number}"

    def _write_configuration(self, gateway: str) -> Path:
        """The devices of the house, which are simulators' ports, and its payment gateway."""
        file = self.directory / "huimin.toml"
        pad = self.devices / "pin-pad"
        file.write_text(
            "[devices.identity_card_reader]\n"
            'driver = "gat467"\n'
            f'port = "{self.devices / "identity-card-reader"}"\n\n'
            "[devices.card_reader]\n"
            'driver = "crt188"\n'
            f'port = "{self.devices / "card-reader"}"\n\n'
            "[devices.receipt_printer]\n"
            'driver = "escpos"\n'
            f'port = "{self.devices / "receipt-printer"}"\n\n'
            "[devices.pin_pad]\n"
            'driver = "smartpin"\n'
            f'port = "{pad}"\n'
            f'prompt = "{pad}.prompt"\n\n'
            "[devices.code_reader]\n"
            'driver = "serial"\n'
            f'port = "{self.devices / "code-reader"}"\n\n'
            "[backend.payment]\n"
            'gateway = "native"\n\n'
            "[backend.payment.options]\n"
            + table(options(self.gateway_data, f"http://{gateway}"))
            + self.plan.more,
            encoding="utf-8",
        )
        return file


def table(values: Mapping[str, Any]) -> str:
    """Texts, truth values and tables of texts as TOML."""
    lines = []
    for name, value in values.items():
        if isinstance(value, dict):
            pairs = ", ".join(f"{key} = {json.dumps(text)}" for key, text in value.items())
            lines.append(f"{name} = {{ {pairs} }}\n")
        else:
            lines.append(f"{name} = {json.dumps(value)}\n")
    return "".join(lines)
