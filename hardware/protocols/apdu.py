"""What is said to a chip card and what it answers: ISO/IEC 7816-4, in the short form.

::

    command    CLA INS P1 P2 | Lc data… | Le          Lc 1 to 255, Le 1 to 256 (00 means 256)
    response   data… | SW1 SW2

A card that has more to say than was asked for answers SW 61xx: GET RESPONSE fetches xx bytes (00 means
256). A card that was asked for a wrong length answers 6Cxx: the command is said again with Le = xx.
`exchange` does both.

A dialogue with a card is a generator here: it yields commands, is sent the responses, and returns what it
found. Whoever has the reader drives it; nothing here waits.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

MAX_DATA = 255
MAX_LE = 256
MAX_RESPONSE = MAX_LE + 2
MAX_ROUNDS = 8
"""Most GET RESPONSE for one command: 2 KiB, several times what a record holds."""

T = TypeVar("T")
Dialogue = Generator["Command", "Response", T]


class Instruction(IntEnum):
    """INS of the commands used here (§7, §11)."""

    SELECT = 0xA4
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0


class StatusWord(IntEnum):
    """SW1 SW2 (§5.6), those that cards give to SELECT and READ RECORD."""

    DONE = 0x9000
    WARNING_END_REACHED = 0x6282
    """There was less to read than was asked for."""
    WARNING_FILE_INVALIDATED = 0x6283
    """The file was selected; it is deactivated."""
    WRONG_LENGTH = 0x6700
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    """The card wants proof first: a PIN, or a key of the issuer."""
    AUTHENTICATION_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1_P2 = 0x6A86
    DATA_NOT_FOUND = 0x6A88
    WRONG_PARAMETERS = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


class ApduError(ValueError):
    """Bytes that are no response, or a card that never comes to an end. Never holds what the card said."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command. le: how many bytes are expected, None for none. data can hold personal data."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(repr=False, default=b"")
    le: int | None = None

    def __post_init__(self) -> None:
        header = (self.cla, self.ins, self.p1, self.p2)
        if not all(0 <= byte <= 0xFF for byte in header):
            raise ValueError("CLA, INS, P1 and P2 are bytes")
        if len(self.data) > MAX_DATA or not (self.le is None or 1 <= self.le <= MAX_LE):
            raise ValueError(f"a short command has up to {MAX_DATA} bytes and expects 1 to {MAX_LE}")

    def encode(self) -> bytes:
        """The bytes for the card."""
        said = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            said += bytes((len(self.data),)) + self.data
        if self.le is not None:
            said += bytes((self.le % MAX_LE,))
        return said

    @classmethod
    def decode(cls, said: bytes) -> Command:
        """Reads a command, as a card does. ApduError where it is none of the short form."""
        if len(said) < 4:
            raise ApduError("a command has four bytes at least")
        cla, ins, p1, p2 = said[:4]
        body = said[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or MAX_LE)
        length, rest = body[0], body[1:]
        if not length or len(rest) not in (length, length + 1):
            raise ApduError("Lc does not fit the command")
        le = (rest[length] or MAX_LE) if len(rest) > length else None
        return cls(cla, ins, p1, p2, rest[:length], le)


@dataclass(frozen=True, slots=True)
class Response:
    """A response. status: a `StatusWord`, or the bare SW1 SW2. data can hold personal data."""

    status: StatusWord | int
    data: bytes = field(repr=False, default=b"")

    @classmethod
    def decode(cls, said: bytes) -> Response:
        """Reads a response. ApduError where it is shorter than SW1 SW2 or longer than a response may be."""
        if not 2 <= len(said) <= MAX_RESPONSE:
            raise ApduError(f"a response has 2 to {MAX_RESPONSE} bytes, not {len(said)}")
        word = int.from_bytes(said[-2:], "big")
        try:
            status: StatusWord | int = StatusWord(word)
        except ValueError:
            status = word
        return cls(status, said[:-2])

    def encode(self) -> bytes:
        """The bytes that say it."""
        return self.data + int(self.status).to_bytes(2, "big")

    @property
    def done(self) -> bool:
        """Whether the command was carried out, with or without a warning."""
        return self.status == StatusWord.DONE or self.status >> 8 in (0x62, 0x63)

    @property
    def more(self) -> int | None:
        """How many bytes GET RESPONSE would give (61xx), or None."""
        return (self.status & 0xFF or MAX_LE) if self.status >> 8 == 0x61 else None

    @property
    def right_length(self) -> int | None:
        """Which Le the card wants instead (6Cxx), or None."""
        return (self.status & 0xFF or MAX_LE) if self.status >> 8 == 0x6C else None


def select_name(name: bytes) -> Command:
    """SELECT of an application by its name (§11.2.2)."""
    return Command(0x00, Instruction.SELECT, 0x04, 0x00, name)


def select_file(identifier: int) -> Command:
    """SELECT of a file below the current application by its identifier, two bytes."""
    return Command(0x00, Instruction.SELECT, 0x02, 0x00, identifier.to_bytes(2, "big"))


def read_record(number: int) -> Command:
    """READ RECORD of the current file by the record's number, from 1 (§11.4.3)."""
    return Command(0x00, Instruction.READ_RECORD, number, 0x04, le=MAX_LE)


def read_record_by_tag(tag: int) -> Command:
    """READ RECORD of the current file by the record's identifier, the tag that the record begins with."""
    return Command(0x00, Instruction.READ_RECORD, tag, 0x00, le=MAX_LE)


def get_response(length: int) -> Command:
    """GET RESPONSE (§11.7.1) of so many bytes."""
    return Command(0x00, Instruction.GET_RESPONSE, 0x00, 0x00, le=length)


def exchange(command: Command) -> Dialogue[Response]:
    """One command and its whole response, however many pieces it comes in.

    ApduError where the card corrects the length twice, or has more after MAX_ROUNDS.
    """
    response = yield command
    if response.right_length is not None:
        response = yield Command(
            command.cla, command.ins, command.p1, command.p2, command.data, response.right_length
        )
    data = response.data
    for _ in range(MAX_ROUNDS):
        if response.more is None:
            break
        asked = response.more
        response = yield get_response(asked)
        if response.right_length is not None:
            response = yield get_response(response.right_length)
        data += response.data
    if response.more is not None or response.right_length is not None:
        raise ApduError("the card does not come to an end")
    return Response(response.status, data)
