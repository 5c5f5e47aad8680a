"""The language of receipt printers, ESC/POS: the printer's side, as the simulator needs it.

Bytes in, commands out, in their order; pieces may be of any size. It knows `escpos`'s table, ESC d and GS a.
Other commands are skipped: with their length where they carry one, otherwise with their two bytes.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from hardware.interfaces.receipt_printer import Align
from hardware.protocols.escpos import ENCODING

MAX_QR_BYTES = 7089
"""No QR code holds more."""
MAX_ROW_BYTES = 256
"""A row of a picture is no wider than 2048 dots."""
MAX_TEXT = 1024
"""Bytes of text that one command carries at most; longer text comes in several."""
_DLE, _ESC, _FS, _GS = 0x10, 0x1B, 0x1C, 0x1D
_CONTROL = frozenset((*range(0x20), 0x7F))
_CORRECTIONS = {48: "L", 49: "M", 50: "Q", 51: "H"}


@dataclass(frozen=True, slots=True)
class Initialise:
    """ESC @."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters to print. U+FFFD stands for bytes that are none."""

    text: str


@dataclass(frozen=True, slots=True)
class LineFeed:
    """LF: print the line."""


@dataclass(frozen=True, slots=True)
class Feed:
    """ESC d: print the line and feed."""

    lines: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """ESC a."""

    align: Align


@dataclass(frozen=True, slots=True)
class Size:
    """GS !: times the usual width and height, 1 to 8."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bold:
    """ESC E."""

    on: bool


@dataclass(frozen=True, slots=True)
class PrintQrCode:
    """GS ( k, print: what was stored. module: dots; correction: L, M, Q or H."""

    data: bytes
    module: int
    correction: str


@dataclass(frozen=True, slots=True)
class RasterRow:
    """GS v 0, one row of the picture: bit 7 of the first byte is leftmost, 1 is black. wide, tall: how many
    dots of the paper a dot takes."""

    dots: bytes
    wide: int = 1
    tall: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """GS V."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """DLE EOT n: to be answered at once."""

    n: int


@dataclass(frozen=True, slots=True)
class AskPaper:
    """GS r 1: to be answered once everything before it is done."""


@dataclass(frozen=True, slots=True)
class TellUnasked:
    """GS a: from now on the state is told whenever it changes, and now; or no more."""

    on: bool


@dataclass(frozen=True, slots=True)
class Clear:
    """DLE ENQ 2: forget what is to be printed, at once."""


Command = (
    Initialise
    | Text
    | LineFeed
    | Feed
    | Alignment
    | Size
    | Bold
    | PrintQrCode
    | RasterRow
    | Cut
    | AskStatus
    | AskPaper
    | TellUnasked
    | Clear
)


class CommandReader:
    """Finds commands in a stream of bytes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._to_skip = 0
        self._rows = 0
        self._across = 0
        self._wide = self._tall = 1
        self._chinese = False
        self._decoder = codecs.getincrementaldecoder(ENCODING)("replace")
        self._qr_data = b""
        self._qr_module = 3
        self._qr_correction = "L"

    def feed(self, data: bytes) -> list[Command]:
        """Takes bytes and gives the commands that they complete. Never raises."""
        commands: list[Command] = []
        self._held += data
        while self._held:
            used, command = self._next(self._held)
            if used == 0:
                break
            del self._held[:used]
            if command is not None:
                commands.append(command)
        return commands

    def _next(self, held: bytearray) -> tuple[int, Command | None]:
        """How many bytes the next command takes, 0 where more are needed; the command, or None."""
        if self._to_skip:
            skipped = min(self._to_skip, len(held))
            self._to_skip -= skipped
            return skipped, None
        if self._rows:
            return self._raster_row(held)
        first = held[0]
        if first not in _CONTROL:
            return self._text(held)
        self._decoder.reset()
        if first == 0x0A:
            return 1, LineFeed()
        if first not in (_DLE, _ESC, _FS, _GS):
            return 1, None
        if len(held) < 2:
            return 0, None
        match first:
            case 0x10:
                return self._dle(held)
            case 0x1B:
                return self._esc(held)
            case 0x1C:
                return self._fs(held)
            case _:
                return self._gs(held)

    def _text(self, held: bytearray) -> tuple[int, Command | None]:
        end = next((at for at, byte in enumerate(held) if byte in _CONTROL), len(held))
        end = min(end, MAX_TEXT)
        if self._chinese:
            text = self._decoder.decode(bytes(held[:end]))
        else:
            text = bytes(held[:end]).decode("ascii", "replace")
        return end, Text(text) if text else None

    def _dle(self, held: bytearray) -> tuple[int, Command | None]:
        if held[1] not in (0x04, 0x05):
            return 2, None
        if len(held) < 3:
            return 0, None
        if held[1] == 0x04:
            return 3, AskStatus(held[2]) if held[2] in (1, 2, 3, 4) else None
        return 3, Clear() if held[2] == 2 else None

    def _esc(self, held: bytearray) -> tuple[int, Command | None]:
        if held[1] == 0x40:
            self._chinese = False
            return 2, Initialise()
        if held[1] not in (0x61, 0x45, 0x64):
            return 2, None
        if len(held) < 3:
            return 0, None
        n = held[2]
        if held[1] == 0x64:
            return 3, Feed(n)
        if held[1] == 0x45:
            return 3, Bold(bool(n & 1))
        n -= 48 if n in (48, 49, 50) else 0
        return 3, Alignment(Align(n)) if n in (0, 1, 2) else None

    def _fs(self, held: bytearray) -> tuple[int, Command | None]:
        if held[1] in (0x26, 0x2E):
            self._chinese = held[1] == 0x26
        return 2, None

    def _gs(self, held: bytearray) -> tuple[int, Command | None]:
        if held[1] == 0x28:
            return self._extended(held)
        if held[1] == 0x76:
            return self._raster(held)
        if held[1] not in (0x21, 0x56, 0x61, 0x72):
            return 2, None
        if len(held) < 3:
            return 0, None
        n = held[2]
        if held[1] == 0x21:
            return 3, Size((n >> 4 & 7) + 1, (n & 7) + 1)
        if held[1] == 0x61:
            return 3, TellUnasked(n != 0)
        if held[1] == 0x72:
            return 3, AskPaper() if n in (1, 49) else None
        if n in (65, 66):  # with a feed before the cut
            return (4, Cut()) if len(held) >= 4 else (0, None)
        return 3, Cut()

    def _raster(self, held: bytearray) -> tuple[int, Command | None]:
        """GS v 0 m xL xH yL yH: so many bytes across, so many rows."""
        if len(held) < 8:
            return 0, None
        m, across, rows = held[3], held[4] | held[5] << 8, held[6] | held[7] << 8
        if held[2] != 0x30 or across * rows == 0:
            return 8, None
        if across > MAX_ROW_BYTES or m not in (0, 1, 2, 3, 48, 49, 50, 51):
            self._to_skip = across * rows
            return 8, None
        self._rows, self._across = rows, across
        self._wide, self._tall = 1 + (m & 1), 1 + (m >> 1 & 1)
        return 8, None

    def _raster_row(self, held: bytearray) -> tuple[int, Command | None]:
        if len(held) < self._across:
            return 0, None
        self._rows -= 1
        return self._across, RasterRow(bytes(held[: self._across]), self._wide, self._tall)

    def _extended(self, held: bytearray) -> tuple[int, Command | None]:
        """GS ( X pL pH: pL + pH × 256 bytes follow."""
        if len(held) < 5:
            return 0, None
        length = held[3] | held[4] << 8
        if held[2] != 0x6B or length > MAX_QR_BYTES + 3:
            self._to_skip = length
            return 5, None
        if len(held) < 5 + length:
            return 0, None
        return 5 + length, self._symbol(bytes(held[5 : 5 + length]))

    def _symbol(self, content: bytes) -> Command | None:
        """cn fn …, of which cn = 49 is the QR code."""
        match content[:2]:
            case b"1C" if len(content) == 3:
                self._qr_module = min(max(content[2], 1), 16)
            case b"1E" if len(content) == 3:
                self._qr_correction = _CORRECTIONS.get(content[2], "L")
            case b"1P":
                self._qr_data = content[3:]
            case b"1Q" if self._qr_data:
                return PrintQrCode(self._qr_data, self._qr_module, self._qr_correction)
        return None
