"""What the terminal does when the mains fail: it serves on the battery, and ends before that does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from foundation.log import logger
from hardware.interfaces.device import Event, StatusChanged
from hardware.interfaces.power_supply import Battery, PowerSource, PowerSupply, PowerSupplyStatus
from kiosk.visit.pages import Cause, Ending
from kiosk.visit.visit import Visit

log = logger(__name__)


class PowerWatch:
    """Takes the terminal out of service while the battery is low, until the mains are back.

    A supply that does not tell how it is changes nothing: neither is the terminal put out of service for
    that, nor back into it.
    """

    def __init__(self, visit: Visit, supply: PowerSupply | None, *, keep: float, finish: float) -> None:
        """keep: seconds for which what an interrupted resident entered is kept; finish: for which a visit may
        go on once the battery is low."""
        self._visit = visit
        self._supply = supply
        self._keep = keep
        self._finish = finish
        self._source = PowerSource.UNKNOWN
        self._ending: asyncio.Task[None] | None = None
        self._deaf: Callable[[], None] = lambda: None

    def open(self) -> None:
        """From now on."""
        if self._supply is not None:
            self._deaf = self._supply.subscribe(self._told)
            self._look(self._supply.last_status)

    def close(self) -> None:
        """No more."""
        self._deaf()
        self._stop_ending()

    def _told(self, event: Event) -> None:
        if isinstance(event, StatusChanged) and isinstance(event.now, PowerSupplyStatus):
            self._look(event.now)

    def _look(self, now: PowerSupplyStatus) -> None:
        if now.source is PowerSource.UNKNOWN:
            return
        if now.source is not self._source:
            self._source = now.source
            log.warning("power_source", source=now.source.value, charge=now.charge, runtime=now.runtime)
        if now.source is not PowerSource.BATTERY:
            self._stop_ending()
        elif now.battery is Battery.LOW and self._ending is None:
            log.warning("battery_low", charge=now.charge, runtime=now.runtime)
            self._visit.announce(Ending(Cause.POWER, round(self._finish)))
            self._ending = asyncio.get_running_loop().create_task(self._end_service())

    async def _end_service(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._finish):
                await self._visit.over()
        self._visit.interrupt(self._keep, Cause.POWER)

    def _stop_ending(self) -> None:
        ending, self._ending = self._ending, None
        if ending is None:
            return
        self._visit.announce(None)
        if ending.done():
            self._visit.resume(Cause.POWER)
        ending.cancel()
