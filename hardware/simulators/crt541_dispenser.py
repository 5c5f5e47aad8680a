"""A simulated card dispenser: the unit's side of `hardware.protocols.crt541`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from hardware.protocols import crt541
from hardware.protocols.crt541 import (
    STACKER_ENOUGH,
    Broken,
    Command,
    Found,
    Frame,
    FrameReader,
    State,
    Working,
)
from hardware.simulators.device import Fact
from hardware.simulators.framed import FramedDevice

FULL_STACKER = 60
"""Cards in the shortest stacker."""
STACKER_NOT_ENOUGH = 0x3F
"""Stands for the states whose bytes are not public; a host must not find a meaning in it."""
_NAMES = {
    Command.DISPENSE: "dispense",
    Command.ENQUIRE: "enquire",
    Command.RESET: "reset",
    Command.ALLOW_PREPARING: "allow-preparing",
    Command.FORBID_PREPARING: "forbid-preparing",
}


class DispenserFault(Enum):
    """What is wrong with the unit; the values are the command line's. It stays until it is put right, but
    for NAK."""

    NONE = "none"
    JAM = "jam"
    """A card is stuck on its way out."""
    EMPTY = "empty"
    """The stacker is empty."""
    NOT_TAKEN = "not-taken"
    """The last card still waits to be taken."""
    NAK = "nak"
    """The unit does not understand a command, once."""
    DEAF = "deaf"
    """The unit understands no command."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a card takes on its way out, in seconds, and the line's speed. Zeros are for tests."""

    dispense: float = 1.5
    baud: int = 9600


INSTANT = Pace(0.0, 0)


class SimulatedCrt541Dispenser(FramedDevice[Found]):
    """Answers on a pseudo-terminal as a unit would."""

    name = "card-dispenser"
    own_faults = DispenserFault
    commands = tuple(_NAMES.values())
    actions = ("refill",)
    fault_at = "enquire"

    def __init__(self, port: Path, pace: Pace = Pace(), *, address: int = 0) -> None:
        super().__init__(port, pace.baud, FrameReader())
        self.pace = pace
        self.address = address
        self.cards = FULL_STACKER
        self.dispensed = 0
        self.enquiries: list[float] = []
        """When it was asked for its state, on the loop's clock; the last hundred."""
        self._working = Working.READY
        self._out: asyncio.TimerHandle | None = None

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """As huimin-simulate serves it."""
        return cls(folder / cls.name, INSTANT if instant else Pace())

    def act(self, action: str, given: str) -> None:
        """``refill`` the stacker."""
        self.cards = FULL_STACKER

    def state(self) -> Mapping[str, Fact]:
        """How many cards are left, and how many went out."""
        return {"cards_left": self.cards, "cards_dispensed": self.dispensed}

    def _switched_off(self) -> None:
        if self._out is not None:
            self._out.cancel()

    async def _answer(self, found: Found) -> None:
        """A unit answers what was said to its own address."""
        if isinstance(found, Broken):
            await self.line.put(crt541.answer(self.address, understood=False))
            return
        if not isinstance(found, Frame) or found.address != self.address:
            return
        command = crt541.command(found.body)
        if command not in _NAMES or self.fault in (DispenserFault.NAK, DispenserFault.DEAF):
            if self.fault is DispenserFault.NAK:
                self._used_up()
            await self.line.put(crt541.answer(self.address, understood=False))
            return
        self._notice(_NAMES[command])
        await self.line.put(crt541.answer(self.address, understood=True))
        match command:
            case Command.ENQUIRE:
                await self._tell()
            case Command.DISPENSE:
                self._dispense()
            case Command.RESET:
                self._working = Working.READY

    async def _tell(self) -> None:
        self.enquiries = [*self.enquiries[-99:], asyncio.get_running_loop().time()]
        working = self._working
        if self._working in (Working.DISPENSED, Working.REFUSED):
            self._working = Working.READY  # these are said once
        few = self.cards == 0 or self.fault is DispenserFault.EMPTY
        state = State(working, STACKER_NOT_ENOUGH if few else STACKER_ENOUGH)
        await self.line.send(crt541.frame(self.address, state.encode()))

    def _dispense(self) -> None:
        if self._working is Working.DISPENSING:
            return
        if self.cards == 0 or self.fault in (DispenserFault.EMPTY, DispenserFault.NOT_TAKEN):
            self._working = Working.REFUSED
            return
        self._working = Working.DISPENSING
        self._out = asyncio.get_running_loop().call_later(self.pace.dispense, self._went_out)

    def _went_out(self) -> None:
        if self.fault is DispenserFault.JAM:
            self._working = Working.ERROR
            return
        self.cards -= 1
        self.dispensed += 1
        self._working = Working.DISPENSED

    def _become(self, fault: Enum) -> None:
        super()._become(fault)
        if self._working is Working.ERROR:
            self._working = Working.READY  # a technician has freed the card
