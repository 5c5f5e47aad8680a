"""The language of receipt printers, ESC/POS: the host's side.

A slip is one job of commands, text in GB18030 between ``FS &`` and ``FS .``::

    ESC @            1B 40           initialise
    ESC a n          1B 61 n         alignment: 0 left, 1 centre, 2 right
    GS ! n           1D 21 n         size: width - 1 in bits 4 to 6, height - 1 in bits 0 to 2
    ESC E n          1B 45 n         bold
    FS & / FS .      1C 26 / 1C 2E   Chinese on / off
    GS ( k pL pH …   1D 28 6B …      QR code: model, module size, correction, store, print
    GS v 0 m …       1D 76 30 m …    picture: xL xH bytes wide, yL yH rows, then the rows
    GS V 66 n        1D 56 42 n      feed to the cutter and cut
    GS r 1           1D 72 01        paper status, answered once everything before it is done

``DLE EOT n`` (10 04 n) is answered at once, whatever the printer is doing, with one byte ``0xx1xx10``:

    n=1 printer   bit 3 offline, 5 waits for recovery, 6 feed button
    n=2 offline   bit 2 cover open, 3 fed by button, 5 stopped by paper end, 6 error
    n=3 error     bit 2 recoverable, 3 cutter, 5 unrecoverable, 6 recovers by itself
    n=4 paper     bits 2 and 3 near end, bits 5 and 6 end

``GS r 1`` is answered with ``0xx0xxxx``: bits 0 and 1 near end, bits 2 and 3 end; so neither answer can be
taken for the other. ``DLE ENQ 2`` (10 05 02), done at once too, forgets a job after an error. The printer's
side is `escpos_printer`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.interfaces.receipt_printer import Align, QrCode, RasterImage, Rule, SlipPart, TextLine
from hardware.protocols.slip_layout import wrap

INITIALISE = b"\x1b@"
CHINESE_ON = b"\x1c&"
CHINESE_OFF = b"\x1c."
CUT = b"\x1dVB\x00"
ASK_PAPER_IN_ORDER = b"\x1dr\x01"
CLEAR = b"\x10\x05\x02"
"""DLE ENQ 2. Many printers take it only in some of their errors, so nothing may depend on it."""
ENCODING = "gb18030"
COLUMNS_80_MM = 48
DOTS_A_COLUMN = 12
LINE_DOTS = 30
"""Height of a line of text with its spacing."""
MAX_RASTER_ROWS = 1200
"""150 mm of picture at 203 dpi."""
BAND_ROWS = 128
"""A picture goes in bands, so that a printer with a small buffer prints one while the next comes."""

MAX_JOB_BYTES = 32_768
"""A slip longer than this is a mistake: at 48 columns it would be some 30 m."""
QR_LARGE = 106
"""Bytes of a symbol of version 6-M: 41 modules of 8 dots fit any paper."""
QR_MAX = 213
"""Bytes of a symbol of version 10-M: 57 modules of 6 dots."""
QR_DOTS = 342
"""Height of the tallest symbol."""
_QR_MODEL_2 = b"\x1d(k\x04\x001A2\x00"
_QR_CORRECTION_M = b"\x1d(k\x03\x001E1"
_QR_PRINT = b"\x1d(k\x03\x001Q0"


_AT_ONCE = re.compile(rb"\x10(?=[\x04\x05\x14])[\x00-\xff]")
"""DLE EOT, DLE ENQ and DLE DC4, which printers obey in the middle of a picture too."""


class SlipError(ValueError):
    """A slip cannot be said in ESC/POS."""


class StatusByteError(ValueError):
    """A byte is no answer to what was asked."""


def encode_slip(parts: tuple[SlipPart, ...], columns: int = COLUMNS_80_MM) -> bytes:
    """One job: initialise, the parts, feed and cut. Raises SlipError."""
    job = INITIALISE + b"".join(_part(part, columns) for part in parts) + CUT
    if len(job) > MAX_JOB_BYTES:
        raise SlipError(f"the slip has {len(job)} bytes, more than {MAX_JOB_BYTES}")
    return job


def _part(part: SlipPart, columns: int) -> bytes:
    match part:
        case TextLine():
            return _text_line(part, columns)
        case QrCode():
            return _qr_code(part.data)
        case RasterImage():
            return _raster(part, columns)
        case Rule():
            return _style(Align.LEFT, 1, bold=False) + b"-" * columns + b"\n"


def _style(align: Align, scale: int, *, bold: bool) -> bytes:
    size = (scale - 1) << 4 | (scale - 1)
    return bytes((0x1B, 0x61, align.value, 0x1D, 0x21, size, 0x1B, 0x45, bold))


def _text_line(line: TextLine, columns: int) -> bytes:
    if line.scale not in (1, 2):
        raise SlipError(f"scale is 1 or 2, not {line.scale}")
    lines = (_line(text) for text in wrap(line.text, columns // line.scale))
    return _style(line.align, line.scale, bold=line.bold) + b"".join(lines)


def _line(text: str) -> bytes:
    if text.isascii():
        return text.encode("ascii") + b"\n"
    return CHINESE_ON + text.encode(ENCODING) + CHINESE_OFF + b"\n"


def _qr_code(data: str) -> bytes:
    if not (data.isascii() and data.isprintable() and 0 < len(data) <= QR_MAX):
        raise SlipError(f"a QR code holds 1 to {QR_MAX} printable ASCII characters")
    module = 8 if len(data) <= QR_LARGE else 6
    size = b"\x1d(k\x03\x001C" + bytes((module,))
    store = b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data.encode("ascii")
    symbol = _QR_MODEL_2 + size + _QR_CORRECTION_M + store + _QR_PRINT
    # An empty line of 30 dots on both sides is the quiet zone of four modules that scanners need.
    return _style(Align.CENTRE, 1, bold=False) + b"\n" + symbol + b"\n"


def _raster(image: RasterImage, columns: int) -> bytes:
    across = (image.width + 7) // 8
    if not 1 <= image.width <= columns * DOTS_A_COLUMN:
        raise SlipError(f"a picture is 1 to {columns * DOTS_A_COLUMN} dots wide, not {image.width}")
    if not 1 <= len(image.rows) <= MAX_RASTER_ROWS or any(len(row) != across for row in image.rows):
        raise SlipError(f"a picture has 1 to {MAX_RASTER_ROWS} rows of {across} bytes")
    bands = [image.rows[at : at + BAND_ROWS] for at in range(0, len(image.rows), BAND_ROWS)]
    return _style(Align.CENTRE, 1, bold=False) + b"".join(_band(band, across) for band in bands)


def _band(rows: tuple[bytes, ...], across: int) -> bytes:
    size = across.to_bytes(2, "little") + len(rows).to_bytes(2, "little")
    # One dot more keeps the picture from holding a command: 04, 05 and 14 become 0C, 0D and 1C.
    dots = _AT_ONCE.sub(lambda found: bytes((0x10, found[0][1] | 0x08)), b"".join(rows))
    return b"\x1dv0\x00" + size + dots


def lines_of(parts: tuple[SlipPart, ...], columns: int = COLUMNS_80_MM) -> int:
    """How many lines of text a slip takes, a picture counted by its height."""
    return sum(_lines(part, columns) for part in parts)


def _lines(part: SlipPart, columns: int) -> int:
    match part:
        case TextLine():
            return len(wrap(part.text, columns // part.scale)) * part.scale
        case QrCode():
            return 2 + QR_DOTS // LINE_DOTS
        case RasterImage():
            return -(-len(part.rows) // LINE_DOTS)
        case Rule():
            return 1


def ask_status(n: int) -> bytes:
    """DLE EOT n, n from 1 to 4."""
    return bytes((0x10, 0x04, n))


def is_status(byte: int) -> bool:
    """Whether a byte has the fixed pattern of an answer to DLE EOT."""
    return byte & 0b1001_0011 == 0b0001_0010


def is_paper_in_order(byte: int) -> bool:
    """Whether a byte has the fixed pattern of an answer to GS r."""
    return byte & 0b1001_0000 == 0


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the four status bytes say."""

    offline: bool = False
    waits_for_recovery: bool = False
    feed_button: bool = False
    cover_open: bool = False
    fed_by_button: bool = False
    paper_end: bool = False
    """No paper, or printing stopped because of that."""
    paper_near_end: bool = False
    error: bool = False
    recoverable_error: bool = False
    cutter_error: bool = False
    unrecoverable_error: bool = False
    passing_error: bool = False
    """Goes away by itself, such as a hot print head."""

    @classmethod
    def decode(cls, answers: bytes) -> PrinterStatus:
        """Reads the answers to n = 1, 2, 3, 4. StatusByteError where one lacks the fixed pattern."""
        if len(answers) != 4 or not all(is_status(byte) for byte in answers):
            raise StatusByteError(answers.hex(" "))
        printer, cause, error, paper = answers
        return cls(
            offline=bool(printer & 0x08),
            waits_for_recovery=bool(printer & 0x20),
            feed_button=bool(printer & 0x40),
            cover_open=bool(cause & 0x04),
            fed_by_button=bool(cause & 0x08),
            paper_end=bool(cause & 0x20 or paper & 0x60),
            paper_near_end=bool(paper & 0x0C),
            error=bool(cause & 0x40),
            recoverable_error=bool(error & 0x04),
            cutter_error=bool(error & 0x08),
            unrecoverable_error=bool(error & 0x20),
            passing_error=bool(error & 0x40),
        )

    def encode(self) -> bytes:
        """The four answers that say this."""
        return bytes(
            0x12 | sum(mask for mask, is_set in bits if is_set)
            for bits in (
                ((0x08, self.offline), (0x20, self.waits_for_recovery), (0x40, self.feed_button)),
                (
                    (0x04, self.cover_open),
                    (0x08, self.fed_by_button),
                    (0x20, self.paper_end),
                    (0x40, self.error),
                ),
                (
                    (0x04, self.recoverable_error),
                    (0x08, self.cutter_error),
                    (0x20, self.unrecoverable_error),
                    (0x40, self.passing_error),
                ),
                ((0x0C, self.paper_near_end or self.paper_end), (0x60, self.paper_end)),
            )
        )

    def encode_paper_in_order(self) -> int:
        """The answer to GS r 1."""
        return (0x03 if self.paper_near_end or self.paper_end else 0) | (0x0C if self.paper_end else 0)
