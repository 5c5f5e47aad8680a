"""The printer of documents, on A4 sheets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import CompletionCode, Device, DeviceError, Status
from hardware.interfaces.media import CoverStatus, PaperStatus

MAX_BYTES = 16 << 20
JOB_SECONDS = 300.0
"""Longest time for a document."""


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
    NO_QUEUE = "noQueue"
    """The print server has no such queue."""
    UNKNOWN_OUTCOME = "unknownOutcome"
    """The document was sent, and nobody knows whether it was printed."""


class TonerStatus(Enum):
    """Toner or ink (XFS4IoT Printer, toner)."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class QueueStatus(Enum):
    """The queue before the printer."""

    ACCEPTING = "accepting"
    STOPPED = "stopped"
    REJECTING = "rejecting"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DocumentPrinterCapabilities:
    """What it can do (XFS4IoT Printer, capabilities). model: as it calls itself; a4: it knows A4 sheets."""

    model: str
    a4: bool
    duplex: bool
    colour: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPrinterStatus(Status):
    """How the printer is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        QueueStatus.STOPPED: "advice.document_printer.stopped",
        QueueStatus.REJECTING: "advice.document_printer.rejected",
        PaperStatus.JAMMED: "advice.document_printer.mediaJam",
        CoverStatus.OPEN: "advice.document_printer.coverOpen",
        PaperStatus.OUT: "advice.document_printer.paperOut",
        TonerStatus.OUT: "advice.document_printer.tonerOut",
        PaperStatus.LOW: "advice.document_printer.paperLow",
        TonerStatus.LOW: "advice.document_printer.tonerLow",
    }

    paper: PaperStatus = PaperStatus.UNKNOWN
    toner: TonerStatus = TonerStatus.UNKNOWN
    cover: CoverStatus = CoverStatus.UNKNOWN
    queue: QueueStatus = QueueStatus.UNKNOWN


Waiting = Callable[[DocumentError | None], None]
"""Is told, while a document is being printed, why it does not go on, and None when it does again (XFS4IoT
Printer, paperThresholdEvent and mediaInsertedEvent)."""


class DocumentPrinter(Device[DocumentPrinterCapabilities, DocumentPrinterStatus]):
    """Prints documents. One at a time: a second waits for the first."""

    name = "document_printer"
    status_type = DocumentPrinterStatus
    codes = tuple(DocumentError)

    @abstractmethod
    async def _print_document(self, pdf: bytes, waiting: Waiting) -> int:
        """Prints a PDF on A4; how many sheets, 0 where it does not tell. What is not printed when it fails or
        is cancelled is taken back."""

    @final
    async def print_document(self, pdf: bytes, waiting: Waiting = lambda why: None) -> int:
        """Prints a PDF on A4 and returns, once the printer says that it printed, how many sheets, 0 where it
        does not tell.

        DeviceError with a DocumentError otherwise; what was not printed then is taken back, so that nobody
        finds it later.
        """
        if not pdf.startswith(b"%PDF-") or len(pdf) > MAX_BYTES:
            raise DeviceError(CompletionCode.INVALID_DATA, DocumentError.REJECTED, "not a PDF")
        return await self._command(
            "print_document",
            lambda: self._print_document(pdf, waiting),
            timeout=JOB_SECONDS,
            late=DocumentError.UNKNOWN_OUTCOME,
            counts=lambda sheets: {"documents_printed": 1, "sheets_printed": sheets},
        )
