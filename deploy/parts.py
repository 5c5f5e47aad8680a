"""One command of the house as a child process: started, ready, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_SECONDS = 120.0
"""A first start on a slow machine renders every prompt."""
END_SECONDS = 15.0


class PartFailed(Exception):
    """A part ended or was not ready in time. `last_words` is how its log ends, `log` holds all of it."""

    def __init__(self, name: str, log: Path, exit_code: int | None, last_words: str = "") -> None:
        super().__init__(
            f"{name} {'ended with ' + str(exit_code) if exit_code is not None else 'is not ready'}; see {log}"
        )
        self.name = name
        self.log = log
        self.exit_code = exit_code
        self.last_words = last_words


class Part:
    """A long-running command. It owns the process; its log goes to a file, its ready lines are kept."""

    def __init__(
        self, name: str, arguments: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = log
        self.ready: dict[str, str] = {}
        self._arguments = [str(argument) for argument in arguments]
        self._environment = dict(environment)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._said = asyncio.Condition()
        self._finished = False
        self._log_start = 0

    @staticmethod
    def command(name: str) -> Path:
        """Where pip put one of the project's commands: beside the interpreter."""
        return Path(sys.executable).parent / name

    async def start(self, *expected: str) -> None:
        """Starts it and waits until it has said ``ready`` for every expected name. Raises PartFailed.

        May be called again once it has ended.
        """
        self.ready.clear()
        self._finished = False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | self._environment,
                start_new_session=True,  # Ctrl-C reaches us alone; we end the parts in order
            )
        self._reading = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(READY_SECONDS), self._said:
                await self._said.wait_for(
                    lambda: self._finished or all(name in self.ready for name in expected)
                )
        except TimeoutError:
            raise PartFailed(self.name, self.log, None) from None
        if not all(name in self.ready for name in expected):
            raise self._failure(await self._process.wait())

    @property
    def pid(self) -> int:
        """Of the process, once it was started."""
        assert self._process
        return self._process.pid

    async def ended(self) -> PartFailed:
        """Waits until it ends by itself, which it should not."""
        assert self._process
        return self._failure(await self._process.wait())

    async def stop(self) -> int | None:
        """SIGTERM, then, after a time, SIGKILL. Returns the exit code, None where it never started."""
        if not self._process:
            return None
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(END_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        code = await self._process.wait()
        if self._reading:
            await self._reading
        return code

    def kill(self) -> None:
        """SIGKILL at once, as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Sends it a signal while it runs, such as SIGSTOP: it holds its connections then, and is silent."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(number)

    def _failure(self, exit_code: int) -> PartFailed:
        return PartFailed(self.name, self.log, exit_code, self._last_words())

    def _last_words(self) -> str:
        """The sentence for people at the end of its log, empty without one; the others are JSON objects."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode("utf-8", "replace").splitlines()
        return lines[-1] if lines and not lines[-1].startswith("{") else ""

    async def _read(self) -> None:
        assert self._process
        assert self._process.stdout
        async for line in self._process.stdout:
            words = line.decode("utf-8", "replace").split()
            if len(words) == 3 and words[0] == "ready":
                async with self._said:
                    self.ready[words[1]] = words[2]
                    self._said.notify_all()
        async with self._said:
            self._finished = True
            self._said.notify_all()
