"""A simulated identity card reader: the device's side of GA/T 467, with a reader's behaviour in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from foundation.log import logger
from hardware.protocols import gat467
from hardware.protocols.gat467 import Broken, Command, Fault, Frame, FrameReader, Reply, Status
from hardware.protocols.identity_card import Content
from hardware.simulators.line import Line

log = logger(__name__)

SAM_ID = b"HUIMIN-SIMULATED"
NOISE = bytes.fromhex("00 FF AA AA 96 55 AA AA AA 96 00 13 AA AA AA 96 69")
"""What a bad contact may send: pieces of preambles, and a whole one with nothing behind it."""
WAITING_COMMANDS = 16


class CardFault(Enum):
    """What goes wrong at the next reading of the card; the values are the command line's."""

    WRONG_CHECKSUM = "wrong-checksum"
    """One byte of the answer is wrong."""
    CUT_SHORT = "cut-short"
    """The answer stops half-way."""
    NOISE = "noise"
    """Other bytes come before the answer."""
    LIFTED = "lifted"
    """The card is taken away while it is read."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a reader takes, in seconds, and its line's speed. Zeros are for tests."""

    find: float = 0.03
    select: float = 0.05
    read: float = 0.6
    baud: int = 115200


INSTANT = Pace(0.0, 0.0, 0.0, 0)


class _Card(Enum):
    """What the reader knows of the card in its field."""

    LYING = "lying"
    FOUND = "found"
    SELECTED = "selected"
    SPENT = "spent"
    """Read: it is not found again until it was lifted."""


class SimulatedIdentityCardReader:
    """Answers on a pseudo-terminal as a reader would. One owner: whoever presents and lifts cards."""

    def __init__(self, name: Path, pace: Pace = Pace()) -> None:
        self.line = Line(name, self._received, pace.baud)
        self.pace = pace
        self.silent = False
        """A reader without power: it takes bytes and answers nothing."""
        self.finds: list[float] = []
        """When it was asked for a card, on the loop's clock; the last hundred."""
        self._frames = FrameReader()
        self._waiting: asyncio.Queue[Frame | Broken] = asyncio.Queue(WAITING_COMMANDS)
        self._content: Content | None = None
        self._card: _Card | None = None
        self._fault: CardFault | None = None

    @property
    def card_present(self) -> bool:
        """Whether a card lies in the field."""
        return self._card is not None

    def present(self, content: Content, fault: CardFault | None = None) -> None:
        """Lays a card down, in place of one that lies there. The fault happens once."""
        self._content, self._card, self._fault = content, _Card.LYING, fault

    def lift(self) -> None:
        """Takes the card away."""
        self._content, self._card, self._fault = None, None, None

    async def run(self) -> None:
        """Answers until it is cancelled."""
        self.line.plug_in()
        try:
            while True:
                found = await self._waiting.get()
                if not self.silent:
                    await self._answer(found)
        finally:
            self.line.unplug()

    def _received(self, data: bytes) -> None:
        for found in self._frames.feed(data):
            if self._waiting.full():
                log.warning("simulated_reader_overrun")
            else:
                self._waiting.put_nowait(found)

    async def _answer(self, found: Frame | Broken) -> None:
        if isinstance(found, Broken):
            await self._say(Status.CHECKSUM_ERROR if found.fault is Fault.CHECKSUM else Status.LENGTH_ERROR)
            return
        match gat467.command(found.body):
            case Command.RESET_SAM | Command.SAM_STATUS:
                await self._say(Status.DONE)
            case Command.READ_SAM_ID:
                await self._say(Status.DONE, SAM_ID)
            case Command.FIND_CARD:
                await self._find()
            case Command.SELECT_CARD:
                await self._select()
            case Command.READ_TEXT_PHOTO:
                await self._read(with_fingerprint=False)
            case Command.READ_TEXT_PHOTO_FINGERPRINT:
                await self._read(with_fingerprint=True)
            case Command.READ_APPENDED_ADDRESS:
                await self._say(Status.NO_SUCH_CONTENT)
            case None:
                await self._say(Status.COMMAND_ERROR)

    async def _find(self) -> None:
        self.finds = [*self.finds[-99:], asyncio.get_running_loop().time()]
        await asyncio.sleep(self.pace.find)
        if self._card in (None, _Card.SPENT):
            await self._say(Status.NO_CARD)
            return
        self._card = _Card.FOUND
        await self._say(Status.CARD_FOUND, bytes(4))

    async def _select(self) -> None:
        await asyncio.sleep(self.pace.select)
        if self._card is not _Card.FOUND:
            await self._say(Status.SELECT_FAILED)
            return
        self._card = _Card.SELECTED
        await self._say(Status.DONE, bytes(8))

    async def _read(self, *, with_fingerprint: bool) -> None:
        fault = self._fault if self._card is _Card.SELECTED else None
        await asyncio.sleep(self.pace.read / 2)
        if fault is CardFault.LIFTED:
            self.lift()
        await asyncio.sleep(self.pace.read / 2)
        if self._card is not _Card.SELECTED or self._content is None:
            await self._say(Status.READ_FAILED)
            return
        self._card, self._fault = _Card.SPENT, None
        answer = Reply(Status.DONE, self._content.encode(with_fingerprint=with_fingerprint)).encode()
        await self.line.send(_spoilt(answer, fault))

    async def _say(self, status: Status, data: bytes = b"") -> None:
        await self.line.send(Reply(status, data).encode())


def _spoilt(answer: bytes, fault: CardFault | None) -> bytes:
    match fault:
        case CardFault.WRONG_CHECKSUM:
            middle = len(answer) // 2
            return answer[:middle] + bytes((answer[middle] ^ 0x01,)) + answer[middle + 1 :]
        case CardFault.CUT_SHORT:
            return answer[: len(answer) // 2]
        case CardFault.NOISE:
            return NOISE + answer
        case _:
            return answer
