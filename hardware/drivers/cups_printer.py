"""A printer of documents behind CUPS, or any printer that speaks IPP (RFC 8010, RFC 8011), over the network.

What is asked before, while and after a job: Get-Printer-Attributes, whose `printer-state-reasons` say what
is the matter; Create-Job, then Send-Document; Get-Job-Attributes, whose `job-state` is 9 once the job was
printed. CUPS says so when its backend has handed everything to the printer and the printer has taken it. It
has to keep a history of jobs for that: without one it forgets a job the moment it is over.

A job that does not go on is cancelled after WAIT_SECONDS. Its data is purged in every case, printed or not.
The job is made first, and empty, so that its number is known before anything of the resident goes out. What
could not be taken back, as CUPS was gone, is at its next answer: it keeps its queue over a restart. A process
that dies leaves jobs that say in their names whose they are, and the next one on the same machine takes them
back.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientError
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
PURGE_SECONDS = 4.0
"""Longest wait for a job to be taken back; a cancelled command has to end within CANCEL_SECONDS."""
POLL_SECONDS = 0.5
NOTICE_SECONDS = 2.0
"""For which something is the matter before anybody is told: CUPS is connecting for a moment with each job."""
WAIT_SECONDS = 45.0
"""For which a job may stand still."""
_IDLE, _STOPPED = 3, 5
_DONE, _CANCELED, _ABORTED = 9, 7, 8
_NOT_POSSIBLE, _NOT_FOUND, _GONE = 0x0404, 0x0406, 0x0407
"""Codes of IPP (RFC 8011, B.1.4) with which a job that is to be purged is over already."""
_USER = "huimin"
"""Owner of the jobs: the only one, besides an administrator, who may send to one and cancel it."""
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
_drivers = itertools.count(1)
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


class _Refused(DeviceError):
    """CUPS answered, and not with a success. status: the code of IPP, or below 0x0400 that of HTTP."""

    def __init__(self, code: DocumentError, detail: str, status: int) -> None:
        super().__init__(CompletionCode.DEVICE_NOT_READY, code, detail)
        self.status = status

    @property
    def final(self) -> bool:
        """Whether what was asked is wrong, so that nothing was done and asking again changes nothing."""
        return 400 <= self.status < 500 or 0x0400 <= self.status < 0x0500


class CupsPrinter(DocumentPrinter):
    """One queue. It takes nothing for itself: a queue is everybody's."""

    driver = "cups"
    shared = True
    Options = CupsOptions

    def __init__(self, options: CupsOptions) -> None:
        super().__init__(options)
        self._uri = options.port
        self._connected_to: IPP | None = None
        self._name = "/".join((*_machine(), str(os.getpid()), str(next(_drivers))))
        """Of the jobs of this driver."""
        self._left: set[int] = set()
        """Jobs that are not purged yet."""
        self._unknown = True
        """Whether there may be jobs of ours whose number nobody knows."""

    async def _open(self) -> None:
        self._unknown = True
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
        about = await self._printer(_PRINTER)
        await self._take_back()
        return _status(about)

    async def _self_test(self) -> tuple[str, ...]:
        about = await self._printer(_ABILITIES)
        return () if A4 in _listed(about, "media-supported") else ("advice.document_printer.noA4",)

    async def _print_document(self, pdf: bytes, waiting: Waiting) -> int:
        about = await self._printer(_PRINTER)
        await self._take_back()
        if trouble := _closed(about):
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, trouble)
        job = await self._create()
        try:
            await self._send(job, pdf)
            return await self._watch(job, waiting)
        finally:
            # Also where the caller is gone: nobody else gets this paper.
            await asyncio.shield(self._purge(job))

    async def _create(self) -> int:
        """Makes a job that has no document yet; its number."""
        self._unknown = True
        answer = await self._ask(
            IppOperation.CREATE_JOB, {"job-name": self._name}, {"media": A4, "copies": 1}
        )
        job = (answer.get("jobs") or [{}])[0].get("job-id")
        if not isinstance(job, int):
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, DocumentError.REJECTED, "no job-id")
        self._left.add(job)
        self._unknown = False
        return job

    async def _send(self, job: int, pdf: bytes) -> None:
        """Sends the document. Whatever goes wrong from here on, it may be printed, unless CUPS refuses it."""
        try:
            await self._ask(
                IppOperation.SEND_DOCUMENT,
                {"job-id": job, "document-format": "application/pdf", "last-document": True},
                data=pdf,
            )
        except DeviceError as error:
            if isinstance(error, _Refused) and error.final:
                raise
            raise _outcome_unknown(job, error) from error

    async def _watch(self, job: int, waiting: Waiting) -> int:
        """Waits until the job is over; how many sheets."""
        still_since: float | None = None
        told: DocumentError | None = None
        while True:
            try:
                about = await self._job(job)
                printer = await self._printer(_PRINTER)
            except DeviceError as error:
                raise _outcome_unknown(job, error) from error
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
                    CompletionCode.HARDWARE_ERROR,
                    _reported(printer) or trouble or DocumentError.REJECTED,
                    f"job {job}: {reasons}",
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
        """Cancels a job that is not over, and has CUPS forget its data (`purge-job` of Cancel-Job). Where
        CUPS does not answer, the job stays among those that are left. Never raises DeviceError."""
        try:
            async with asyncio.timeout(PURGE_SECONDS):
                await self._ask(IppOperation.CANCEL_JOB, {"job-id": job, "purge-job": True})
        except (DeviceError, TimeoutError) as error:
            refused = isinstance(error, _Refused) and error.final
            if not (isinstance(error, _Refused) and error.status in (_NOT_POSSIBLE, _NOT_FOUND, _GONE)):
                _log.warning("job_not_purged", job=job, again=not refused, detail=str(error))
            if not refused:
                return
        self._left.discard(job)

    async def _take_back(self) -> None:
        """Purges what is left of earlier documents. Only while none is being printed."""
        if self._unknown:
            try:
                self._left.update(await self._abandoned())
                self._unknown = False
            except _Refused as refused:
                _log.warning("jobs_not_listed", detail=refused.detail)
                self._unknown = not refused.final
        for job in tuple(self._left):
            await self._purge(job)

    async def _abandoned(self) -> list[int]:
        """Jobs in the queue that nobody waits for any more: of this driver, or of a process that is gone."""
        wanted = {
            "which-jobs": "not-completed",
            "my-jobs": True,
            "requested-attributes": ["job-id", "job-name"],
        }
        answer = await self._ask(IppOperation.GET_JOBS, wanted)
        return [
            job
            for about in answer.get("jobs", ())
            if isinstance(job := about.get("job-id"), int)
            and ((name := str(about.get("job-name", ""))) == self._name or _of_the_dead(name))
        ]

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
        """Asks the queue. Raises DeviceError: a _Refused where there was an answer."""
        if self._connected_to is None:
            raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.SERVICE, "closed")
        message: dict[str, Any] = {"operation-attributes-tag": {"requesting-user-name": _USER, **about}}
        if job:
            message["job-attributes-tag"] = dict(job)
        if data:
            message["data"] = data
        try:
            async with asyncio.timeout(ANSWER_SECONDS):  # the library's own ends before the answer's body
                return await self._connected_to.execute(operation, message)
        except (IPPConnectionError, TimeoutError, ClientError, OSError) as error:
            detail = f"{operation.name}: {str(error) or type(error).__name__}"
            raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.SERVICE, detail) from None
        except IPPError as error:
            detail = f"{operation.name}: {error.args}"[:200]
            status = int(error.args[1].get("status-code", 0)) if len(error.args) > 1 else 0
            if operation is IppOperation.GET_JOB_ATTRIBUTES and status == _NOT_FOUND:
                detail = "CUPS has forgotten the job: PreserveJobHistory has to be Yes"
            asked = operation is IppOperation.GET_PRINTER_ATTRIBUTES
            code = DocumentError.NO_QUEUE if asked else DocumentError.REJECTED
            raise _Refused(code, detail, status) from None


def _machine() -> tuple[str, str, str]:
    """How names of jobs begin that this machine made since it was started."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    return _USER, socket.gethostname().replace("/", "-"), boot[:8]


def _of_the_dead(name: str) -> bool:
    """Whether a job is of a process of this machine that is gone."""
    user, host, boot = _machine()
    match name.split("/"):
        case [whose, where, since, process, _] if (whose, where) == (user, host):
            return since != boot or not (process.isdigit() and Path("/proc", process).exists())
    return False


def _outcome_unknown(job: int, error: DeviceError) -> DeviceError:
    """Of a document that went out, and of which nobody knows more."""
    return DeviceError(error.completion, DocumentError.UNKNOWN_OUTCOME, f"job {job}: {error.detail}")


def _reported(about: Mapping[str, Any]) -> DocumentError | None:
    """What keeps a printer from printing, by what it says. Reports and warnings do not (RFC 8011, 5.4.12)."""
    reasons = [
        reason.removesuffix("-error")
        for reason in _listed(about, "printer-state-reasons")
        if not reason.endswith(("-report", "-warning"))
    ]
    for error, names in _REASONS:
        if set(names) & set(reasons):
            return error
    return None


def _trouble(about: Mapping[str, Any]) -> DocumentError | None:
    """What keeps a printer from printing now. Of an idle printer CUPS knows reasons from the last job only:
    that the paper was out then does not say that it is out now."""
    idle = about.get("printer-state") == _IDLE
    return (None if idle else _reported(about)) or _closed(about)


def _closed(about: Mapping[str, Any]) -> DocumentError | None:
    """Why a queue takes nothing."""
    if about.get("printer-state") == _STOPPED:
        return DocumentError.STOPPED
    return DocumentError.REJECTED if about.get("printer-is-accepting-jobs") is False else None


_QUEUES = {DocumentError.STOPPED: QueueStatus.STOPPED, DocumentError.REJECTED: QueueStatus.REJECTING}


def _status(about: Mapping[str, Any]) -> DocumentPrinterStatus:
    """Of paper, toner and cover a printer says only what is amiss, and CUPS hears it only while it prints: of
    an idle one they are unknown. What was running low then is still said, as nothing fills up by itself."""
    reasons = {
        reason.removesuffix("-error").removesuffix("-warning").removesuffix("-report")
        for reason in _listed(about, "printer-state-reasons")
    }
    paper, toner, cover = PaperStatus.FULL, TonerStatus.FULL, CoverStatus.CLOSED
    if about.get("printer-state") == _IDLE:
        paper, toner, cover = PaperStatus.UNKNOWN, TonerStatus.UNKNOWN, CoverStatus.UNKNOWN
        reasons &= {"media-low", "toner-low", "marker-supply-low"}
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
        cover=CoverStatus.OPEN if trouble is DocumentError.COVER_OPEN else cover,
        queue=_QUEUES.get(trouble, QueueStatus.ACCEPTING) if trouble else QueueStatus.ACCEPTING,
    )


def _listed(about: Mapping[str, Any], name: str) -> list[str]:
    """An attribute of one or several keywords."""
    given = about.get(name)
    if given is None:
        return []
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]
