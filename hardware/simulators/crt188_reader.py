"""A simulated card reader with a motor: the reader's side of `hardware.protocols.crt188`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from hardware.protocols import crt188
from hardware.protocols.crt188 import (
    Broken,
    Command,
    Control,
    Found,
    Frame,
    FrameReader,
    Position,
    Refusal,
    Result,
    TrackFault,
)
from hardware.protocols.track2 import Track2
from hardware.simulators import service_card
from hardware.simulators.device import Fact
from hardware.simulators.framed import FramedDevice
from hardware.simulators.service_card import CardProgram
from hardware.simulators.swipe_reader import DEMONSTRATION, card_of

SERIAL_NUMBER = b"HUIMIN-SIMULATED"
VERSION = b"SIMULATED"
_NAMES = {
    Command.RESET_EJECT: "reset",
    Command.READ_SERIAL_NUMBER: "serial-number",
    Command.STATE: "state",
    Command.SENSORS: "sensors",
    Command.STOP_INSIDE: "stop",
    Command.OPEN_ENTRY: "open-entry",
    Command.CLOSE_ENTRY: "close-entry",
    Command.EJECT: "eject",
    Command.RETAIN: "retain",
    Command.READ_TRACKS: "read",
    Command.MOVE_TO_CONTACTS: "to-contacts",
    Command.CHIP_TYPE: "chip-type",
    Command.POWER_ON: "power-on",
    Command.POWER_OFF: "power-off",
    Command.CHIP_RESET: "chip-reset",
    Command.EXCHANGE_T0: "exchange",
}
Chip = Callable[[bytes], bytes]
"""What runs on a chip: a command APDU in, a response APDU out."""
_DATA = {Command.OPEN_ENTRY: 1, Command.CLOSE_ENTRY: 1, Command.READ_TRACKS: 2}
"""Bytes of DATA that a command has; the others have none."""


class ReaderFault(Enum):
    """What is wrong with the reader or its card; the values are the command line's.

    What happens to a card happens once; what is wrong with the reader stays until it is put right.
    """

    NONE = "none"
    WITHDRAWN = "withdrawn"
    """The card is pulled back out while it enters."""
    REMOVED = "removed"
    """The card is taken out after it entered, before its track or chip is asked."""
    UNREADABLE = "unreadable"
    """The track's check is wrong."""
    BLANK = "blank"
    """There is nothing on the track."""
    TOO_LONG = "too-long"
    """A card that is too long was pushed in."""
    TOO_SHORT = "too-short"
    """A card that is too short was pushed in."""
    JAM = "jam"
    """The motor does not move the card."""
    SHUTTER = "shutter"
    """The shutter does not move."""
    NAK = "nak"
    """The reader does not understand a command, once."""
    DEAF = "deaf"
    """The reader understands no command."""
    POWER_FAILURE = "power-failure"
    """The main supply has failed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a reader takes to move a card and to answer, in seconds, and its line's speed."""

    move: float = 0.8
    answer: float = 0.02
    baud: int = 9600


INSTANT = Pace(0.0, 0.0, 0)


class SimulatedCrt188Reader(FramedDevice[Found]):
    """Answers on a pseudo-terminal as a reader would. unknown: commands that this model does not have."""

    name = "card-reader"
    own_faults = ReaderFault
    commands = tuple(dict.fromkeys(_NAMES.values()))
    actions = ("insert", "take", "free")
    fault_at = "read"

    def __init__(self, port: Path, pace: Pace = Pace(), *, unknown: frozenset[Command] = frozenset()) -> None:
        super().__init__(port, pace.baud, FrameReader())
        self.pace = pace
        self.unknown = unknown
        self.polls: list[float] = []
        """When it was asked for its state, on the loop's clock; the last hundred."""
        self.retained = 0
        self.position = Position.NONE
        self.entry_open = False
        self.shutter_open = False
        self._command: tuple[Command | None, bytes] | None = None
        """What was said last, and waits for ENQ, or may be asked for again."""
        self._reply = b""
        self._track: Track2 | None = None
        self._offered = False
        """A card is held to the slot, and was not taken in yet."""
        self._entering: asyncio.TimerHandle | None = None
        self._chip: Chip | None = None
        self._powered = False

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """As huimin-simulate serves it."""
        return cls(folder / cls.name, INSTANT if instant else Pace())

    def insert(self, card: Track2 = DEMONSTRATION, chip: Chip | None = None) -> None:
        """Holds a card to the slot: it is drawn in once the entry is open. Nothing where one is inside.

        chip: what runs on its chip, which speaks T=0; None where it has none."""
        if self.position in (Position.NONE, Position.AT_MOUTH):
            self.position = Position.NONE
            self._track, self._chip, self._offered = card, chip, True
            self._draw_in()

    def take(self) -> None:
        """Takes the card that is at the slot."""
        if self._offered or self.position is Position.AT_MOUTH:
            self._gone()

    def free(self) -> None:
        """Opens the reader and takes the card out by hand, as a technician does."""
        self._gone()

    def act(self, action: str, given: str) -> None:
        """``insert`` with what stands between the sentinels of track 2, or nothing for the demonstration
        card, which has a chip as well; ``take`` what is at the slot; ``free`` what is inside."""
        if action == "insert":
            chip = None if given else CardProgram(service_card.DEMONSTRATION).answer
            self.insert(card_of(given), chip)
        elif action == "take":
            self.take()
        else:
            self.free()

    def state(self) -> Mapping[str, Fact]:
        """Whether a card is inside, and how many were kept."""
        inside = self.position not in (Position.NONE, Position.AT_MOUTH)
        return {"card_inside": inside, "cards_retained": self.retained}

    def _switched_off(self) -> None:
        if self._entering is not None:
            self._entering.cancel()

    async def _answer(self, found: Found) -> None:
        match found:
            case Broken():
                await self.line.put(Control.NAK.encode())
            case Frame(body):
                if self.fault in (ReaderFault.NAK, ReaderFault.DEAF):
                    if self.fault is ReaderFault.NAK:
                        self._used_up()
                    await self.line.put(Control.NAK.encode())
                    return
                self._command, self._reply = (crt188.command(body), body), b""
                await self.line.put(Control.ACK.encode())
            case Control.ENQ if self._command is not None:
                self._reply = self._reply or crt188.frame(await self._done(*self._command))
                await self.line.send(self._reply)
            case Control.EOT:
                self._command = None
            case _:
                pass

    async def _done(self, command: Command | None, body: bytes) -> bytes:
        """Carries a command out and gives the reply's body."""
        if command is None or command in self.unknown or command not in _NAMES:
            return crt188.refusal(body[0], Refusal.UNKNOWN_COMMAND)
        if command is not Command.EXCHANGE_T0 and len(body) != 2 + _DATA.get(command, 0):
            return crt188.refusal(body[0], Refusal.WRONG_DATA)
        self._notice(_NAMES[command])
        if self.fault is ReaderFault.POWER_FAILURE and command is not Command.STATE:
            return crt188.refusal(body[0], Refusal.POWER_FAILURE)
        await asyncio.sleep(self.pace.answer)
        match command:
            case Command.READ_SERIAL_NUMBER:
                return body + bytes((Result.DONE.value, len(SERIAL_NUMBER))) + SERIAL_NUMBER
            case Command.STATE:
                self.polls = [*self.polls[-99:], asyncio.get_running_loop().time()]
                return body + bytes((self.position.value, 0x4A if self.entry_open else 0x4E, 0x4E))
            case Command.SENSORS:
                inside = b"1" if self.position is not Position.NONE else b"0"
                return body + inside * 5 + (b"1" if self.shutter_open else b"0") + self._at_mouth()
            case Command.READ_TRACKS:
                return body + self._track_told()
            case Command.RESET_EJECT:
                await self._reset()
                return body + VERSION
            case Command.OPEN_ENTRY | Command.CLOSE_ENTRY:
                return body + bytes((self._entry(is_open=command is Command.OPEN_ENTRY).value,))
            case Command.EJECT | Command.RETAIN | Command.MOVE_TO_CONTACTS:
                return body + bytes(((await self._move(command)).value,))
            case Command.CHIP_TYPE:
                return body + (b"10" if self._at_contacts() else b"N0")
            case Command.POWER_ON | Command.CHIP_RESET:
                self._powered = self._at_contacts()
                return body + bytes(((Result.DONE if self._powered else Result.FAILED).value,))
            case Command.POWER_OFF:
                self._powered = False
                return body + bytes((Result.DONE.value,))
            case Command.EXCHANGE_T0:
                return body[:2] + self._exchanged(body[2:])
            case _:
                return body + bytes((Result.DONE.value,))

    def _at_mouth(self) -> bytes:
        return b"1" if self._offered or self.position is Position.AT_MOUTH else b"0"

    def _entry(self, *, is_open: bool) -> Result:
        if self.fault is ReaderFault.SHUTTER:
            return Result.FAILED
        self.entry_open = self.shutter_open = is_open
        self._draw_in()
        return Result.DONE

    def _draw_in(self) -> None:
        if self._offered and self.entry_open and self._entering is None:
            self._entering = asyncio.get_running_loop().call_later(self.pace.move, self._drawn_in)

    def _drawn_in(self) -> None:
        self._entering = None
        if not self._offered:
            return
        match self.fault:
            case ReaderFault.WITHDRAWN:
                self._used_up()
                self._gone()
            case ReaderFault.TOO_LONG | ReaderFault.TOO_SHORT:
                self.position = Position[self.fault.name]
                self._offered = False
                self._used_up()
            case _:
                self.position, self._offered = Position.INSIDE, False

    def _track_told(self) -> bytes:
        """What the reader heard of track 2 when the card came in."""
        fault = self.fault
        if fault in (ReaderFault.UNREADABLE, ReaderFault.BLANK):
            self._used_up()
        if self._struck_out():
            self._gone()
        if self.position not in (Position.INSIDE, Position.AT_CONTACTS) or self._track is None:
            return bytes((Result.NO_CARD.value,))
        separator = bytes((crt188.UNIT_SEPARATOR,))
        if fault in (ReaderFault.UNREADABLE, ReaderFault.BLANK):
            why = TrackFault.CHECK if fault is ReaderFault.UNREADABLE else TrackFault.BLANK
            return separator + bytes((Result.FAILED.value, why.value))
        return separator + bytes((Result.DONE.value,)) + self._track.encode().encode("ascii")

    async def _move(self, command: Command) -> Result:
        if self.position is Position.NONE:
            return Result.NO_CARD
        await asyncio.sleep(self.pace.move)
        if self.fault is ReaderFault.JAM:
            return Result.FAILED
        match command:
            case Command.EJECT:
                self.position = Position.AT_MOUTH
            case Command.MOVE_TO_CONTACTS:
                self.position = Position.AT_CONTACTS
            case _:
                self.retained += 1
                self._gone()
        return Result.DONE

    async def _reset(self) -> None:
        await asyncio.sleep(self.pace.move)
        self.entry_open = self.shutter_open = False
        if self.position is not Position.NONE and self.fault is not ReaderFault.JAM:
            self.position = Position.AT_MOUTH

    def _at_contacts(self) -> bool:
        """Whether a card with a chip is at the contacts."""
        if self._struck_out():
            self._gone()
        return self.position is Position.AT_CONTACTS and self._chip is not None

    def _exchanged(self, data: bytes) -> bytes:
        if not (self._at_contacts() and self._powered and self._chip):
            return bytes((Result.NO_CARD.value,))
        said = self._chip(data[crt188.LEN_BYTES :])
        return bytes((Result.DONE.value,)) + len(said).to_bytes(crt188.LEN_BYTES, "big") + said

    def _struck_out(self) -> bool:
        """Whether the card is taken out now; once."""
        strikes = self.fault is ReaderFault.REMOVED
        if strikes:
            self._used_up()
        return strikes

    def _gone(self) -> None:
        self.position, self._track, self._chip = Position.NONE, None, None
        self._offered = self._powered = False
