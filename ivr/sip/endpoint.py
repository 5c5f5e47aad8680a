"""The phone line: answers calls and gives each one to the dialogue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import pjsua2 as pj
import structlog

from foundation.log import logger
from ivr import metrics
from ivr.line import HungUp, Line
from ivr.sip.address import listen_address
from ivr.sip.contained import contained
from ivr.sip.library import Library, RtpPorts
from ivr.sip.line import SipLine
from ivr.speech.speech import Speech

DRAIN_SECONDS = 10.0
"""How long calls may go on after the line was told to end."""
LAST_WORD_SECONDS = 0.6
"""How long the library lives on after the last calls were ended: a BYE that was lost is sent again after
0.5 s (timer E of RFC 3261)."""
RETRY_AFTER = 30
"""Seconds after which a caller who was refused because we end may try again."""

log = logger("ivr.sip")


class _Account(pj.Account):
    """Whom everybody calls. Answers whatever address is dialled."""

    def __init__(self, arrived: Callable[[int], None]) -> None:
        super().__init__()
        self._arrived = arrived

    @contained
    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 (PJSIP's name)
        """The library's callback."""
        self._arrived(prm.callId)


class SipEndpoint:
    """Listens while its context is open. `on_call` runs once a call; the call ends when it returns."""

    def __init__(
        self,
        listen: str,
        speech: Speech,
        on_call: Callable[[Line], Awaitable[None]],
        *,
        max_calls: int = 4,
        rtp_ports: RtpPorts | None = None,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        """listen: ``HOST:PORT``, port 0 for any; max_calls: further callers hear busy (486). The
        build of PJSIP has a limit of its own, 4 in the ready wheel. Raises AddressError."""
        self._host, self._port = listen_address(listen)
        self._speech = speech
        self._on_call = on_call
        self._max_calls = max_calls
        self._rtp_ports = rtp_ports or RtpPorts()
        self._drain_seconds = drain_seconds
        self._draining = False
        self._lines: dict[SipLine, asyncio.Task[None] | None] = {}
        self._library = Library(busy=lambda: bool(self._lines))
        self._account: _Account | None = None
        self.address = ""
        """``sip:HOST:PORT``, once it listens."""

    async def __aenter__(self) -> Self:
        """Raises ListenFailed."""
        port = self._library.start(self._host, self._port, self._max_calls)
        self.address = f"sip:{self._host}:{port}"
        settings = pj.AccountConfig()
        settings.idUri = f"sip:huimin@{self._host}:{port}"
        settings.mediaConfig.transportConfig.boundAddress = self._host
        settings.mediaConfig.transportConfig.port = self._rtp_ports.first
        settings.mediaConfig.transportConfig.portRange = self._rtp_ports.count
        self._account = _Account(self._arrived)
        try:
            self._account.create(settings, True)
        except pj.Error:
            self._account = None
            self._library.stop()
            raise
        metrics.LINES.set(self._max_calls)
        metrics.IN_PROGRESS.set_function(lambda: self.calls)
        self.take_calls()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draining = True
        await self._end_calls()
        if self._account is not None:
            self._account.shutdown()
            self._account = None
        self._library.stop()
        metrics.OPEN.set(0)
        metrics.IN_PROGRESS.set_function(lambda: 0)
        log.info("line_closed")

    @property
    def calls(self) -> int:
        """Calls going on now."""
        return len([task for task in self._lines.values() if task is not None])

    @property
    def taking(self) -> bool:
        """Whether new calls are taken."""
        return not self._draining

    def refuse_calls(self) -> None:
        """Takes no new calls (503); those going on go on."""
        self._draining = True
        metrics.OPEN.set(0)
        log.info("line_draining", calls=self.calls)

    def take_calls(self) -> None:
        """Takes new calls again."""
        self._draining = False
        metrics.OPEN.set(1)
        log.info("line_open", address=self.address, max_calls=self._max_calls)

    async def drain(self) -> None:
        """Takes no new calls and waits until those going on have ended, `drain_seconds` at most."""
        self.refuse_calls()
        tasks = [task for task in self._lines.values() if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._drain_seconds)

    def _arrived(self, pj_id: int) -> None:
        assert self._account is not None
        self._library.arrived()
        full = self.calls >= self._max_calls
        line = SipLine(self._account, pj_id, self._speech, ended=self._ended)
        self._lines[line] = None
        metrics.ARRIVED.inc()
        if self._draining:
            metrics.REFUSED.labels("draining").inc()
            line.refuse(pj.PJSIP_SC_SERVICE_UNAVAILABLE, RETRY_AFTER)
        elif full:
            metrics.REFUSED.labels("full").inc()
            line.refuse(pj.PJSIP_SC_BUSY_HERE)
        else:
            self._lines[line] = asyncio.create_task(self._serve(line))

    def _ended(self, line: SipLine) -> None:
        self._lines.pop(line, None)

    async def _serve(self, line: SipLine) -> None:
        """One call, answered, to its end. Nothing that goes wrong in it touches another."""
        with structlog.contextvars.bound_contextvars(call_id=line.call_id):
            try:
                line.answer()
                if await line.up():
                    await self._on_call(line)
                else:
                    log.warning("call_without_sound")
            except HungUp:
                pass
            except Exception:
                log.exception("call_failed")
            finally:
                await line.hang_up()

    async def _end_calls(self) -> None:
        tasks = [task for task in self._lines.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in list(self._lines):
            await line.hang_up()
            line.abandon()
        if tasks:
            await asyncio.sleep(LAST_WORD_SECONDS)
