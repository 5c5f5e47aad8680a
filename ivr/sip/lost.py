"""Callers whose network has gone: their calls are ended, since no BYE will ever come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from foundation.log import logger
from ivr import metrics
from ivr.sip.line import SipLine

LOOKS = 6
"""How often a call is looked at within the silence that ends it."""
SLICES = 20
"""A look at all calls is spread over so many turns of the loop, so that none is held up."""

log = logger("ivr.sip")


class LostNetworks:
    """Looks at how many packets each call has received. A phone on hold sends none, and is left alone: there
    the session timer decides."""

    def __init__(self, patience: float, lines: Callable[[], Sequence[SipLine]]) -> None:
        """patience: seconds without a packet; lines: the calls going on."""
        self._patience = patience
        self._lines = lines
        self._last: WeakKeyDictionary[SipLine, tuple[int, float]] = WeakKeyDictionary()
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.create_task(self._look())

    async def end(self) -> None:
        """Looks no more. May be repeated."""
        tasks = [*self._ending, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    async def _look(self) -> None:
        while True:
            lines = self._lines()
            for part in range(SLICES):
                for line in lines[part::SLICES]:
                    self._look_at(line)
                await asyncio.sleep(self._patience / LOOKS / SLICES)
            lines = ()

    def _look_at(self, line: SipLine) -> None:
        received = line.packets_received()
        now = asyncio.get_running_loop().time()
        before = self._last.get(line)
        if received is None or before is None or before[0] != received:
            self._last[line] = (-1 if received is None else received, now)
        elif now - before[1] >= self._patience:
            self._last[line] = (received, now)
            metrics.LOST.inc()
            log.warning("network_lost", call_id=line.call_id, seconds=round(now - before[1]))
            task = asyncio.create_task(line.hang_up())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
