"""Tells the backend how the terminal is: now and then, and at once when something changes.

What a backend did not hear is not kept: the next report says how the terminal is then. So it never holds up
a visit, and takes no room while the backend is away.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from backend_client.errors import BackendError
from foundation.life import beside
from foundation.log import logger
from hardware.interfaces.device import Event, StatusChanged
from hardware.registry import RECEIPT_PRINTER
from kiosk.figures import CLOCK_OFFSET
from kiosk.reporting.machine import room
from kiosk.reporting.survey import Survey

log = logger(__name__)

SECONDS = 30.0
"""From one report to the next where nothing changes; a fifth of it more or less by chance."""
FIRST = 1.0
"""After the start: the first picture comes first, and most devices have been opened by then."""
GAP = 1.0
"""Between two reports at least, however much changes."""
AWAY = 10.0
"""Until the next try while no backend answers."""
NOT_OFFERED = 300.0
"""Where a county's backend does not want to know."""
LAST_SECONDS = 1.0
"""For saying that the terminal is being shut down."""
CLOCK_WRONG = 300.0
"""Seconds off after which slips, and certificates, show it."""


class Reporter:
    """Reports while it runs."""

    def __init__(self, survey: Survey, folder: Path) -> None:
        """folder: of the terminal's data."""
        self._survey = survey
        self._folder = folder
        self._changed = asyncio.Event()
        self._service = survey.service
        self._heard = True
        self.clock_offset: float | None = None
        """Seconds by which this clock is ahead of the backend's, as of the last report; None before it."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reports while the block runs, and that the terminal stops at its end."""
        ends = self._listen()
        try:
            async with beside(self._run()):
                yield
            if self._heard:
                with suppress(BackendError, TimeoutError):
                    async with asyncio.timeout(LAST_SECONDS):
                        await self._report(stopping=True)
        finally:
            for end in ends:
                end()

    def _listen(self) -> list[Callable[[], None]]:
        visit, devices = self._survey.visit, self._survey.devices
        shown = visit.changed

        def changed() -> None:
            shown()
            self._look_at_service()

        visit.changed = changed
        ends = [device.subscribe(self._told) for device in devices.all.values()]
        if (printer := devices.of(RECEIPT_PRINTER)) is not None:
            ends.append(printer.subscribe(self._survey.tally.told))
        return ends

    def _look_at_service(self) -> None:
        if self._survey.service != self._service:
            self._service = self._survey.service
            self._changed.set()

    def _told(self, event: Event) -> None:
        """What a device measures may change every second; what somebody has to do does not."""
        if isinstance(event, StatusChanged):
            before, now = event.before, event.now
            if (before.device, before.findings) != (now.device, now.findings):
                self._changed.set()

    async def _run(self) -> None:
        await asyncio.sleep(FIRST)
        while True:
            self._changed.clear()
            pause, patient = SECONDS * random.uniform(0.8, 1.2), False  # noqa: S311 (spreads terminals out)
            try:
                await self._report()
            except BackendError as error:
                pause = NOT_OFFERED if error.reason == "UNIMPLEMENTED" else AWAY * random.uniform(0.5, 1)  # noqa: S311
                patient = True
                self._note(heard=False, reason=error.reason)
            except Exception as error:  # a terminal serves also where it cannot say how it is
                self._note(heard=False, reason=type(error).__name__)
            else:
                self._note(heard=True)
            await self._wait(pause, patient=patient)

    async def _wait(self, seconds: float, *, patient: bool) -> None:
        """Until something changes. patient: changes do not count; nobody would hear of them."""
        least = seconds if patient else GAP
        await asyncio.sleep(least)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - least):
                await self._changed.wait()

    async def _report(self, *, stopping: bool = False) -> None:
        full = await asyncio.to_thread(room, self._folder)
        began = datetime.now(UTC)
        there = await self._survey.door.client.report_terminal(self._survey.report(full, stopping=stopping))
        middle = began + (datetime.now(UTC) - began) / 2
        self._note_clock((middle - there).total_seconds())

    def _note_clock(self, offset: float) -> None:
        """offset: seconds by which this clock is ahead. Nothing that a resident waits for goes by it."""
        wrong = abs(offset) > CLOCK_WRONG
        if wrong != (self.clock_offset is not None and abs(self.clock_offset) > CLOCK_WRONG):
            log.warning("clock_wrong" if wrong else "clock_right", ahead_seconds=round(offset))
        self.clock_offset = offset
        CLOCK_OFFSET.set(offset)

    def _note(self, *, heard: bool, reason: str = "") -> None:
        """Into the log, where it is otherwise than before."""
        if heard != self._heard:
            log.info("terminal_reported" if heard else "terminal_not_reported", reason=reason)
        self._heard = heard
