"""The answers of the Keynius keypad GZ-Z001075, as far as they are public.

::

    02 | LEN | STATUS | DATA… | BCC | 03

    LEN   counts STATUS, DATA and BCC
    BCC   exclusive or of LEN, STATUS and DATA

    02 02 AA A8 03     the command is done
    02 03 55 E1 B7 03  there is no such command
    02 03 55 E0 B6 03  the check of what the pad received is wrong; it did nothing

Neither the pad's commands nor the codes of its keys are public: the supplier's manual has them. Whoever has
it writes them down as a `Table`; without one nothing can be asked of the pad, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import xor

from hardware.protocols.frames import Framer
from hardware.protocols.wiping import wipe

STX, ETX = 0x02, 0x03
HEADER_BYTES = 2
MIN_LEN, MAX_LEN = 2, 255
"""STATUS and BCC at the least; LEN is one byte."""
DONE, REFUSED = 0xAA, 0x55
LONGEST_COMMAND = 64


class Refusal(Enum):
    """Why a command was refused; the values are the byte behind 55."""

    INVALID_COMMAND = 0xE1
    WRONG_CHECK = 0xE0


class Fault(Enum):
    """Why bytes that began like a frame are not one."""

    CHECK = "check"
    """BCC differs from what precedes it."""
    LENGTH = "length"
    """LEN is below MIN_LEN."""
    END = "end"
    """No 03 stands where the frame has to end."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the frame was whole."""


class Key(Enum):
    """What is printed on a key that is no digit."""

    ENTER = "enter"
    CANCEL = "cancel"
    CLEAR = "clear"
    STAR = "*"
    HASH = "#"
    F1 = "F1"
    F2 = "F2"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose check is right. body: STATUS and DATA, which can be a digit's: for its reader to wipe."""

    body: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that began like a frame and is none."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Done:
    """The pad did what it was told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The pad did not do what it was told. reason: None where its code is none of the public ones."""

    reason: Refusal | None


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key was pressed. what: a `Key`, or the digit in ASCII, for its reader to wipe."""

    what: Key | bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A frame that is neither public nor in the table."""


Message = Done | Refused | KeyPressed | Unknown


@dataclass(frozen=True, slots=True)
class Table:
    """What the supplier's manual says, and nobody else. keys: STATUS and DATA that the pad sends for a key.

    keys_on, keys_off: whole commands, as they go over the line, that let the pad send keys and stop it.
    ValueError where it cannot be the manual's.
    """

    keys_on: bytes
    keys_off: bytes
    keys: Mapping[bytes, Key | int]

    def __post_init__(self) -> None:
        for command in (self.keys_on, self.keys_off):
            if not 0 < len(command) <= LONGEST_COMMAND:
                raise ValueError(f"a command has 1 to {LONGEST_COMMAND} bytes")
        for code in self.keys:
            if not 0 < len(code) < MAX_LEN or code == bytes((DONE,)) or code[0] == REFUSED:
                raise ValueError(f"{code.hex(' ')} is no key: it is one of the pad's answers, or too long")
        if missing := {*range(10), Key.ENTER, Key.CANCEL} - set(self.keys.values()):
            raise ValueError(f"no code is given for: {', '.join(sorted(map(_name, missing)))}")


def _name(key: Key | int) -> str:
    return key.value if isinstance(key, Key) else str(key)


def frame(body: bytes | bytearray) -> bytes:
    """Wraps STATUS and DATA. ValueError where they do not fit."""
    length = len(body) + 1
    if not MIN_LEN <= length <= MAX_LEN:
        raise ValueError(f"a frame's LEN is {MIN_LEN} to {MAX_LEN}, not {length}")
    content = bytes((length,)) + body
    return bytes((STX,)) + content + bytes((reduce(xor, content), ETX))


def message(body: bytearray, table: Table | None) -> Message:
    """What a body says, by the public codes and a table; wipes it. Never raises."""
    try:
        if body == bytes((DONE,)):
            return Done()
        if body[:1] == bytes((REFUSED,)) and len(body) == 2:
            return Refused(Refusal(body[1]) if body[1] in {one.value for one in Refusal} else None)
        key = table.keys.get(bytes(body)) if table else None
        if key is None:
            return Unknown()
        return KeyPressed(key if isinstance(key, Key) else bytearray((0x30 + key,)))
    finally:
        wipe(body)


class FrameReader(Framer[Frame | Broken]):
    """See `Framer`."""

    PIECE = MAX_LEN

    def _take(self, found: list[Frame | Broken]) -> None:
        held = self._held
        while True:
            at = held.find(STX)
            self._drop(len(held) if at < 0 else at)
            if len(held) < HEADER_BYTES:
                return
            end = HEADER_BYTES + held[1]
            if held[1] < MIN_LEN:
                fault = Fault.LENGTH
            elif len(held) <= end:
                return
            elif held[end] != ETX:
                fault = Fault.END
            elif reduce(xor, held[1:end]) != 0:  # BCC included, a right frame cancels out
                fault = Fault.CHECK
            else:
                found.append(Frame(held[HEADER_BYTES : end - 1]))
                self._drop(end + 1)
                continue
            found.append(Broken(fault))
            self._drop(1)

    def _cut_short(self) -> Broken:
        return Broken(Fault.CUT_SHORT)
