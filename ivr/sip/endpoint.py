"""The phone line: answers calls and gives each one to the dialogue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import pjsua2 as pj
import structlog

from foundation.log import logger, trace
from ivr import metrics
from ivr.line import HungUp, Line
from ivr.sip.address import listen_address
from ivr.sip.carrier.admission import NO_LIMITS, UNAVAILABLE, Admission, Limits, Reason, Refusal
from ivr.sip.carrier.guard import Guard, NoFilter
from ivr.sip.carrier.networks import THIS_MACHINE, Network
from ivr.sip.carrier.registration import RegisteredAccount, Registrar
from ivr.sip.carrier.sound_guard import SoundGuard
from ivr.sip.carrier.transport import open_tls
from ivr.sip.carrier.trunk import Registration, Srtp, Tls, Trunk
from ivr.sip.contained import contained
from ivr.sip.library import Library, ListenFailed, RtpPorts
from ivr.sip.line import SipLine
from ivr.sip.lost import LostNetworks
from ivr.speech.speech import Speech

DRAIN_SECONDS = 10.0
"""How long calls may go on after the line was told to end."""
LAST_WORD_SECONDS = 0.6
"""How long the library lives on after the last calls were ended: a BYE that was lost is sent again after
0.5 s (timer E of RFC 3261)."""
RETRY_AFTER = 30
"""Seconds after which a caller who was refused because we end may try again."""

REFUSED_AT_ONCE = 16
"""Places kept for calls that are being refused. PJSIP refuses what has no place, without Retry-After."""
FULL_RETRY_AFTER = 10
"""The same where all lines are taken."""

_SRTP = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OFFERED: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}

log = logger("ivr.sip")


class _Account(RegisteredAccount):
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
        trunk: Trunk | None = None,
        registration: Registration | None = None,
        tls: Tls | None = None,
        limits: Limits = NO_LIMITS,
    ) -> None:
        """listen: ``HOST:PORT``, port 0 for any; max_calls: further callers are refused (503). The
        build of PJSIP has a limit of its own, 4 in the ready wheel. Raises AddressError."""
        self._host, self._port = listen_address(listen)
        self._speech = speech
        self._on_call = on_call
        self._max_calls = max_calls
        self._rtp_ports = rtp_ports or RtpPorts()
        self._drain_seconds = drain_seconds
        self._trunk = trunk or Trunk()
        self._tls = tls if tls is not None and tls.listen else None
        self._registrar: Registrar | None = None
        if registration is not None and registration.registrar:
            self._registrar = Registrar(registration, self._let_in)
        self._allowed: tuple[Network, ...] = self._trunk.allow or THIS_MACHINE
        self._guard = Guard(self._allowed)
        self._sound_guard = SoundGuard([*self._allowed, *self._trunk.sound])
        self._admission = Admission(limits)
        self._lost = LostNetworks(self._trunk.silent_network, lambda: list(self._lines))
        self._draining = False
        self._lines: dict[SipLine, asyncio.Task[None] | None] = {}
        self._library = Library(busy=lambda: bool(self._lines))
        self._account: _Account | None = None
        self.address = ""
        """``sip:HOST:PORT``, once it listens."""

    async def __aenter__(self) -> Self:
        """Raises ListenFailed."""
        port = self._library.start(self._host, self._port, self._max_calls + REFUSED_AT_ONCE)
        self._max_calls = min(self._max_calls, self._library.calls)
        self.address = f"sip:{self._host}:{port}"
        try:
            await self._open(port)
        except BaseException as error:
            await self._close()
            if isinstance(error, pj.Error):
                raise ListenFailed(f"the phone line cannot be opened: {error.reason}") from None
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
        await self._close()
        metrics.OPEN.set(0)
        metrics.IN_PROGRESS.set_function(lambda: 0)
        log.info("line_closed")

    @property
    def lines(self) -> int:
        """Calls that it takes at the same time, once it listens."""
        return self._max_calls

    @property
    def calls(self) -> int:
        """Calls going on now."""
        return len([task for task in self._lines.values() if task is not None])

    @property
    def taking(self) -> bool:
        """Whether new calls are taken."""
        return not self._draining

    @property
    def registered(self) -> bool:
        """Whether the carrier knows the line; without a registrar, False."""
        return self._registrar is not None and self._registrar.registered

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
        if self._registrar is not None:
            await self._registrar.end()
        tasks = [task for task in self._lines.values() if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._drain_seconds)

    def _arrived(self, pj_id: int) -> None:
        assert self._account is not None
        self._library.arrived()
        line = SipLine(
            self._account, pj_id, self._speech, ended=self._ended, sound_set_up=self._sound_guard.guard
        )
        self._lines[line] = None
        metrics.ARRIVED.inc()
        refusal = self._refusal(line.caller)
        if refusal is not None:
            metrics.REFUSED.labels(refusal.reason).inc()
            line.refuse(refusal.code, refusal.retry_after)
        else:
            self._lines[line] = asyncio.create_task(self._serve(line))

    def _refusal(self, caller: str) -> Refusal | None:
        if self._draining:
            return Refusal(Reason.DRAINING, UNAVAILABLE, RETRY_AFTER)
        if self.calls >= self._max_calls:
            return Refusal(Reason.FULL, UNAVAILABLE, FULL_RETRY_AFTER)
        return self._admission.ask(caller, asyncio.get_running_loop().time())

    def _ended(self, line: SipLine) -> None:
        if self._lines.pop(line, None) is not None:
            self._admission.left(line.caller)

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
            except Exception as error:
                log.error("call_failed", trace=trace(error))
            finally:
                await line.hang_up()

    async def _open(self, port: int) -> None:
        """The account, behind the guard, which stands before anything is read. Raises ListenFailed."""
        addresses = [(self._host, port)]
        if self._tls is not None:
            tls_port = open_tls(pj.Endpoint.instance(), self._tls)
            addresses.append((listen_address(self._tls.listen)[0], tls_port))
        try:
            self._guard.start(addresses)
        except NoFilter as error:
            raise ListenFailed(
                f"the line's sockets cannot be guarded ({error.strerror}), so that strangers could call"
            ) from None
        config = self._account_config(port)
        account = _Account(self._arrived)
        account.create(config, True)
        self._account = account
        if self._registrar is not None:
            account.registrar = self._registrar
            await self._registrar.start(account)
        self._lost.start()

    async def _close(self) -> None:
        await self._lost.end()
        if self._registrar is not None:
            await self._registrar.end()
        if self._account is not None:
            self._account.shutdown()
            self._account = None
        self._guard.close()
        self._library.stop()

    def _account_config(self, port: int) -> pj.AccountConfig:
        config, trunk = pj.AccountConfig(), self._trunk
        config.idUri = f"sip:huimin@{self._host}:{port}"
        if self._registrar is not None:
            self._registrar.configure(config)
        sound = config.mediaConfig.transportConfig
        sound.boundAddress, sound.publicAddress = self._host, trunk.public_address
        sound.port, sound.portRange = self._rtp_ports.first, self._rtp_ports.count
        config.mediaConfig.srtpUse = _SRTP[trunk.srtp]
        config.mediaConfig.srtpSecureSignaling = int(trunk.srtp is Srtp.REQUIRED)
        config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
        config.callConfig.timerSessExpiresSec = trunk.session_expires
        return config

    def _let_in(self, registrar: list[Network]) -> None:
        """The carrier's addresses, besides those that are allowed."""
        self._guard.allow([*self._allowed, *registrar])
        self._sound_guard.allowed = (*self._allowed, *self._trunk.sound, *registrar)

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
