"""The serial language of the identity card reader's security module (SAM_A), GA/T 467-2019 §7.

The line is 8N1, 115200 baud unless the reader was set to 57600, 38400, 19200 or 9600::

    host -> reader   AA AA AA 96 69 | LEN hi lo | CMD | PARA | DATA… | CHK
    reader -> host   AA AA AA 96 69 | LEN hi lo | SW1 SW2 SW3 | DATA… | CHK

    LEN  big-endian, counts from CMD (or SW1) to CHK, both included
    CHK  exclusive or of every byte from LEN to the last of DATA

Both directions share the frame, so one `FrameReader` serves the host and the simulated reader. It
takes bytes as they come, in pieces of any size, holds no more than one frame, and finds the next
frame after anything else. What the text inside a reply means is `identity_card`'s affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import reduce
from operator import xor

from hardware.protocols.frames import Framer

PREAMBLE = bytes.fromhex("AAAAAA9669")
LEN_BYTES = 2
HEADER_BYTES = len(PREAMBLE) + LEN_BYTES
MIN_LEN = 3
"""CMD, PARA, CHK: nothing shorter has a meaning in either direction."""
MAX_LEN = 4096
"""Upper cap on LEN. The longest reply of public readers has 2321 bytes in all; a larger figure is noise."""


class Command(Enum):
    """What the host asks; the values are CMD and PARA."""

    RESET_SAM = (0x10, 0xFF)
    """Restarts the security module."""
    SAM_STATUS = (0x11, 0xFF)
    """Asks whether the module works."""
    READ_SAM_ID = (0x12, 0xFF)
    """Asks for the module's own identifier."""
    FIND_CARD = (0x20, 0x01)
    """Looks for a card in the field."""
    SELECT_CARD = (0x20, 0x02)
    """Chooses the card that was found."""
    READ_TEXT_PHOTO = (0x30, 0x01)
    """Reads the text record and the photo."""
    READ_APPENDED_ADDRESS = (0x30, 0x03)
    """Reads the address that was added after the card was made."""
    READ_TEXT_PHOTO_FINGERPRINT = (0x30, 0x10)
    """Reads the text record, the photo and the fingerprints."""

    def encode(self) -> bytes:
        """The whole frame that asks it."""
        return frame(bytes(self.value))


class Status(IntEnum):
    """SW3, what became of a command (§7). SW1 and SW2 are zero."""

    DONE = 0x90
    """The command was carried out."""
    CARD_FOUND = 0x9F
    """A card lies in the field."""
    CHECKSUM_ERROR = 0x10
    """The reader got a frame whose CHK is wrong."""
    LENGTH_ERROR = 0x11
    """The reader got a frame whose LEN is wrong."""
    COMMAND_ERROR = 0x21
    """The reader got a frame whose CMD or PARA is wrong."""
    UNKNOWN_ERROR = 0x24
    """The reader failed without saying why."""
    AUTHENTICATION_FAILED_31 = 0x31
    """Card and security module failed to prove themselves to each other, in one direction."""
    AUTHENTICATION_FAILED_32 = 0x32
    """The same, in the other direction."""
    VERIFICATION_ERROR = 0x33
    """The card's content failed the module's verification."""
    UNRECOGNISED_CARD = 0x40
    """The card is of a kind the reader does not know."""
    READ_FAILED = 0x41
    """The card was not read: mostly it moved or was lifted."""
    RANDOM_NUMBER_FAILED = 0x47
    """The module could not make a random number."""
    SELF_TEST_FAILED = 0x60
    """The module failed its own test: it needs a technician."""
    NOT_AUTHORISED = 0x66
    """The module is not authorised: it needs a technician."""
    NO_CARD = 0x80
    """No card lies in the field."""
    SELECT_FAILED = 0x81
    """The card that was found could not be chosen: mostly it was lifted."""
    NO_SUCH_CONTENT = 0x91
    """The card does not have what was asked for."""


class Fault(Enum):
    """Why bytes that began like a frame are not one."""

    CHECKSUM = "checksum"
    """CHK differs from the exclusive or of the frame."""
    LENGTH = "length"
    """LEN is below MIN_LEN or above MAX_LEN."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the frame was whole."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose checksum is right. body: what stands between LEN and CHK; it can hold personal data."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that began like a frame and is none."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Reply:
    """What the reader answers. status: a `Status`, or the bare SW3 where the standard has no such code."""

    status: Status | int
    data: bytes = field(repr=False, default=b"")

    def encode(self) -> bytes:
        """The whole frame that says it."""
        return frame(bytes((0, 0, self.status)) + self.data)

    @classmethod
    def decode(cls, body: bytes) -> Reply:
        """Reads a frame's body. ValueError where it is shorter than SW1 SW2 SW3."""
        if len(body) < 3:
            raise ValueError("a reply has three status bytes")
        try:
            status: Status | int = Status(body[2])
        except ValueError:
            status = body[2]
        return cls(status, body[3:])


def checksum(content: bytes | bytearray) -> int:
    """CHK over LEN and everything after it."""
    return reduce(xor, content, 0)


def frame(body: bytes) -> bytes:
    """Wraps CMD PARA DATA, or SW1 SW2 SW3 DATA. ValueError where it is longer than a frame may be."""
    length = len(body) + 1
    if not MIN_LEN <= length <= MAX_LEN:
        raise ValueError(f"a frame's LEN is {MIN_LEN} to {MAX_LEN}, not {length}")
    content = length.to_bytes(LEN_BYTES, "big") + body
    return PREAMBLE + content + bytes((checksum(content),))


def command(body: bytes) -> Command | None:
    """The command that a frame's body asks, or None where there is no such command."""
    try:
        return Command((body[0], body[1]))
    except (ValueError, IndexError):
        return None


class FrameReader(Framer[Frame | Broken]):
    """See `Framer`. A frame has begun once its preamble is whole."""

    PIECE = MAX_LEN

    @property
    def begun(self) -> bool:
        """True while a preamble has come and the rest of its frame has not."""
        return self._held.startswith(PREAMBLE)

    def _take(self, found: list[Frame | Broken]) -> None:
        held = self._held
        while True:
            self._drop_noise()
            if len(held) < HEADER_BYTES:
                return
            length = int.from_bytes(held[len(PREAMBLE) : HEADER_BYTES], "big")
            if not MIN_LEN <= length <= MAX_LEN:
                found.append(Broken(Fault.LENGTH))
                self._drop(1)
                continue
            end = HEADER_BYTES + length
            if len(held) < end:
                return
            if checksum(held[len(PREAMBLE) : end]) == 0:  # CHK included, a right frame cancels out
                found.append(Frame(bytes(held[HEADER_BYTES : end - 1])))
                self._drop(end)
            else:
                found.append(Broken(Fault.CHECKSUM))
                self._drop(1)

    def _drop_noise(self) -> None:
        """Leaves a preamble, or the longest end that can still become one, at the start."""
        at = self._held.find(PREAMBLE)
        if at < 0:
            keep = next(n for n in range(len(PREAMBLE) - 1, -1, -1) if self._held.endswith(PREAMBLE[:n]))
            at = len(self._held) - keep
        self._drop(at)

    def _cut_short(self) -> Broken:
        return Broken(Fault.CUT_SHORT)


SHORT_DATA = 16
"""Longest data of an answer that is no card's content: the module's identifier."""


def can_answer(asked: Command, reply: Reply) -> bool:
    """Whether a reply can be the answer to what was asked.

    Frames carry no number, so an answer that comes late could be taken for the next one's. A reader answers
    in order, and the answers to find, select and read differ: by that they are told apart.
    """
    done, long = reply.status is Status.DONE, len(reply.data) > SHORT_DATA
    match asked:
        case Command.FIND_CARD:
            return not done and reply.status not in (Status.SELECT_FAILED, Status.READ_FAILED)
        case Command.SELECT_CARD:
            return reply.status is not Status.CARD_FOUND and not (done and long)
        case Command.READ_TEXT_PHOTO | Command.READ_TEXT_PHOTO_FINGERPRINT:
            return reply.status not in (Status.CARD_FOUND, Status.SELECT_FAILED) and (long or not done)
        case Command.READ_SAM_ID:
            return reply.status is not Status.CARD_FOUND and (not done or 0 < len(reply.data) <= SHORT_DATA)
        case _:
            return reply.status is not Status.CARD_FOUND and not (done and long)
