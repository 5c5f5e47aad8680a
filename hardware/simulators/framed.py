"""A simulated device that is asked in frames, and answers one after another."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

from foundation.log import logger
from hardware.protocols.frames import Framer
from hardware.simulators.device import SimulatedDevice

log = logger(__name__)

WAITING = 16
"""Commands that wait for their answer; what comes beyond them is lost, as in a device's own buffer."""

Found = TypeVar("Found")


class FramedDevice(SimulatedDevice, Generic[Found]):
    """Owns the frames that came and were not answered yet."""

    def __init__(self, port: Path, baud: int, frames: Framer[Found]) -> None:
        super().__init__(port, baud)
        self._frames = frames
        self._asked: asyncio.Queue[Found] = asyncio.Queue(WAITING)

    def _received(self, data: bytes) -> None:
        for found in self._frames.feed(data):
            if self._asked.full():
                log.warning("simulated_device_overrun", device=self.name)
            else:
                self._asked.put_nowait(found)

    async def _serve(self) -> None:
        try:
            while True:
                found = await self._asked.get()
                if not self.silent:
                    await self._answer(found)
        finally:
            self._switched_off()

    @abstractmethod
    async def _answer(self, found: Found) -> None:
        """Does what a frame asks."""

    def _switched_off(self) -> None:
        """Ends what was to happen later."""
