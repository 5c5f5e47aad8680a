"""The reader of service cards (magnetic stripe, chip)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from hardware.interfaces.device import Device


@dataclass(frozen=True, slots=True)
class CardData:
    """What a service card says. Personal data: its repr shows none of it."""

    number: str = field(repr=False)
    holder: str = field(repr=False, default="")


class CardReader(Device):
    """Reads service cards."""

    @abstractmethod
    async def read_card(self, *, timeout: float) -> CardData:
        """Waits up to `timeout` seconds for a card and reads it. DeviceError with a CardError otherwise."""
