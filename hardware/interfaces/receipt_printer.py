"""The printer of slips (回执)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import Device, Status
from hardware.interfaces.media import CoverStatus, PaperStatus

SLIP_SECONDS = 180.0
"""Longest time for a slip: one of 8 m, at 50 mm a second."""


class PrintError(Enum):
    """Why a slip was not printed (XFS4IoT Printer's codes where it has one)."""

    PAPER_OUT = "paperOut"
    COVER_OPEN = "coverOpen"
    CUTTER_FAIL = "cutterFail"
    MEDIA_JAM = "mediaJam"
    UNKNOWN_OUTCOME = "unknownOutcome"
    """The job was sent, but the printer did not confirm that it printed."""


class CutterStatus(Enum):
    """The cutter."""

    OK = "ok"
    FAILED = "failed"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class HeadStatus(Enum):
    """The print head."""

    OK = "ok"
    HOT = "hot"
    """Too hot: it recovers by itself."""
    FAILED = "failed"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Align(Enum):
    """Where a line stands; the values are ESC a's."""

    LEFT = 0
    CENTRE = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class TextLine:
    """Text; wrapped by the driver at the paper's width. `scale` 1 or 2, in both directions."""

    text: str
    align: Align = Align.LEFT
    scale: int = 1
    bold: bool = False


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code of model 2, error correction M, centred."""

    data: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line."""


@dataclass(frozen=True, slots=True)
class RasterImage:
    """A picture in black and white, centred.

    width: dots; rows: from the top, each of (width + 7) // 8 bytes, bit 7 of the first byte leftmost, 1 for
    black.
    """

    width: int
    rows: tuple[bytes, ...]


SlipPart = TextLine | QrCode | Rule | RasterImage


@dataclass(frozen=True, slots=True)
class ReceiptPrinterCapabilities:
    """columns: characters of a line; dots: width of a picture; cutter: it cuts; confirms: it says itself when
    a job is done, so that "printed" needs no waiting."""

    columns: int
    dots: int
    cutter: bool
    confirms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPrinterStatus(Status):
    """How the printer is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        HeadStatus.FAILED: "advice.receipt_printer.broken",
        CutterStatus.FAILED: "advice.receipt_printer.cutterFail",
        CoverStatus.OPEN: "advice.receipt_printer.coverOpen",
        PaperStatus.JAMMED: "advice.receipt_printer.mediaJam",
        PaperStatus.OUT: "advice.receipt_printer.paperOut",
        HeadStatus.HOT: "advice.receipt_printer.hot",
        PaperStatus.LOW: "advice.receipt_printer.paperLow",
    }

    paper: PaperStatus = PaperStatus.UNKNOWN
    cover: CoverStatus = CoverStatus.UNKNOWN
    cutter: CutterStatus = CutterStatus.UNKNOWN
    head: HeadStatus = HeadStatus.UNKNOWN


class ReceiptPrinter(Device[ReceiptPrinterCapabilities, ReceiptPrinterStatus]):
    """Prints slips and cuts them."""

    name = "receipt_printer"
    status_type = ReceiptPrinterStatus
    codes = tuple(PrintError)

    @abstractmethod
    async def _print_slip(self, parts: tuple[SlipPart, ...]) -> int:
        """Prints, cuts, and returns how many lines, once the printer says that it printed. DeviceError with a
        PrintError where it did not. Asks for the state before it sends anything, and `_notice`s it."""

    @final
    async def print_slip(self, parts: tuple[SlipPart, ...]) -> None:
        """Prints, cuts, and returns once the printer says that it printed (XFS4IoT Printer.PrintNative).

        DeviceError with a PrintError otherwise; INVALID_DATA where the slip cannot be said to this printer.
        """
        await self._command(
            "print_slip",
            lambda: self._print_slip(parts),
            timeout=SLIP_SECONDS,
            late=PrintError.UNKNOWN_OUTCOME,
            counts=lambda lines: {"slips_printed": 1, "lines_printed": lines},
        )
