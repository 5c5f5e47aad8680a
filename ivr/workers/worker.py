"""One worker as the supervisor sees it: a process that is started again whenever it ends."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

from foundation.log import logger
from ivr.workers.figures import RESTARTS, UP
from ivr.workers.requests import Asker, Gone, Refused, Unanswered, asker_over

START_SECONDS = 120.0
"""A first start on a slow machine renders every prompt that callers hear at once."""
WATCH_SECONDS = 1.0
"""How often it is asked how it is."""
HUNG_SECONDS = 30.0
"""Without an answer for so long its calls are silent, too; it is ended and started anew."""
END_SECONDS = 45.0
"""For last words and for the queue to be closed, once calls had their time to end."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds before it is started again; twice as long after each failure."""
STEADY_SECONDS = 60.0
"""After so long without one, failures are forgotten."""
CANNOT_BE_USED = 2
"""The exit code of a command whose configuration cannot be used; it has said why."""

_log = logger("ivr.workers")


class CannotStart(Exception):
    """A worker's configuration cannot be used. Its process has said why."""


class Stage(StrEnum):
    """What a worker is doing."""

    STARTING = "starting"
    OPEN = "open"
    DRAINING = "draining"
    ENDING = "ending"
    DOWN = "down"


class Worker:
    """Owns one process after another. `keep` runs for as long as there shall be one."""

    def __init__(self, number: int, command: Sequence[str], sip: str) -> None:
        """command: without what is said to a worker; sip: ``HOST:PORT``, where port 0 is any, then kept."""
        self.number = number
        self.restarts = 0
        self.ready = asyncio.Event()
        """Set while it answers."""
        self._was_ready = False
        self._command = [*command, "--worker", str(number)]
        self._sip = sip
        self._process: asyncio.subprocess.Process | None = None
        self._asker: Asker | None = None
        self._told: dict[str, Any] = {}
        self._drained = False
        self._ending = asyncio.Event()
        self._asked_to_restart = False
        RESTARTS.labels(str(number))
        UP.labels(str(number)).set(0)

    @property
    def address(self) -> str:
        """``sip:HOST:PORT``, once it has been ready."""
        return f"sip:{self._sip}"

    @property
    def stage(self) -> Stage:
        """What it is doing now."""
        if self._process is None:
            return Stage.DOWN
        if self._ending.is_set() or self._asked_to_restart:
            return Stage.ENDING
        if not self._told:
            return Stage.STARTING
        return Stage(self._told["state"])

    @property
    def told(self) -> dict[str, Any]:
        """What it said of itself last, and what is known of it here."""
        return {
            **self._told,
            "worker": self.number,
            "state": self.stage.value,
            "address": self.address,
            "process": self._process.pid if self._process else None,
            "restarts": self.restarts,
        }

    async def keep(self) -> None:
        """Runs it and starts it again until `end`. Raises CannotStart where it never could be."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while not self._ending.is_set():
            began = clock()
            try:
                code: int | None = await self._run()
            except OSError as error:
                _log.error("worker_not_started", worker=self.number, reason=error.strerror)
                code = None
            if self._ending.is_set():
                return
            if code == CANNOT_BE_USED and not self._was_ready:
                raise CannotStart
            asked, self._asked_to_restart = self._asked_to_restart, False
            if asked or clock() - began > STEADY_SECONDS:
                failures = 0
            pause = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
            failures += not asked
            self.restarts += 1
            RESTARTS.labels(str(self.number)).inc()
            _log.warning("worker_ended", worker=self.number, code=code, again_in_seconds=pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._ending.wait()

    async def drain(self) -> None:
        """Takes no new calls until `resume`; so does its successor. Raises Refused, Unanswered."""
        self._drained = True
        await self._ask("drain")

    async def resume(self) -> None:
        """Takes calls again. Raises Refused, Unanswered."""
        self._drained = False
        await self._ask("resume")

    def restart(self) -> None:
        """Ends it once its calls have ended, and starts it anew."""
        if self._process is not None:
            self._asked_to_restart = True
            self.ready.clear()
            self._signal()

    def end(self) -> None:
        """Ends it for good, once its calls have ended."""
        self._ending.set()
        self._signal()

    def kill(self) -> None:
        """Ends it at once."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def look(self) -> None:
        """Asks how it is now; where it does not answer at once, what it said last stays."""
        if self._asker is not None and self._told:
            with suppress(Refused, Unanswered):
                self._told = await self._asker.ask(WATCH_SECONDS, do="state")

    async def figures(self) -> str:
        """Its figures in Prometheus's text format; empty where it does not answer."""
        if self._asker is None or not self._told:
            return ""
        try:
            return str((await self._asker.ask(HUNG_SECONDS, do="figures"))["text"])
        except (Refused, Unanswered, KeyError):
            return ""

    def _signal(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    async def _ask(self, what: str) -> None:
        if self._asker is None:
            raise Refused("worker_down")
        self._told = await self._asker.ask(HUNG_SECONDS, do=what)

    async def _run(self) -> int:
        """One process from its start to its end; its exit code."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        asker = await asker_over(ours)
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *(*self._command, "--sip", self._sip, "--supervised", str(theirs.fileno())),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=sys.stderr,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the workers
                )
            self._asker = asker
            if self._ending.is_set():
                self._signal()
            watching = asyncio.create_task(self._watch(asker))
            try:
                return await self._process.wait()
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        finally:
            asker.close()
            self._process, self._asker, self._told = None, None, {}
            self.ready.clear()
            UP.labels(str(self.number)).set(0)

    async def _watch(self, asker: Asker) -> None:
        """Asks how it is; a process that does not answer is ended."""
        try:
            self._began(await asker.ask(START_SECONDS, do="state"))
            if self._drained:
                await self._ask("drain")
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                self._told = await asker.ask(HUNG_SECONDS, do="state")
        except (Unanswered, Refused) as error:
            UP.labels(str(self.number)).set(0)
            ending = isinstance(error, Gone) or self._ending.is_set() or self._asked_to_restart
            await asyncio.sleep(END_SECONDS if ending else 0)  # it may end by itself
            _log.error("worker_hung", worker=self.number, reason=str(error))
            self.kill()

    def _began(self, told: dict[str, Any]) -> None:
        self._told = told
        self._sip = str(told["address"]).removeprefix("sip:")  # callers and proxies know it by this port
        UP.labels(str(self.number)).set(1)
        self._was_ready = True
        self.ready.set()
        _log.info("worker_ready", worker=self.number, address=self.address)
