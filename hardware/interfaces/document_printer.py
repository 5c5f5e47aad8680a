"""The printer of documents, on A4 sheets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from hardware.interfaces.device import Device
from hardware.interfaces.receipt_printer import PaperStatus


class DocumentError(Enum):
    """Why a document was not printed (XFS4IoT Printer's codes where it has one)."""

    PAPER_OUT = "paperOut"
    MEDIA_JAM = "mediaJam"
    TONER_OUT = "tonerOut"
    COVER_OPEN = "coverOpen"
    STOPPED = "stopped"
    """Somebody stopped the queue, or the printer is switched off."""
    REJECTED = "rejected"
    """The queue takes no documents, or not this one."""
    UNKNOWN_OUTCOME = "unknownOutcome"
    """The document was sent, and nobody knows whether it was printed."""


class TonerStatus(Enum):
    """Toner or ink (XFS4IoT Printer, toner)."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DocumentCapabilities:
    """What it can do (XFS4IoT Printer, capabilities). model: as it calls itself; a4: it knows A4 sheets."""

    model: str
    a4: bool
    duplex: bool
    colour: bool


@dataclass(frozen=True, slots=True)
class Supplies:
    """Paper and toner."""

    paper: PaperStatus
    toner: TonerStatus


Waiting = Callable[[DocumentError | None], None]
"""Is told, while a document is being printed, why it does not go on, and None when it does again (XFS4IoT
Printer, paperThresholdEvent and mediaInsertedEvent)."""


class DocumentPrinter(Device):
    """Prints documents. One at a time: a second waits for the first."""

    @abstractmethod
    async def capabilities(self) -> DocumentCapabilities:
        """Asks what it can do. DeviceError where it cannot be asked."""

    @abstractmethod
    async def supplies(self) -> Supplies:
        """Asks for paper and toner. Never raises."""

    @abstractmethod
    async def print_document(self, pdf: bytes, waiting: Waiting = lambda why: None) -> int:
        """Prints a PDF on A4 and returns, once the printer says that it printed, how many sheets, 0 where it
        does not tell.

        DeviceError with a DocumentError otherwise; what was not printed then is taken back, so that nobody
        finds it later.
        """
