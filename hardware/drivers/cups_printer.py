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

from pyipp import IPP, IPPConnectionError, IPPError
from pyipp.enums import IppOperation, IppTag
from pyipp.tags import ATTRIBUTE_TAG_MAP

from foundation.log import logger
from hardware.interfaces.device import (
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceStatus,
    SelfTest,
)
from hardware.interfaces.document_printer import (
    DocumentCapabilities,
    DocumentError,
    DocumentPrinter,
    Supplies,
    TonerStatus,
    Waiting,
)
from hardware.interfaces.receipt_printer import PaperStatus

A4 = "iso_a4_210x297mm"
"""PWG 5101.1."""
POLL_SECONDS = 0.5
NOTICE_SECONDS = 2.0
"""For which something is the matter before anybody is told: CUPS is connecting for a moment with each job."""
WAIT_SECONDS = 45.0
"""For which a job may stand still."""
JOB_SECONDS = 300.0
"""For which a job may take in all."""
MAX_BYTES = 16 << 20
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


class CupsPrinter(DocumentPrinter):
    """One queue. uri: ``ipp://localhost:631/printers/NAME``."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._connected: IPP | None = None
        self._turn = asyncio.Lock()

    @property
    def info(self) -> DeviceInfo:
        """Which device it is."""
        return DeviceInfo("document_printer", "cups", self._uri, simulated=False)

    async def open(self) -> None:
        """Nothing is taken: a queue is everybody's. Whether it answers, `self_test` says."""

    async def close(self) -> None:
        """Ends the connection."""
        if self._connected is not None:
            await self._connected.close()
            self._connected = None

    async def status(self) -> DeviceStatus:
        """See `Device`."""
        try:
            about = await self._printer(_PRINTER)
        except DeviceError as error:
            gone = error.completion is CompletionCode.CONNECTION_LOST
            return DeviceStatus.NO_DEVICE if gone else DeviceStatus.OFFLINE
        if self._turn.locked():
            return DeviceStatus.DEVICE_BUSY
        return DeviceStatus.OFFLINE if _trouble(about) else DeviceStatus.ONLINE

    async def self_test(self) -> SelfTest:
        """See `Device`."""
        try:
            about = await self._printer((*_PRINTER, *_ABILITIES))
        except DeviceError as error:
            gone = error.completion is CompletionCode.CONNECTION_LOST
            return SelfTest(False, ("advice.cups.unreachable" if gone else "advice.cups.no_queue",))
        findings = []
        if trouble := _trouble(about):
            findings.append(f"advice.document.{trouble.value}")
        if A4 not in _listed(about, "media-supported"):
            findings.append("advice.document.no_a4")
        supplies = _supplies(about)
        if supplies.toner is TonerStatus.LOW:
            findings.append("advice.document.toner_low")
        if supplies.paper is PaperStatus.LOW:
            findings.append("advice.document.paper_low")
        return SelfTest(not findings, tuple(findings))

    async def capabilities(self) -> DocumentCapabilities:
        """See `DocumentPrinter`."""
        about = await self._printer(_ABILITIES)
        return DocumentCapabilities(
            model=str(about.get("printer-make-and-model", "")),
            a4=A4 in _listed(about, "media-supported"),
            duplex=any(side.startswith("two-sided") for side in _listed(about, "sides-supported")),
            colour=about.get("color-supported") is True,
        )

    async def supplies(self) -> Supplies:
        """See `DocumentPrinter`."""
        try:
            return _supplies(await self._printer(_PRINTER))
        except DeviceError:
            return Supplies(PaperStatus.UNKNOWN, TonerStatus.UNKNOWN)

    async def print_document(self, pdf: bytes, waiting: Waiting = lambda why: None) -> int:
        """See `DocumentPrinter`."""
        if not pdf.startswith(b"%PDF-") or len(pdf) > MAX_BYTES:
            raise DeviceError(CompletionCode.INVALID_DATA, DocumentError.REJECTED, "not a PDF")
        async with self._turn:
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
        end = time.monotonic() + JOB_SECONDS
        still_since: float | None = None
        told: DocumentError | None = None
        while True:
            try:
                about = await self._job(job)
                trouble = _trouble(await self._printer(_PRINTER))
            except DeviceError as error:
                raise DeviceError(
                    error.completion, DocumentError.UNKNOWN_OUTCOME, f"job {job}: {error.detail}"
                ) from None
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
            if (still_since and now - still_since > WAIT_SECONDS) or now > end:
                raise DeviceError(
                    CompletionCode.TIME_OUT, trouble or DocumentError.UNKNOWN_OUTCOME, f"job {job}"
                )
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
        if self._connected is None:
            self._connected = IPP(self._uri, request_timeout=10, verify_ssl=True)
        message: dict[str, Any] = {"operation-attributes-tag": dict(about)}
        if job:
            message["job-attributes-tag"] = dict(job)
        if data:
            message["data"] = data
        try:
            return await self._connected.execute(operation, message)
        except IPPConnectionError as error:
            raise DeviceError(CompletionCode.CONNECTION_LOST, None, str(error.args[0])) from None
        except IPPError as error:
            detail = f"{operation.name}: {error.args}"[:200]
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, DocumentError.REJECTED, detail) from None


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


def _supplies(about: Mapping[str, Any]) -> Supplies:
    """Of paper and toner a printer says only what is amiss."""
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
    return Supplies(paper, toner)


def _listed(about: Mapping[str, Any], name: str) -> list[str]:
    """An attribute of one or several keywords."""
    given = about.get(name)
    if given is None:
        return []
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]
