"""The language of ID TECH's SmartPIN pads (user manual 80141505-001, sections 8.8, 8.9 and 11.5).

One frame for both directions, on a line of 8N1::

    02 | LenL LenH | body… | LRC | SUM | 03

    Len  little-endian, bytes of the body
    LRC  exclusive or of the body
    SUM  sum of the body, its lowest byte

A command's body is a task, a group and a function, then its data; an answer's is 06 and data, or 15 and an
error of two bytes. While a PIN or a number is entered the pad says of every key that it was pressed, not
which. What is here is in the maker's public manuals; there are more commands, which are not.

Answers can hold digits, so bodies are `bytearray`s for their reader to wipe, and no repr shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import xor

from hardware.protocols.frames import Framer
from hardware.protocols.wiping import wipe

STX, ETX = 0x02, 0x03
HEADER_BYTES = 3
TRAILER_BYTES = 3
MAX_BODY = 512
"""Upper cap on Len. The longest known body, the entry of a number with its prompt, has 262 bytes."""

ACCEPTED, REFUSED = 0x06, 0x15
KEY_PRESSED = bytes.fromhex("06574650")
"""Body that says that a key was pressed during an entry (section 11.5)."""
PROMPT_BYTES = 256
"""A prompt for numbers: a text that the pad's owner encrypted with the pad's key for numbers, so that no
program can ask for a PIN as if it were a number."""
PAN_DIGITS = 16
LONGEST_MESSAGE = 20
SHOW_STARS = 0x01
MOST_DIGITS = 16
"""Longest number that can be entered."""


class Command(Enum):
    """What the host asks; the values are the first bytes of the body."""

    GET_ENCRYPTED_PIN = bytes.fromhex("754607")
    """Lets a PIN be entered; data: `pin_entry`. Answered 06, then 06 with the block."""
    GET_NUMERIC_KEY = bytes.fromhex("754622")
    """Lets a number be entered; data: `number_entry`. Answered 06, then 06 with the digits."""
    CANCEL = bytes.fromhex("754609")
    """Ends an entry. Answered 15 18 00."""
    GET_FUNCTION_KEY = bytes.fromhex("75460B")
    """Waits for a key that is no digit. Answered 06 with its name."""
    SET_KEY_OUTPUT = bytes.fromhex("754625")
    """What an entry tells of each key; data 00: that one was pressed, and nothing else."""
    GET_LENGTHS = bytes.fromhex("755200")
    """How long PINs and numbers may be: `pin_lengths`."""
    GET_VERSION = bytes.fromhex("784601")
    """Name and version of the firmware, ASCII."""
    GET_SERIAL_NUMBER = bytes.fromhex("784602")
    """The pad's number, ASCII, or 15 62 00 where it has none."""
    GET_KEY_STATUS = bytes.fromhex("784625")
    """Which keys the pad holds: `key_states`."""

    def encode(self, data: bytes = b"") -> bytes:
        """The whole frame that asks it."""
        return frame(self.value + data)


class KeyType(Enum):
    """Which key encrypts the PIN; the values are the first byte of GET_ENCRYPTED_PIN's data."""

    MASTER_SESSION = 0x00
    """The session key that was loaded under the master key (TDES)."""
    DUKPT = 0x01
    """A new key for each PIN (TDES, ANSI X9.24-1)."""


class FunctionKey(Enum):
    """A key that is no digit; the values are the pad's names."""

    BACKSPACE = b"B"
    CANCEL = b"C"
    ENTER = b"E"
    STAR = b"*"
    HASH = b"#"
    BLANK = b"?"
    F1 = b"F1"
    F2 = b"F2"
    F3 = b"F3"


class Refusal(Enum):
    """Why a command was refused; the values are the two bytes behind 15."""

    NO_PIN_KEY = bytes.fromhex("0400")
    """The pad holds no key for PINs: none was loaded, or it was erased because the pad was opened."""
    NOT_PAIRED = bytes.fromhex("0700")
    NO_PAN_KEY = bytes.fromhex("0701")
    WRONG_PAN = bytes.fromhex("0702")
    PAIRING_FAILED = bytes.fromhex("0703")
    PAIRING_TROUBLE = bytes.fromhex("0704")
    CANCELED = bytes.fromhex("1800")
    """The entry was ended by the host, or by the key for it."""
    NO_SERIAL_NUMBER = bytes.fromhex("6200")


class KeyState(Enum):
    """State of a key in the pad (8.8.8)."""

    ABSENT = 0x00
    PRESENT = 0x01
    EXHAUSTED = 0xFF
    """Of DUKPT: it has made as many keys as it may."""


PIN_DUKPT_KEY, PIN_SESSION_KEY = 0x01, 0x28
"""Names of the keys for PINs in `key_states`."""


class Fault(Enum):
    """Why bytes that began like a frame are not one."""

    CHECK = "check"
    """LRC or SUM differs from the body's."""
    LENGTH = "length"
    """Len is 0 or above MAX_BODY."""
    END = "end"
    """No 03 stands where the frame has to end."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the frame was whole."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose checks are right. body: for its reader to wipe; it can hold digits."""

    body: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that began like a frame and is none."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Accepted:
    """06 and data."""

    data: bytearray = field(repr=False, default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Refused:
    """15 and an error. reason: a `Refusal`, or the bare bytes where it is none of the known ones."""

    reason: Refusal | bytes


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key was pressed; which one, the pad does not say."""


Answer = Accepted | Refused | KeyPressed


@dataclass(frozen=True, slots=True)
class PinBlock:
    """An encrypted PIN. ksn: the key serial number where the pad makes a key for each PIN, else empty."""

    block: bytes
    ksn: bytes


def frame(body: bytes | bytearray) -> bytes:
    """Wraps a body. ValueError where it is empty or longer than MAX_BODY."""
    if not 0 < len(body) <= MAX_BODY:
        raise ValueError(f"a body has 1 to {MAX_BODY} bytes, not {len(body)}")
    checks = bytes((reduce(xor, body), sum(body) & 0xFF, ETX))
    return bytes((STX,)) + len(body).to_bytes(2, "little") + body + checks


def pin_entry(kind: KeyType, pan: str, message: bytes) -> bytes:
    """Data of GET_ENCRYPTED_PIN. ValueError, without a digit in it, where one is of another form.

    message: what the pad shows, 1 to LONGEST_MESSAGE printable ASCII characters. The pad takes a PAN of 16
    digits. The block uses its last 13 only, so a longer one is cut, a shorter one filled, at its left.
    """
    if not (pan.isascii() and pan.isdigit() and 12 <= len(pan) <= 19):
        raise ValueError("a PAN has 12 to 19 digits")
    if not 1 <= len(message) <= LONGEST_MESSAGE or not all(0x20 <= byte < 0x7F for byte in message):
        raise ValueError(f"a message has 1 to {LONGEST_MESSAGE} ASCII characters")
    digits = pan[-PAN_DIGITS:].rjust(PAN_DIGITS, "0").encode("ascii")
    return bytes((kind.value,)) + digits + bytes((len(message),)) + message


def number_entry(minimum: int, maximum: int, prompt: bytes) -> bytes:
    """Data of GET_NUMERIC_KEY: the pad shows stars, not the digits. ValueError where the pad cannot take it.

    prompt: PROMPT_BYTES that the pad's owner has encrypted.
    """
    if not 1 <= minimum <= maximum <= MOST_DIGITS:
        raise ValueError(f"a number has 1 to {MOST_DIGITS} digits")
    if len(prompt) != PROMPT_BYTES:
        raise ValueError(f"a prompt has {PROMPT_BYTES} bytes")
    return bytes((SHOW_STARS, maximum, minimum)) + prompt


def answer(body: bytearray) -> Answer:
    """What a body says; wipes it. ValueError where it is no answer."""
    try:
        if body == KEY_PRESSED:
            return KeyPressed()
        if body[:1] == bytes((ACCEPTED,)):
            return Accepted(body[1:])
        if body[:1] == bytes((REFUSED,)):
            reason = bytes(body[1:])
            try:
                return Refused(Refusal(reason))
            except ValueError:
                return Refused(reason[:2])
        raise ValueError("an answer begins with 06 or 15")
    finally:
        wipe(body)


def digits(data: bytearray) -> bytearray:
    """The number that was entered, in ASCII; wipes the data. ValueError where it is none.

    ::

        count | digits, two a byte, filled with F to 16 bytes
    """
    found = bytearray()
    try:
        nibbles = bytearray(half for byte in data[1:] for half in (byte >> 4, byte & 0xF))
        count = data[0] if data else 0
        found.extend(0x30 + nibble for nibble in nibbles[:count] if nibble <= 9)
        filled = all(nibble == 0xF for nibble in nibbles[count:])
        wipe(nibbles)
        if not 1 <= count <= MOST_DIGITS or len(data) > 1 + MOST_DIGITS or len(found) != count or not filled:
            wipe(found)
            raise ValueError(f"a number has 1 to {MOST_DIGITS} digits, and F behind them")
        return found
    finally:
        wipe(data)


def packed(number: bytes | bytearray) -> bytearray:
    """The data of an answer with a number: what the pad does."""
    text = bytearray(number).ljust(2 * MOST_DIGITS, b"F")
    data = bytearray((len(number),)) + bytearray.fromhex(text.decode("ascii"))
    wipe(text)
    return data


def pin_block(data: bytearray) -> PinBlock:
    """The PIN block in an answer: 20 hexadecimal characters of the KSN, if any, and 16 of the block.

    ValueError where it is none.
    """
    try:
        if len(data) not in (16, 36):
            raise ValueError
        whole = bytes.fromhex(data.decode("ascii"))
        if len(whole) != len(data) // 2:
            raise ValueError  # fromhex passes over white space
    except ValueError:
        raise ValueError("a PIN block has 16 hexadecimal characters, or 36 with its KSN") from None
    return PinBlock(whole[-8:], whole[:-8])


def function_key(data: bytearray) -> FunctionKey:
    """The key in an answer. ValueError where it is none."""
    return FunctionKey(bytes(data))


def pin_lengths(data: bytearray) -> tuple[int, int]:
    """The shortest and the longest PIN in an answer to GET_LENGTHS. ValueError where it is none.

    ::

        75 02 | 01 02 shortest longest PIN | 02 02 shortest longest number
    """
    if len(data) != 10 or data[:4] != bytes.fromhex("75020102") or data[6:8] != bytes.fromhex("0202"):
        raise ValueError("no lengths")
    return data[4], data[5]


def key_states(data: bytearray) -> dict[tuple[int, int], KeyState]:
    """The keys in an answer, by name and slot. ValueError where it is none.

    ::

        count, 2 bytes little-endian | each: name, slot (2 bytes big-endian), state
    """
    count, records = int.from_bytes(data[:2], "little"), data[2:]
    if len(data) < 2 or len(records) != count * 4:
        raise ValueError("a list of keys has a count, and four bytes for each")
    each = [records[at : at + 4] for at in range(0, len(records), 4)]
    return {(key[0], int.from_bytes(key[1:3], "big")): KeyState(key[3]) for key in each}


class FrameReader(Framer[Frame | Broken]):
    """See `Framer`."""

    PIECE = MAX_BODY

    def _take(self, found: list[Frame | Broken]) -> None:
        held = self._held
        while True:
            at = held.find(STX)
            self._drop(len(held) if at < 0 else at)
            if len(held) < HEADER_BYTES:
                return
            length = int.from_bytes(held[1:HEADER_BYTES], "little")
            end = HEADER_BYTES + length
            if not 0 < length <= MAX_BODY:
                fault = Fault.LENGTH
            elif len(held) < end + TRAILER_BYTES:
                return
            else:
                body = held[HEADER_BYTES:end]
                if (
                    held[end + 2] == ETX
                    and held[end] == reduce(xor, body)
                    and held[end + 1] == sum(body) & 0xFF
                ):
                    found.append(Frame(body))
                    self._drop(end + TRAILER_BYTES)
                    continue
                fault = Fault.CHECK if held[end + 2] == ETX else Fault.END
                wipe(body)
            found.append(Broken(fault))
            self._drop(1)

    def _cut_short(self) -> Broken:
        return Broken(Fault.CUT_SHORT)
