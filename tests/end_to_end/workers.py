"""`huimin-ivr --workers N` as a technician runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ivr.workers.requests import ask_at

COMMAND = str(Path(sys.executable).with_name("huimin-ivr"))
START_SECONDS = 120.0
PATIENCE = 30.0


class Workers:
    """A running line of several workers."""

    def __init__(
        self, data: Path, workers: int, *options: str, backend: str = "127.0.0.1:9", **settings: str
    ) -> None:
        """options: further ones of the command; settings: in the environment, such as MAX_CALLS."""
        self.data = data
        self.records = data / "calls.jsonl"
        self.log = data / "log"
        self.addresses: list[str] = []
        self.process: asyncio.subprocess.Process | None = None
        self._command = [COMMAND, "--backend", backend, "--data", str(data), "--sip", "127.0.0.1:0"]
        self._command += ["--workers", str(workers), *options]
        self._environment = {f"HUIMIN_IVR_{name}": value for name, value in settings.items()}

    async def __aenter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | self._environment,
            )
        assert self.process.stdout
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = (await self.process.stdout.readline()).decode().split()
            assert ready[:2] == ["ready", "huimin-ivr"], self.said()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self.addresses = ready[2].split(",")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()

    async def told(self, worker: int) -> dict[str, Any]:
        """What a worker says of itself; workers are counted from 1."""
        answer = await self.ask(do="state")
        found: dict[str, Any] = answer["workers"][worker - 1]
        return found

    async def ask(self, **request: Any) -> dict[str, Any]:
        """What an operator's command asks."""
        return await ask_at(self.data / "ivr" / "control.sock", PATIENCE, **request)

    async def calls(self) -> list[int]:
        """How many calls each worker has."""
        return [told.get("calls", 0) for told in (await self.ask(do="state"))["workers"]]

    async def until(
        self, worker: int, holds: Callable[[dict[str, Any]], bool], patience: float = PATIENCE
    ) -> float:
        """Waits until something holds of what a worker says; how long that took."""
        began = time.monotonic()
        while not holds(told := await self.told(worker)):
            assert time.monotonic() - began < patience, f"{told}\n{self.said()}"
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def kill(self, worker: int) -> None:
        """Ends a worker as a fault would, in the middle of everything."""
        os.kill((await self.told(worker))["process"], signal.SIGKILL)

    def records_of(self, caller: str) -> list[dict[str, Any]]:
        """The call records of a caller."""
        if not self.records.exists():
            return []
        found = [json.loads(line) for line in self.records.read_text("utf-8").splitlines()]
        return [record for record in found if record["caller"] == caller]

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-3000:]
