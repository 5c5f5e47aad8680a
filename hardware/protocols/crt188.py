"""The serial language of the Creator CRT-188 and of the CRT-310 family, its motorised sisters.

The line is 8N1, 9600 baud unless it was set otherwise::

    host -> reader   02 | LEN hi lo | CM PM DATA… | 03 | BCC
    reader -> host   06 understood, 15 not understood: send it again
    host -> reader   05 now do it                          (04 instead: forget it)
    reader -> host   02 | LEN hi lo | CM PM DATA… | 03 | BCC        done; most end with a result byte
                     02 | 00 03     | 4E CM error | 03 | BCC        not done
    host -> reader   06 understood; 05 again, where the reply came damaged

    LEN   big-endian, counts from CM to the last of DATA
    BCC   exclusive or of every byte from 02 to 03, both included

The maker has published a sheet of additional commands of the CRT-188 (version 1.0, 2006-07-16): the frame,
the result bytes 59 and 4E, reading and writing the serial number. The manual with the whole table is not
public. The other commands of `Command`, the handshake and the meaning of their replies are those that open
programs for the CRT-188 and the CRT-310 use, where they agree: reset, entry, stop position, state, sensors,
moving the card, reading the tracks, power and exchange of commands for a chip card. Nothing else is asked of
it: no contactless or memory cards, SAM sockets, lamps, cleaning, writing of the serial number or speed.

Which of them a reader knows depends on its model; one that it does not know it refuses itself
(`Refusal.UNKNOWN_COMMAND`). The sensors are five or six bytes by model, then two, shutter and switch; only
these two are used.

Both directions share the frame, so one `FrameReader` serves the host and the simulated reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import reduce
from operator import xor

from hardware.protocols.frames import Framer

STX, ETX = 0x02, 0x03
LEN_BYTES = 2
HEADER_BYTES = 1 + LEN_BYTES
TAIL_BYTES = 2
MIN_LEN = 2
"""CM and PM."""
MAX_LEN = 1024
"""Upper cap on LEN. The longest is the reply with three tracks, some 240 bytes; a larger figure is noise."""
NEGATIVE = 0x4E
UNIT_SEPARATOR = 0x1F
POLL_SECONDS = 0.2
"""Shortest time from one question for the state to the next."""


class Control(Enum):
    """Single bytes of the handshake."""

    EOT = 0x04
    """Forget the command."""
    ENQ = 0x05
    """Do the command; or say the reply again."""
    ACK = 0x06
    """Understood."""
    NAK = 0x15
    """Not understood: say it again."""

    def encode(self) -> bytes:
        """The byte."""
        return bytes((self.value,))


class Command(Enum):
    """What the host asks; the values are CM and PM, followed by DATA where there is any."""

    RESET_EJECT = (0x30, 0x31)
    """Starts anew and gives the card back. The reply tells the version."""
    READ_SERIAL_NUMBER = (0x30, 0x3A)
    """The reader's own number, up to 16 characters."""
    STATE = (0x31, 0x30)
    """Where the card is, and which cards may enter."""
    SENSORS = (0x31, 0x2F)
    """Each light barrier, the shutter, the switch at the mouth."""
    CHIP_TYPE = (0x31, 0x31)
    """Which kind of chip the card has."""
    STOP_INSIDE = (0x2E, 0x32)
    """A card that enters stops inside."""
    MOVE_TO_CONTACTS = (0x32, 0x2F)
    """Moves the card to the contacts, and they come down."""
    EJECT = (0x32, 0x30)
    """Moves the card to the mouth and lets it go."""
    RETAIN = (0x32, 0x33)
    """Moves the card out behind, where a box catches it."""
    POWER_ON = (0x33, 0x30)
    """Power to the chip."""
    POWER_OFF = (0x33, 0x31)
    """No power to the chip."""
    CHIP_RESET = (0x37, 0x30)
    """Cold reset of the chip."""
    EXCHANGE_T0 = (0x37, 0x31)
    """A command to a chip that speaks T=0. DATA: length, two bytes, and the command."""
    EXCHANGE_T1 = (0x37, 0x32)
    """The same with T=1."""
    CLOSE_ENTRY = (0x2F, 0x31)
    """No card may enter. DATA: `REAR_CLOSED`."""
    OPEN_ENTRY = (0x2F, 0x33)
    """The shutter opens for any card. DATA: `REAR_CLOSED`."""
    READ_TRACKS = (0x45, 0x30)
    """Says what was read while the card moved. DATA: 30 for characters, and which tracks: `TRACK_2`."""

    def encode(self, data: bytes = b"") -> bytes:
        """The whole frame that asks it. ValueError where it is longer than a frame may be."""
        return frame(bytes(self.value) + data)


REAR_CLOSED = b"\x31"
"""No card may enter from behind."""
AS_CHARACTERS = 0x30
TRACK_2 = bytes((AS_CHARACTERS, 0x32))


class Result(Enum):
    """The result byte."""

    DONE = 0x59
    FAILED = 0x4E
    NO_CARD = 0x45
    """There is no card in the reader."""
    WRONG_POSITION = 0x57
    """The card is not where this can be done."""


class Refusal(IntEnum):
    """Why a command was not done, in a reply that begins with 4E."""

    UNKNOWN_COMMAND = 0
    UNKNOWN_PARAMETER = 1
    NOT_POSSIBLE = 2
    """Not now."""
    WRONG_DATA = 4
    VOLTAGE = 5
    """The supply's voltage is out of bounds."""
    ABNORMAL_CARD = 6
    """A card that is too long or too short is in the reader."""
    POWER_FAILURE = 7
    """The main supply has failed; the reader runs on what is left."""


class Position(Enum):
    """Where the card is."""

    TOO_LONG = 0x46
    TOO_SHORT = 0x47
    AT_MOUTH = 0x48
    """At the mouth, free to be taken."""
    HELD_AT_MOUTH = 0x49
    INSIDE = 0x4A
    AT_CONTACTS = 0x4B
    """Inside, and the contacts are down."""
    HELD_BEHIND = 0x4C
    BEHIND = 0x4D
    """Out behind: the card was retained."""
    NONE = 0x4E
    """No card."""


ENTRY_CLOSED = 0x4E


class TrackFault(Enum):
    """Why a track was not read."""

    NO_START = 0xE1
    NO_END = 0xE2
    PARITY = 0xE3
    CHECK = 0xE4
    BLANK = 0xE5


class Fault(Enum):
    """Why bytes that began like a frame are not one."""

    CHECKSUM = "checksum"
    """BCC differs from the exclusive or of the frame, or ETX is missing."""
    LENGTH = "length"
    """LEN is below MIN_LEN or above MAX_LEN."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the frame was whole."""


class ReplyError(ValueError):
    """A reply does not have the form that the command's reply has. It names the form, never the content."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose BCC is right. body: from CM to the last of DATA; it can hold personal data."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that began like a frame and is none."""

    fault: Fault


Found = Control | Frame | Broken


@dataclass(frozen=True, slots=True)
class Done:
    """A reply whose command was carried out. data: what follows CM and PM."""

    data: bytes = field(repr=False, default=b"")

    @property
    def result(self) -> Result | None:
        """The last byte as a result, or None where it is none."""
        return _RESULTS.get(self.data[-1]) if self.data else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A reply that begins with 4E. reason: a `Refusal`, or the bare byte where there is no such reason."""

    reason: Refusal | int


@dataclass(frozen=True, slots=True)
class State:
    """The reply to STATE."""

    position: Position
    entry_open: bool

    @classmethod
    def decode(cls, data: bytes) -> State:
        """Reads what follows CM and PM. ReplyError otherwise."""
        if len(data) < 2 or data[0] not in _POSITIONS:
            raise ReplyError("no such position")
        return cls(Position(data[0]), data[1] != ENTRY_CLOSED)


@dataclass(frozen=True, slots=True)
class Sensors:
    """The reply to SENSORS, as far as the models agree."""

    shutter_open: bool
    card_at_mouth: bool

    @classmethod
    def decode(cls, data: bytes) -> Sensors:
        """Reads what follows CM and PM. ReplyError otherwise."""
        if len(data) < 3 or set(data) - {0x30, 0x31}:
            raise ReplyError("no such sensors")
        return cls(data[-2] == 0x31, data[-1] == 0x31)


_RESULTS = {result.value: result for result in Result}
_POSITIONS = frozenset(position.value for position in Position)
_CONTROLS = {control.value: control for control in Control}


def checksum(content: bytes | bytearray) -> int:
    """BCC over STX and everything after it."""
    return reduce(xor, content, 0)


def frame(body: bytes) -> bytes:
    """Wraps CM PM DATA. ValueError where that is shorter or longer than a frame may be."""
    if not MIN_LEN <= len(body) <= MAX_LEN:
        raise ValueError(f"a frame's LEN is {MIN_LEN} to {MAX_LEN}, not {len(body)}")
    content = bytes((STX,)) + len(body).to_bytes(LEN_BYTES, "big") + body + bytes((ETX,))
    return content + bytes((checksum(content),))


def command(body: bytes) -> Command | None:
    """The command that a frame's body asks, or None where there is no such command."""
    try:
        return Command((body[0], body[1]))
    except (ValueError, IndexError):
        return None


def reply_to(asked: Command, body: bytes) -> Done | Refused | None:
    """What a frame's body answers to a command; None where it answers another one, and comes late."""
    cm, pm = asked.value
    if body[0] == NEGATIVE:
        if len(body) < 3 or body[1] != cm:
            return None
        reason = body[2] - 0x30 if 0x30 <= body[2] <= 0x37 else body[2]  # some models write the digit
        return Refused(Refusal(reason) if reason in _REFUSALS else reason)
    return Done(body[2:]) if (body[0], body[1]) == (cm, pm) else None


_REFUSALS = frozenset(Refusal)


def refusal(cm: int, reason: Refusal) -> bytes:
    """The body of a negative reply."""
    return bytes((NEGATIVE, cm, reason))


def serial_number(data: bytes) -> str:
    """What follows CM and PM in the reply to READ_SERIAL_NUMBER: result, length, characters. ReplyError."""
    if len(data) < 2 or data[0] != Result.DONE.value or len(data) != 2 + data[1] or data[1] > 16:
        raise ReplyError("no serial number")
    text = data[2:].decode("ascii", "replace")
    if not (text.isascii() and text.isprintable()):
        raise ReplyError("no serial number")
    return text


def chip_protocol(data: bytes) -> Command | None:
    """What follows CM and PM in the reply to CHIP_TYPE: by which command such a chip is spoken to; None where
    there is no processor card."""
    return {b"10": Command.EXCHANGE_T0, b"11": Command.EXCHANGE_T1}.get(data)


def chip_was_reset(data: bytes) -> bool:
    """What follows CM and PM in the reply to CHIP_RESET: whether the chip answered. What else the reply says
    of its answer is not public."""
    return data[:1] in (b"Y", b"Z")


def chip_data(command: bytes) -> bytes:
    """DATA of EXCHANGE_T0 and EXCHANGE_T1. ValueError where the command is too long for a frame."""
    if len(command) > MAX_LEN - MIN_LEN - LEN_BYTES:
        raise ValueError(f"a frame does not hold {len(command)} bytes")
    return len(command).to_bytes(LEN_BYTES, "big") + command


def chip_answer(data: bytes) -> bytes | Result:
    """What follows CM and PM in the reply to an exchange: result, length, the chip's answer. The answer, or
    the result where there is none. ReplyError otherwise."""
    if not data or data[0] not in _RESULTS:
        raise ReplyError("no result")
    if data[0] != Result.DONE.value:
        return Result(data[0])
    header = 1 + LEN_BYTES
    if len(data) < header or int.from_bytes(data[1:header], "big") != len(data) - header:
        raise ReplyError("no answer of a chip")
    return data[header:]


def track_of(data: bytes) -> str | TrackFault | Result:
    """What follows CM and PM in the reply to READ_TRACKS, asked for one track.

    ``30 track 1F 59 characters`` or ``30 track 1F 4E fault``, where a track that was not asked for may stand
    as ``1F`` alone or be left out; a lone result byte where there is no card to read. ReplyError otherwise.
    """
    echo, parts = data[: len(TRACK_2)], data[len(TRACK_2) :]
    if echo != TRACK_2:
        raise ReplyError("not the track that was asked for")
    if len(parts) == 1 and parts[0] in _RESULTS:
        return Result(parts[0])
    if not parts or parts[0] != UNIT_SEPARATOR:
        raise ReplyError("no track")
    told = [part for part in parts[1:].split(bytes((UNIT_SEPARATOR,))) if part]
    if len(told) != 1:
        raise ReplyError(f"{len(told)} tracks instead of one")
    kind, content = told[0][0], told[0][1:]
    if kind == Result.DONE.value and content.isascii():
        return content.decode("ascii")
    if kind == Result.FAILED.value and len(content) == 1 and content[0] in _TRACK_FAULTS:
        return TrackFault(content[0])
    raise ReplyError("no track")


_TRACK_FAULTS = frozenset(fault.value for fault in TrackFault)


class FrameReader(Framer[Found]):
    """See `Framer`. It finds control bytes, too."""

    PIECE = MAX_LEN

    def _take(self, found: list[Found]) -> None:
        held = self._held
        while held:
            if held[0] != STX:
                if held[0] in _CONTROLS:
                    found.append(_CONTROLS[held[0]])
                self._drop(1)
                continue
            if len(held) < HEADER_BYTES:
                return
            length = int.from_bytes(held[1:HEADER_BYTES], "big")
            if not MIN_LEN <= length <= MAX_LEN:
                found.append(Broken(Fault.LENGTH))
                self._drop(1)
                continue
            end = HEADER_BYTES + length + TAIL_BYTES
            if len(held) < end:
                return
            if held[end - TAIL_BYTES] == ETX and checksum(held[:end]) == 0:
                found.append(Frame(bytes(held[HEADER_BYTES : end - TAIL_BYTES])))
                self._drop(end)
            else:
                found.append(Broken(Fault.CHECKSUM))
                self._drop(1)

    def _cut_short(self) -> Broken:
        return Broken(Fault.CUT_SHORT)
