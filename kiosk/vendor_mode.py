"""The terminal lends its devices to a technician's program, and says so to residents meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from foundation.log import logger
from hardware.diagnosing.report import LENT, Report
from hardware.interfaces.device import DeviceStatus
from hardware.registry import Devices
from hardware.vendor_mode.lines import State
from hardware.vendor_mode.server import Lender
from hardware.vendor_mode.settings import VendorModeSettings
from kiosk.figures import reports
from kiosk.visit.visit import Visit

log = logger(__name__)

LONGEST_USE = 90.0
"""Seconds that a command under way is waited for; none takes so long, unless its device does not let go."""


class LendingTerminal(Lender):
    """A visit under way may come to its end; then "out of service" is shown, and the ports are free."""

    def __init__(
        self,
        name: str,
        visit: Visit,
        devices: Devices,
        settings: VendorModeSettings,
        opened: Awaitable[object],
    ) -> None:
        """opened: is done once the devices were opened for the first time."""
        self.name = name
        self._visit = visit
        self._devices = devices
        self._settings = settings
        self._opened = asyncio.ensure_future(opened)
        self._state = State.SERVING
        self._deadline = 0.0
        self._hurried = asyncio.Event()

    @property
    def state(self) -> State:
        """How far it is."""
        return self._state

    @property
    def seconds_left(self) -> float:
        """For which a visit may still go on."""
        return max(0.0, self._deadline - time.monotonic()) if self._state is State.WAITING else 0.0

    def reports(self) -> list[Report]:
        """What it knows of them: how each was when it was asked last, and that a technician has them."""
        known = reports(self._devices)
        if self._state is State.LENT:
            lent = {"status": DeviceStatus.DEVICE_BUSY, "findings": (LENT,)}
            known = [one.model_copy(update=lent) for one in known]
        return known

    def devices(self) -> list[dict[str, Any]]:
        """The same, for another program."""
        return [one.model_dump(mode="json") for one in self.reports()]

    def hurry(self) -> None:
        """A visit under way is waited for no longer."""
        self._hurried.set()

    async def lend(self) -> None:
        """Returns once the ports are free."""
        self._state = State.WAITING
        await self._until_nobody_is_there()
        self._visit.interrupt(self._settings.keep)
        self._state = State.RELEASING
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_USE):
                await self._visit.turns.lend()
        await asyncio.wait({self._opened})
        await self._devices.close()
        self._state = State.LENT

    async def take_back(self) -> None:
        """Serves again. A device that cannot be opened is one that failed while the terminal serves."""
        self._hurried.clear()
        if self._state in (State.RELEASING, State.LENT):
            await self._devices.open()
            self._visit.turns.take_back()
            self._visit.resume()
        self._state = State.SERVING

    async def _until_nobody_is_there(self) -> None:
        self._deadline = time.monotonic() + self._settings.wait
        waits = {asyncio.ensure_future(self._visit.over()), asyncio.ensure_future(self._hurried.wait())}
        try:
            await asyncio.wait(waits, timeout=self._settings.wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
