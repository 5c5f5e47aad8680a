"""The printer of slips (回执)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import Enum

from hardware.interfaces.device import Device


class PrintError(Enum):
    """Why a slip was not printed (XFS4IoT Printer's codes where it has one)."""

    PAPER_OUT = "paperOut"
    COVER_OPEN = "coverOpen"
    CUTTER_FAIL = "cutterFail"
    MEDIA_JAM = "mediaJam"
    UNKNOWN_OUTCOME = "unknownOutcome"
    """The job was sent, but the printer did not confirm that it printed."""


class PaperStatus(Enum):
    """Paper in the printer (XFS4IoT Printer, paper supply)."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"
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


SlipPart = TextLine | QrCode | Rule


class ReceiptPrinter(Device):
    """Prints slips and cuts them."""

    @abstractmethod
    async def paper(self) -> PaperStatus:
        """Asks for the paper. Never raises."""

    @abstractmethod
    async def print_slip(self, parts: tuple[SlipPart, ...]) -> None:
        """Prints, cuts, and returns once the printer says that it printed.

        DeviceError with a PrintError otherwise.
        """
