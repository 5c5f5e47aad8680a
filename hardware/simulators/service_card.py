"""A simulated service card (社会保障卡), for the virtual readers of vsmartcard's vpcd in a real pcscd.

Between card and reader, a TCP connection that the card opens::

    LEN hi lo | data…       LEN 1: 00 power off, 01 power on, 02 reset, 04 "your answer to reset?"
                            else: a command APDU; the card answers in the same frame

A card is in the reader for as long as its connection stands.
"""

from __future__ import annotations

import asyncio
import socket
import tomllib
from contextlib import suppress
from enum import Enum, IntEnum
from pathlib import Path

from pydantic import TypeAdapter

from foundation.log import logger
from hardware.protocols import ber_tlv, service_card
from hardware.protocols.apdu import ApduError, Command, Instruction, Response, StatusWord
from hardware.protocols.service_card import SSSE, File, ServiceCard

log = logger(__name__)

FIRST_PORT = 0x8C7B
"""Where Debian's vpcd waits for a card in its first reader; its second reader is at the next port."""
ANSWER_TO_RESET = bytes.fromhex("3B6D0000") + b"HUIMIN-DEMO\x90\x00"
"""ISO/IEC 7816-3: direct convention, protocol T=0, thirteen historical bytes."""
NO_ANSWER_TO_RESET = bytes(34)
"""More than an answer to reset may have: vpcd reports that powering the card failed."""
SLOW_SECONDS = 1.0
RETRY_SECONDS = 0.05
"""Pause between two attempts to reach a reader that is not there."""


def load(file: Path) -> ServiceCard:
    """Reads a card file. ValueError where it is none, or does not say of itself that nobody real is meant."""
    values = tomllib.loads(file.read_text("utf-8"))
    if values.pop("demonstration", None) is not True:
        raise ValueError(f"{file}: only demonstration cards are simulated")
    return TypeAdapter(ServiceCard).validate_python(values)


DEMONSTRATION = load(Path(__file__).with_suffix(".toml"))
"""The supplied card."""


class CardFault(Enum):
    """What is wrong with a card; the values are the command line's."""

    NONE = "none"
    TAKEN_OUT = "taken-out"
    """Its owner pulls it between select and read."""
    MUTE = "mute"
    """It does not answer to its reset: it lies upside down, or its contacts are dirty."""
    HANGS = "hangs"
    """It answers to its reset and to nothing else."""
    SLOW = "slow"
    """It takes a second for each answer."""
    OTHER_CARD = "other-card"
    """It has no such application."""
    PROTECTED = "protected"
    """It shows its holder to nobody without a key."""
    GARBAGE = "garbage"
    """Its records are no data objects."""
    WRONG_NUMBER = "wrong-number"
    """The check character of its holder's number is wrong."""


class Control(IntEnum):
    """What the reader does to the card, in frames of one byte."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ANSWER_TO_RESET = 4


class CardProgram:
    """What runs on the chip: commands in, responses out. No connection, no clock.

    by_tag: it finds records by their tag; exact: it wants the exact Le and corrects any other (6Cxx), as
    cards of protocol T=0 do.
    """

    def __init__(
        self,
        card: ServiceCard,
        fault: CardFault = CardFault.NONE,
        *,
        by_tag: bool = True,
        exact: bool = False,
    ) -> None:
        self._records = service_card.encode(card)
        self._fault = fault
        self._by_tag = by_tag
        self._exact = exact
        self._environment = False
        self._file: File | None = None
        self._waiting = b""

    @property
    def file_selected(self) -> bool:
        """Whether a file is selected."""
        return self._file is not None

    def reset(self) -> None:
        """Forgets what was selected."""
        self._environment, self._file, self._waiting = False, None, b""

    def answer(self, said: bytes) -> bytes:
        """The response to a command."""
        try:
            return self._answer(Command.decode(said)).encode()
        except ApduError:
            return Response(StatusWord.WRONG_LENGTH).encode()

    def _answer(self, command: Command) -> Response:
        if command.cla != 0:
            return Response(StatusWord.CLASS_NOT_SUPPORTED)
        match command.ins:
            case Instruction.SELECT:
                return self._select(command)
            case Instruction.READ_RECORD:
                return self._read(command)
            case Instruction.GET_RESPONSE:
                return self._give(self._waiting, command.le)
            case _:
                return Response(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _select(self, command: Command) -> Response:
        if command.p1 == 0x04:
            if command.data != SSSE or self._fault is CardFault.OTHER_CARD:
                return Response(StatusWord.FILE_NOT_FOUND)
            self.reset()
            self._environment = True
            named = ber_tlv.Tlv(0x84, SSSE).encode() + ber_tlv.Tlv(0xA5, b"").encode()
            self._waiting = ber_tlv.Tlv(0x6F, named).encode()
            return Response(0x6100 | len(self._waiting))
        try:
            file = File(int.from_bytes(command.data, "big"))
        except ValueError:
            return Response(StatusWord.FILE_NOT_FOUND)
        if not self._environment:
            return Response(StatusWord.FILE_NOT_FOUND)
        self._file = file
        return Response(StatusWord.DONE)

    def _read(self, command: Command) -> Response:
        if self._file is None:
            return Response(StatusWord.CONDITIONS_NOT_SATISFIED)
        if self._fault is CardFault.PROTECTED and self._file is File.HOLDER:
            return Response(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        records = self._records[self._file]
        if command.p2 == 0x04:
            found = records[command.p1 - 1 : command.p1] if command.p1 else ()
        elif command.p2 == 0x00 and self._by_tag:
            found = tuple(record for record in records if record[0] == command.p1)
        else:
            return Response(StatusWord.WRONG_P1_P2)
        if not found:
            return Response(StatusWord.RECORD_NOT_FOUND)
        return self._give(self._spoilt(found[0]), command.le)

    def _spoilt(self, record: bytes) -> bytes:
        if self._fault is CardFault.GARBAGE:
            return b"\x1f\xff\xff\xff" + record[2:]
        if self._fault is CardFault.WRONG_NUMBER and record[0] == service_card.Tag.HOLDER_NUMBER:
            return record[:-1] + (b"1" if record.endswith(b"X") else b"X")
        return record

    def _give(self, data: bytes, length: int | None) -> Response:
        if length is None or (self._exact and length != len(data)):
            return Response(0x6C00 | len(data))
        return Response(StatusWord.DONE, data[:length])


class SimulatedServiceCard:
    """A card and the hand that puts it into a virtual reader and takes it out. One owner.

    host, port: where vpcd waits for the card of its reader.
    """

    def __init__(self, port: int = FIRST_PORT, host: str = "127.0.0.1") -> None:
        self._host = host
        self._port = port
        self._hand: asyncio.Task[None] | None = None
        self._fault = CardFault.NONE
        self.in_reader = asyncio.Event()
        """Set while a reader has it."""
        self.commands = 0
        """How many commands it was given since it was inserted."""

    @property
    def inserted(self) -> bool:
        """Whether it is in the reader, as far as the hand knows."""
        return self._hand is not None and not self._hand.done()

    def insert(
        self,
        card: ServiceCard = DEMONSTRATION,
        fault: CardFault = CardFault.NONE,
        *,
        by_tag: bool = True,
        exact: bool = False,
    ) -> None:
        """Puts a card into the reader, where none is; it stays there over a restart of pcscd."""
        if self.inserted:
            raise RuntimeError("a card is in the reader already")
        self._fault, self.commands = fault, 0
        program = CardProgram(card, fault, by_tag=by_tag, exact=exact)
        self._hand = asyncio.create_task(self._hold(program))

    async def taken_out(self) -> None:
        """Waits until its owner takes it out in the middle, which only one fault does."""
        if self._hand is not None:
            await asyncio.wait([self._hand])

    async def remove(self) -> None:
        """Takes the card out, where one is in. Never raises."""
        hand, self._hand = self._hand, None
        if hand is not None:
            hand.cancel()
            await asyncio.gather(hand, return_exceptions=True)

    async def _hold(self, program: CardProgram) -> None:
        """Keeps the card in the reader until it is taken out."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.in_reader.set()
            try:
                with suppress(OSError, EOFError):
                    if await self._serve(program, reader, writer):
                        return
            finally:
                self.in_reader.clear()
                writer.close()

    async def _serve(
        self, program: CardProgram, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answers the reader. True once the card was taken out in the middle."""
        powered = False
        connection = writer.get_extra_info("socket")
        while True:
            length = int.from_bytes(await reader.readexactly(2), "big")
            # vpcd sends the rest once this has been acknowledged, which takes 40 ms unless it is hurried.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            said = await reader.readexactly(length)
            if length == 1:
                if said[0] == Control.ANSWER_TO_RESET:
                    mute = powered and self._fault is CardFault.MUTE
                    await _send(writer, NO_ANSWER_TO_RESET if mute else ANSWER_TO_RESET)
                else:
                    powered = said[0] != Control.POWER_OFF
                    program.reset()
                continue
            self.commands += 1
            match self._fault:
                case CardFault.HANGS:
                    continue
                case CardFault.SLOW:
                    await asyncio.sleep(SLOW_SECONDS)
                case CardFault.TAKEN_OUT if program.file_selected:
                    return True
            await _send(writer, program.answer(said))


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(len(data).to_bytes(2, "big") + data)
    await writer.drain()
