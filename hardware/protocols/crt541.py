"""The serial language of the Creator CRT-541, which hands cards out of a stacker (as the CRT-540 before it).

The line is 8N1, 9600 baud unless it was set otherwise. Everything is ASCII but the control characters::

    host -> unit   02 | addrH addrL | cmdH cmdL      | 03 | BCC
    unit -> host   06 | addrH addrL                             the command was understood
                   15 | addrH addrL                             it was not
                   02 | addrH addrL | working stacker | 03 | BCC    after the 06 of an enquiry

    addr  "00" to "15", set at the unit
    BCC   exclusive or of every byte from 02 to 03, both included

What is public: the maker's specification of the CRT-541, version 1.0 of 2010-01-10, §4.4 and §5.1, from which
the frame, every command and the working states below are. Of its table of stacker states only the first,
enough cards, was found; the others are kept as the byte that came, without a meaning. The unit has no command
that reads, takes back or keeps a card. An enquiry comes no sooner than 200 ms after the last one (§5.1.2).

Both directions share the frame, so one `FrameReader` serves the host and the simulated unit. It takes bytes
as they come, holds one frame at most, and finds the next one after anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

from hardware.protocols.frames import Framer

STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
FRAME_BYTES = 7
ANSWER_BYTES = 3
ADDRESSES = range(16)
POLL_SECONDS = 0.2
"""Shortest time from one enquiry to the next."""


class Command(Enum):
    """What the host asks (§4.4.3); the values are the two characters."""

    DISPENSE = b"DC"
    """Hands a card out."""
    ENQUIRE = b"AP"
    """Asks for the state."""
    RESET = b"RS"
    """Starts anew."""
    ALLOW_PREPARING = b"IP"
    """The next card may be brought forward before it is asked for."""
    FORBID_PREPARING = b"IE"
    """It may not."""
    BAUD_1200 = b"B0"
    BAUD_2400 = b"B1"
    BAUD_4800 = b"B2"
    BAUD_9600 = b"B3"
    BAUD_19200 = b"B4"
    BAUD_38400 = b"B5"
    """Sets the speed of the line."""


class Working(Enum):
    """What the unit is doing (§4.4.4)."""

    READY = 0x30
    """It waits for a command."""
    DISPENSING = 0x31
    """A card is on its way out."""
    DISPENSED = 0x33
    """The last card went out. Said once, to the first enquiry after it."""
    ERROR = 0x34
    """A card could not be handed out."""
    PREPARING = 0x35
    """The next card is being brought forward."""
    REFUSED = 0x36
    """It will not hand out a card: the stacker is empty, there is an error, or a card waits to be taken. Said
    once, to the first enquiry after the command."""


STACKER_ENOUGH = 0x30
"""Enough cards (§4.4.5)."""


class Fault(Enum):
    """Why bytes that began like a frame are not one."""

    CHECKSUM = "checksum"
    """BCC differs from the exclusive or of the frame, or ETX is missing."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the frame was whole."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """06: the unit at an address has understood."""

    address: int


@dataclass(frozen=True, slots=True)
class NotAcknowledged:
    """15: the unit at an address has not understood."""

    address: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose BCC is right. body: the two bytes between the address and ETX."""

    address: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that began like a frame and is none."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class State:
    """The answer to an enquiry. working: a `Working`, or the bare byte where there is no such state."""

    working: Working | int
    stacker: int

    @classmethod
    def decode(cls, body: bytes) -> State:
        """Reads a frame's body. ValueError where it has not two bytes."""
        working, stacker = body
        return cls(Working(working) if working in _WORKING else working, stacker)

    def encode(self) -> bytes:
        """The body that says this."""
        return bytes(
            (self.working.value if isinstance(self.working, Working) else self.working, self.stacker)
        )

    @property
    def enough(self) -> bool | None:
        """Whether the stacker has enough cards; None where the state's meaning is not public."""
        return True if self.stacker == STACKER_ENOUGH else None


_WORKING = frozenset(working.value for working in Working)

Found = Acknowledged | NotAcknowledged | Frame | Broken


def checksum(content: bytes | bytearray) -> int:
    """BCC over STX and everything after it."""
    return reduce(xor, content, 0)


def frame(address: int, body: bytes) -> bytes:
    """Wraps the two bytes of a command or of a state. ValueError where they are not two."""
    if len(body) != FRAME_BYTES - 5:
        raise ValueError(f"a body has two bytes, not {len(body)}")
    content = bytes((STX,)) + _characters(address) + body + bytes((ETX,))
    return content + bytes((checksum(content),))


def answer(address: int, *, understood: bool) -> bytes:
    """The three bytes that say whether a command was understood."""
    return bytes((ACK if understood else NAK,)) + _characters(address)


def command(body: bytes) -> Command | None:
    """The command that a frame's body asks, or None where there is no such command."""
    try:
        return Command(body)
    except ValueError:
        return None


def _characters(address: int) -> bytes:
    if address not in ADDRESSES:
        raise ValueError(f"an address is 0 to 15, not {address}")
    return f"{address:02}".encode("ascii")


class FrameReader(Framer[Found]):
    """See `Framer`. It finds answers, too."""

    PIECE = 1

    def _take(self, found: list[Found]) -> None:
        held = self._held
        while held:
            if not _may_begin(held):
                self._drop(1)
                continue
            if held[0] != STX and len(held) >= ANSWER_BYTES:
                kind = Acknowledged if held[0] == ACK else NotAcknowledged
                found.append(kind(int(held[1:ANSWER_BYTES])))
                self._drop(ANSWER_BYTES)
                continue
            if held[0] != STX or len(held) < FRAME_BYTES:
                return
            content = bytes(held[:FRAME_BYTES])
            if content[-2] == ETX and checksum(content) == 0:  # BCC included, a right frame cancels out
                found.append(Frame(int(content[1:3]), content[3:5]))
                self._drop(FRAME_BYTES)
            else:
                found.append(Broken(Fault.CHECKSUM))
                self._drop(1)

    def _cut_short(self) -> Broken | None:
        # Control character and address have come, and more.
        return Broken(Fault.CUT_SHORT) if len(self._held) > ANSWER_BYTES else None


def _may_begin(held: bytearray) -> bool:
    """Whether the bytes begin with a control character and what can still become an address."""
    if held[0] not in (STX, ACK, NAK):
        return False
    if len(held) == 1:
        return True
    ones = {ord("0"): b"0123456789", ord("1"): b"012345"}.get(held[1])
    return ones is not None and (len(held) == 2 or held[2] in ones)
