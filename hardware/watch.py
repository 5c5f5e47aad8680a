"""Watching the devices: one task each asks for the status while nobody uses the device, gets one back that
was unplugged, and goes on whatever happens.

Who owns what: a device owns its status and tells its subscribers of every change; the store counts and keeps
what it is told; a watch owns nothing but the time until its next question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from foundation.log import logger
from hardware.interfaces.device import (
    PORT_ADVICE,
    AnyDevice,
    CommandEnded,
    CompletionCode,
    DeviceStatus,
    Status,
)
from hardware.interfaces.device import Event as Happened
from hardware.store import Event, Store

log = logger(__name__)

WATCH_SECONDS = 5.0
"""From one question to the next, of a device that answers."""
LONGEST_PAUSE = 30.0
"""Of a device that does not answer: each pause is twice the one before."""
FIRST_PAUSE = 0.5
HUNG_SECONDS = 30.0
"""A question that takes longer than this is a driver's mistake."""
_UNANSWERED = PORT_ADVICE | {
    f"advice.completion.{completion.value}"
    for completion in (CompletionCode.TIME_OUT, CompletionCode.CONNECTION_LOST, CompletionCode.INTERNAL_ERROR)
}
"""Advice of a status that nobody told: the question itself failed."""


class Watch:
    """Watches one device while its owner has it open. seconds: from one question to the next."""

    def __init__(self, device: AnyDevice, store: Store | None = None, seconds: float = WATCH_SECONDS) -> None:
        self._device = device
        self._store = store
        self._seconds = seconds
        self._missed = 0
        self._soon = asyncio.Event()

    async def run(self) -> None:
        """Asks until it is cancelled. A command that failed is a reason to ask at once."""
        end = self._device.subscribe(self._told)
        try:
            while True:
                try:
                    if self._device.opened:
                        async with asyncio.timeout(HUNG_SECONDS):
                            status = await self._device.status()
                        self._missed = 0 if _answered(status) else self._missed + 1
                except Exception as error:
                    self._failed(error)
                await self._wait()
        finally:
            end()

    def _told(self, happened: Happened) -> None:
        if isinstance(happened, CommandEnded) and happened.error:
            self._soon.set()

    async def _wait(self) -> None:
        """The usual time for a device that answers; longer and longer for one that does not."""
        pause = self._seconds
        if self._missed:
            pause = min(FIRST_PAUSE * 2.0 ** min(self._missed - 1, 10), LONGEST_PAUSE)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._soon.wait()
        self._soon.clear()

    def _failed(self, error: Exception) -> None:
        """Says so, in the log and as an event; the next question comes as if nothing had been. The error's
        text may hold anything."""
        kind, device = type(error).__name__, self._device
        log.error("watch_failed", device=device.name, driver=device.driver, kind=kind)
        if self._store is not None:
            self._store.count(device.name, "watch_failures")
            self._store.record(
                Event(
                    datetime.now(UTC),
                    device.name,
                    "watch_failed",
                    CompletionCode.INTERNAL_ERROR.value,
                    advice=(f"advice.completion.{CompletionCode.INTERNAL_ERROR.value}",),
                    detail=kind,
                )
            )


def _answered(status: Status) -> bool:
    """Whether the device answered, or is in use. One that says that it cannot work has answered: that its
    cover is shut again has to be seen soon."""
    return status.device is DeviceStatus.DEVICE_BUSY or _UNANSWERED.isdisjoint(status.advice)


async def watch(
    devices: Iterable[AnyDevice], store: Store | None = None, seconds: float = WATCH_SECONDS
) -> None:
    """Watches devices, and keeps what becomes of them in the store, until it is cancelled."""
    devices = tuple(devices)
    ends = [store.follow(device) for device in devices] if store is not None else []
    try:
        async with asyncio.TaskGroup() as tasks:
            if store is not None:
                tasks.create_task(store.run())
            for device in devices:
                tasks.create_task(Watch(device, store, seconds).run())
    finally:
        for end in ends:
            end()
        if store is not None:
            await store.flush()
