"""A printer of documents behind CUPS, or any printer that speaks IPP (RFC 8010, RFC 8011), over the network.

What is asked before, while and after a job: Get-Printer-Attributes, whose `printer-state-reasons` say what is
the matter; Print-Job; Get-Job-Attributes, whose `job-state` is 9 once the job was printed. CUPS says so when
its backend has handed everything to the printer and the printer has taken it.

A job that does not go on is cancelled after WAIT_SECONDS. Its data is purged in every case, printed or not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import field_validator
from pyipp import IPP, IPPConnectionError, IPPError
from pyipp.enums import IppOperation, IppTag
from pyipp.tags import ATTRIBUTE_TAG_MAP

from foundation.log import logger
from hardware.interfaces.device import (
    CompletionCode,
    DeviceError,
    DeviceOptions,
    DeviceStatus,
    PortProblem,
)
from hardware.interfaces.document_printer import (
    DocumentError,
    DocumentPrinter,
    DocumentPrinterCapabilities,
    DocumentPrinterStatus,
    QueueStatus,
    TonerStatus,
    Waiting,
)
from hardware.interfaces.media import CoverStatus, PaperStatus

A4 = "iso_a4_210x297mm"
"""PWG 5101.1."""
ANSWER_SECONDS = 10
"""Longest wait for an answer: CUPS may be starting."""
POLL_SECONDS = 0.5
NOTICE_SECONDS = 2.0
"""For which something is the matter before anybody is told: CUPS is connecting for a moment with each job."""
WAIT_SECONDS = 45.0
"""For which a job may stand still."""
_STOPPED = 5
_DONE, _CANCELED, _ABORTED = 9, 7, 8
_REASONS: tuple[tuple[DocumentError, tuple[str, ...]], ...] = (
    (DocumentError.MEDIA_JAM, ("media-jam",)),
    (DocumentError.COVER_OPEN, ("cover-open", "door-open", "interlock-open")),
    (DocumentError.PAPER_OUT, ("media-empty", "media-needed", "input-tray-missing")),
    (DocumentError.TONER_OUT, ("toner-empty", "marker-supply-empty")),
    (
        DocumentError.STOPPED,
        ("offline", "shutdown", "paused", "stopped", "connecting-to-device", "timed-out"),
    ),
)
"""`printer-state-reasons` (RFC 8011, 5.4.12; CUPS has `offline`), by what they mean, the worst first."""
_PRINTER = ("printer-state", "printer-state-reasons", "printer-is-accepting-jobs")
_ABILITIES = ("printer-make-and-model", "media-supported", "sides-supported", "color-supported")
_JOB = ("job-state", "job-state-reasons", "job-media-sheets-completed")
_log = logger(__name__)

# An attribute of CUPS that pyipp does not know, and would leave out.
ATTRIBUTE_TAG_MAP.setdefault("purge-job", IppTag.BOOLEAN)


class CupsOptions(DeviceOptions):
    """port: the queue, such as ``ipp://localhost:631/printers/A4``."""

    @field_validator("port")
    @classmethod
    def _queue(cls, port: str) -> str:
        if not port.startswith(("ipp://", "ipps://")):
            raise ValueError(f"{port} is no queue, such as ipp://localhost:631/printers/A4")
        return port


class CupsPrinter(DocumentPrinter):
    """One queue. It takes nothing for itself: a queue is everybody's."""

    driver = "cups"
    shared = True
    Options = CupsOptions

    def __init__(self, options: CupsOptions) -> None:
        super().__init__(options)
        self._uri = options.port
        self._connected_to: IPP | None = None

    async def _open(self) -> None:
        self._connected_to = IPP(self._uri, request_timeout=ANSWER_SECONDS, verify_ssl=True)

    async def _close(self) -> None:
        if self._connected_to is not None:
            await self._connected_to.close()
            self._connected_to = None

    async def _ask_capabilities(self) -> DocumentPrinterCapabilities:
        about = await self._printer(_ABILITIES)
        return DocumentPrinterCapabilities(
            model=str(about.get("printer-make-and-model", "")),
            a4=A4 in _listed(about, "media-supported"),
            duplex=any(side.startswith("two-sided") for side in _listed(about, "sides-supported")),
            colour=about.get("color-supported") is True,
        )

    async def _ask_status(self) -> DocumentPrinterStatus:
        return _status(await self._printer(_PRINTER))

    async def _self_test(self) -> tuple[str, ...]:
        about = await self._printer(_ABILITIES)
        return () if A4 in _listed(about, "media-supported") else ("advice.document_printer.noA4",)

    async def _print_document(self, pdf: bytes, waiting: Waiting) -> int:
        about = await self._printer(_PRINTER)
        if trouble := _closed(about):
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, trouble)
        job = await self._send(pdf)
        try:
            return await self._watch(job, waiting)
        finally:
            # Also where the caller is gone: nobody else gets this paper.
            await asyncio.shield(self._purge(job))

    async def _send(self, pdf: bytes) -> int:
        answer = await self._ask(
            IppOperation.PRINT_JOB,
            {"document-format": "application/pdf", "job-name": "huimin"},
            {"media": A4, "copies": 1},
            pdf,
        )
        jobs = answer.get("jobs") or [{}]
        job = jobs[0].get("job-id")
        if not isinstance(job, int):
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, DocumentError.UNKNOWN_OUTCOME, "no job-id")
        return job

    async def _watch(self, job: int, waiting: Waiting) -> int:
        """Waits until the job is over; how many sheets."""
        still_since: float | None = None
        told: DocumentError | None = None
        while True:
            try:
                about = await self._job(job)
                printer = await self._printer(_PRINTER)
            except DeviceError as error:
                raise DeviceError(
                    error.completion, DocumentError.UNKNOWN_OUTCOME, f"job {job}: {error.detail}"
                ) from error
            self._notice(_status(printer))
            trouble = _trouble(printer)
            state = about.get("job-state")
            if state == _DONE:
                if told:
                    waiting(None)
                return int(about.get("job-media-sheets-completed") or 0)
            if state in (_CANCELED, _ABORTED):
                reasons = " ".join(_listed(about, "job-state-reasons"))
                raise DeviceError(
                    CompletionCode.HARDWARE_ERROR, trouble or DocumentError.REJECTED, f"job {job}: {reasons}"
                )
            now = time.monotonic()
            still_since = (still_since or now) if trouble else None
            lasting = trouble if still_since and now - still_since >= NOTICE_SECONDS else None
            if lasting is not told:
                told = lasting
                waiting(lasting)
            if still_since and now - still_since > WAIT_SECONDS:
                raise DeviceError(CompletionCode.TIME_OUT, trouble, f"job {job}")
            await asyncio.sleep(POLL_SECONDS)

    async def _purge(self, job: int) -> None:
        """Cancels a job that is not over, and has CUPS forget its data (`purge-job` of Cancel-Job)."""
        try:
            await self._ask(IppOperation.CANCEL_JOB, {"job-id": job, "purge-job": True})
        except DeviceError as error:
            _log.warning("job_not_purged", job=job, detail=error.detail)

    async def _printer(self, wanted: Iterable[str]) -> Mapping[str, Any]:
        answer = await self._ask(IppOperation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": list(wanted)})
        printers: list[Mapping[str, Any]] = answer.get("printers") or [{}]
        return printers[0]

    async def _job(self, job: int) -> Mapping[str, Any]:
        answer = await self._ask(
            IppOperation.GET_JOB_ATTRIBUTES, {"job-id": job, "requested-attributes": list(_JOB)}
        )
        jobs: list[Mapping[str, Any]] = answer.get("jobs") or [{}]
        return jobs[0]

    async def _ask(
        self,
        operation: IppOperation,
        about: Mapping[str, Any],
        job: Mapping[str, Any] | None = None,
        data: bytes = b"",
    ) -> dict[str, Any]:
        """Asks the queue. Raises DeviceError."""
        assert self._connected_to is not None
        message: dict[str, Any] = {"operation-attributes-tag": dict(about)}
        if job:
            message["job-attributes-tag"] = dict(job)
        if data:
            message["data"] = data
        try:
            return await self._connected_to.execute(operation, message)
        except IPPConnectionError as error:
            detail = str(error.args[0])
            raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.SERVICE, detail) from None
        except IPPError as error:
            detail = f"{operation.name}: {error.args}"[:200]
            asked = operation is IppOperation.GET_PRINTER_ATTRIBUTES
            code = DocumentError.NO_QUEUE if asked else DocumentError.REJECTED
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, code, detail) from None


def _trouble(about: Mapping[str, Any]) -> DocumentError | None:
    """What keeps a printer from printing. Reports and warnings do not (RFC 8011, 5.4.12)."""
    reasons = [
        reason.removesuffix("-error")
        for reason in _listed(about, "printer-state-reasons")
        if not reason.endswith(("-report", "-warning"))
    ]
    for error, names in _REASONS:
        if set(names) & set(reasons):
            return error
    return _closed(about)


def _closed(about: Mapping[str, Any]) -> DocumentError | None:
    """Why a queue takes nothing. Of an idle printer CUPS knows reasons from the last job only: that the paper
    was out then does not say that it is out now."""
    if about.get("printer-state") == _STOPPED:
        return DocumentError.STOPPED
    return DocumentError.REJECTED if about.get("printer-is-accepting-jobs") is False else None


_QUEUES = {DocumentError.STOPPED: QueueStatus.STOPPED, DocumentError.REJECTED: QueueStatus.REJECTING}


def _status(about: Mapping[str, Any]) -> DocumentPrinterStatus:
    """Of paper, toner and cover a printer says only what is amiss."""
    reasons = {
        reason.removesuffix("-error").removesuffix("-warning").removesuffix("-report")
        for reason in _listed(about, "printer-state-reasons")
    }
    paper, toner = PaperStatus.FULL, TonerStatus.FULL
    if reasons & {"media-empty", "media-needed"}:
        paper = PaperStatus.OUT
    elif "media-jam" in reasons:
        paper = PaperStatus.JAMMED
    elif "media-low" in reasons:
        paper = PaperStatus.LOW
    if reasons & {"toner-empty", "marker-supply-empty"}:
        toner = TonerStatus.OUT
    elif reasons & {"toner-low", "marker-supply-low"}:
        toner = TonerStatus.LOW
    trouble = _trouble(about)
    return DocumentPrinterStatus(
        device=DeviceStatus.OFFLINE if trouble else DeviceStatus.ONLINE,
        paper=paper,
        toner=toner,
        cover=CoverStatus.OPEN if trouble is DocumentError.COVER_OPEN else CoverStatus.CLOSED,
        queue=_QUEUES.get(trouble, QueueStatus.ACCEPTING) if trouble else QueueStatus.ACCEPTING,
    )


def _listed(about: Mapping[str, Any], name: str) -> list[str]:
    """An attribute of one or several keywords."""
    given = about.get(name)
    if given is None:
        return []
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]
