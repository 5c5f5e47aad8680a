"""Signing in at a carrier, and staying signed in (RFC 3261 clause 10, digest of RFC 7616)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import pjsua2 as pj
from prometheus_client import Gauge

from foundation.log import logger
from ivr.sip.address import host_of
from ivr.sip.carrier.networks import Network, network
from ivr.sip.carrier.trunk import Registration
from ivr.sip.contained import contained
from ivr.sip.library import ListenFailed

REFUSED_RETRY_SECONDS = 300.0
"""After a refusal that PJSIP takes for the last word, such as 403: carriers lift them, and lock out those who
ask too often."""
LOOK_UP_SECONDS = 60.0
"""How often the carrier's name is looked up: its addresses are let in, and they change."""
MOST_ADDRESSES = 10
"""Of the carrier's that are let in: a filter has room for these beside the networks of the settings."""
SIGN_OUT_SECONDS = 2.0

REGISTERED = Gauge("huimin_ivr_registered", "1 while the carrier knows the line, 0 while it does not")

log = logger("ivr.sip")


class Registrar:
    """Owns the state of the registration. Its account tells it what came of each try."""

    def __init__(self, settings: Registration, found: Callable[[list[Network]], None]) -> None:
        """found: called with the carrier's addresses, whenever they were looked up."""
        self._settings = settings
        self._found = found
        self._account: pj.Account | None = None
        self._looking_up: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self.registered = False

    def configure(self, config: pj.AccountConfig) -> None:
        """Puts our name and password into an account. Raises ListenFailed where there is no password."""
        settings = self._settings
        try:
            secret = settings.secret()
        except ValueError as error:
            raise ListenFailed(str(error)) from None
        domain = settings.registrar.partition(":")[2].partition(";")[0].rpartition("@")[2]
        config.idUri = f"sip:{settings.user}@{domain}"
        config.regConfig.registrarUri = settings.registrar
        config.regConfig.timeoutSec = settings.expires
        config.regConfig.retryIntervalSec = settings.retry
        config.regConfig.firstRetryIntervalSec = min(settings.retry, 5)
        config.regConfig.registerOnAdd = False
        credentials = pj.AuthCredInfo("digest", "*", settings.auth_user or settings.user, 0, secret)
        config.sipConfig.authCreds = pj.AuthCredInfoVector([credentials])
        if settings.proxy:
            config.sipConfig.proxies = pj.StringVector([f"{settings.proxy};lr"])

    async def start(self, account: pj.Account) -> None:
        """Lets the carrier's addresses in, and begins to sign in; goes on trying until `end`."""
        self._account = account
        await self._look_up()
        self._looking_up = asyncio.create_task(self._keep_looking_up())
        self._register()

    def answered(self, code: int, reason: str) -> None:
        """What came of a try; the account's callback."""
        if self._account is None:
            return
        was, self.registered = self.registered, self._account.getInfo().regIsActive and code // 100 == 2
        REGISTERED.set(self.registered)
        self._changed.set()
        if self.registered:
            if not was:
                log.info("registered", registrar=host_of(self._settings.registrar))
            return
        if code // 100 != 2:
            log.error("registration_failed", code=code, reason=reason[:64], advice=_advice(code))
            if self._again is None:
                wait = REFUSED_RETRY_SECONDS if code in (401, 403, 404, 407) else float(self._settings.retry)
                self._again = asyncio.get_running_loop().call_later(wait, self._register_again)

    async def end(self) -> None:
        """Signs out, so that the carrier sends calls elsewhere; those in progress go on. May be repeated."""
        account, self._account = self._account, None
        self._not_again()
        if self._looking_up is not None:
            self._looking_up.cancel()
            await asyncio.gather(self._looking_up, return_exceptions=True)
        REGISTERED.set(0)
        if account is None or not self.registered:
            return
        self.registered = False
        with suppress(pj.Error, TimeoutError):
            self._account, self._changed = account, asyncio.Event()
            account.setRegistration(False)
            async with asyncio.timeout(SIGN_OUT_SECONDS):
                await self._changed.wait()
        self._account = None
        self._not_again()

    def _not_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _register(self) -> None:
        if self._account is not None:
            try:
                self._account.setRegistration(True)
            except pj.Error as error:
                self.answered(pj.PJSIP_SC_SERVICE_UNAVAILABLE, error.reason)

    def _register_again(self) -> None:
        self._again = None
        if not self.registered:
            self._register()

    async def _keep_looking_up(self) -> None:
        while True:
            await asyncio.sleep(LOOK_UP_SECONDS)
            try:
                await self._look_up()
            except OSError as error:
                log.error("registrar_not_let_in", reason=error.strerror)

    async def _look_up(self) -> None:
        addresses: set[str] = set()
        for uri in filter(None, (self._settings.registrar, self._settings.proxy)):
            try:
                ip_address(host_of(uri))
                addresses.add(host_of(uri))
                continue
            except ValueError:
                pass
            try:
                answers = await asyncio.get_running_loop().getaddrinfo(
                    host_of(uri), None, family=socket.AF_INET, type=socket.SOCK_DGRAM
                )
            except OSError as error:
                log.error("registrar_not_found", host=host_of(uri), reason=error.strerror)
                return  # those that were let in stay in
            addresses.update(str(answer[4][0]) for answer in answers)
        if len(addresses) > MOST_ADDRESSES:
            log.warning("registrar_has_many_addresses", found=len(addresses), let_in=MOST_ADDRESSES)
        self._found([network(address) for address in sorted(addresses)[:MOST_ADDRESSES]])


class RegisteredAccount(pj.Account):
    """An account whose registration somebody follows."""

    def __init__(self) -> None:
        super().__init__()
        self.registrar: Registrar | None = None

    @contained
    def onRegState(self, prm: Any) -> None:  # noqa: N802 (PJSIP's name)
        """The library's callback."""
        if self.registrar is not None:
            self.registrar.answered(prm.code, prm.reason)


def _advice(code: int) -> str:
    match code:
        case 401 | 403 | 407:
            return "look at user, auth_user and password in [ivr.registration]"
        case 404:
            return "the carrier does not know the user in [ivr.registration]"
        case 408 | 503:
            return "the registrar does not answer; look at its address and at the network"
        case _:
            return "ask the carrier, with the code and the time"
