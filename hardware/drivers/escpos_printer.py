"""Receipt printers that speak ESC/POS on a serial port."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from hardware.drivers.serial_device import SerialDevice, advice_on, status_of
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus, SelfTest
from hardware.interfaces.receipt_printer import PaperStatus, PrintError, ReceiptPrinter, SlipPart
from hardware.protocols import escpos
from hardware.protocols.escpos import PrinterStatus
from hardware.transport.serial_port import SerialPort

ANSWER_SECONDS = 0.5
"""Longest wait for an answer to DLE EOT: printers answer at once, whatever they are doing."""
SETTLE_SECONDS = 0.2
"""After an answer that did not come, the line has to be silent for so long before the next question,"""
LONGEST_SETTLE_SECONDS = 2.0
"""but a line that never falls silent is not waited for longer than this."""
WATCH_SECONDS = 0.5
"""While a job is printed its state is asked so often."""
MISSED_ANSWERS = 3
"""So many questions without an answer, one after another: nobody knows what became of the job."""
JOB_SECONDS = 10.0
"""Time for a short job,"""
LINE_SECONDS = 0.1
"""and for each of its lines: a slow printer feeds 50 mm a second, a line has 4 mm."""
REOPEN_SECONDS = 2.0
"""Longest time for getting a lost port back, once a resident waits."""

_TROUBLES = (
    ("unrecoverable_error", CompletionCode.HARDWARE_ERROR, None, "advice.printer.broken"),
    ("cutter_error", CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL, "advice.printer.cutter"),
    ("cover_open", CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN, "advice.printer.cover_open"),
    ("paper_end", CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT, "advice.printer.paper_out"),
    ("passing_error", CompletionCode.DEVICE_NOT_READY, None, "advice.printer.hot"),
    ("recoverable_error", CompletionCode.HARDWARE_ERROR, None, "advice.printer.broken"),
    ("error", CompletionCode.HARDWARE_ERROR, None, "advice.printer.broken"),
    ("offline", CompletionCode.DEVICE_NOT_READY, None, "advice.printer.offline"),
)
"""What stops a printer, worst first: the status, the two codes of the error, the advice."""
_HARDWARE = ("unrecoverable_error", "cutter_error", "recoverable_error", "error")


class EscposPrinter(SerialDevice, ReceiptPrinter):
    """Asks for the state before a job, watches it while it is printed, asks again before calling it printed.

    The job ends with GS r, which a printer answers once everything before it is done. A printer that does not
    know GS r is given the time the job takes, and has printed where it is without trouble then. What a failed
    job left on the paper is cut off before the next one: it belongs to another resident.

    columns: characters of a line, 48 on 80 mm paper, 32 on 58 mm.
    """

    name = "receipt_printer"
    driver = "escpos"

    def __init__(self, port: SerialPort, columns: int = escpos.COLUMNS_80_MM) -> None:
        super().__init__(port)
        self._columns = columns
        self._line = asyncio.Lock()
        self._unanswered = False
        self._answers_in_order: bool | None = None
        self._owed = 0
        self._remains = False
        self._printing = False

    async def print_slip(self, parts: tuple[SlipPart, ...]) -> None:
        """See `ReceiptPrinter`. INVALID_DATA where the slip cannot be said in ESC/POS."""
        try:
            job = escpos.encode_slip(parts, self._columns)
        except escpos.SlipError as error:
            raise DeviceError(CompletionCode.INVALID_DATA, detail=str(error)) from None
        async with self._line:
            self._printing = True
            try:
                await self._print(job)
            finally:
                self._printing = False

    async def paper(self) -> PaperStatus:
        """Asks for the paper. Never raises."""
        try:
            status = await self._ask_alone()
        except DeviceError:
            return PaperStatus.UNKNOWN
        if status.paper_end:
            return PaperStatus.OUT
        return PaperStatus.LOW if status.paper_near_end else PaperStatus.FULL

    async def status(self) -> DeviceStatus:
        """Asks the printer; DEVICE_BUSY while it prints a slip. Never raises."""
        if self._printing:
            return DeviceStatus.DEVICE_BUSY
        try:
            status = await self._ask_alone()
        except DeviceError as error:
            return status_of(error)
        if any(getattr(status, name) for name in _HARDWARE):
            return DeviceStatus.HARDWARE_ERROR
        return DeviceStatus.OFFLINE if _advice(status) else DeviceStatus.ONLINE

    async def self_test(self) -> SelfTest:
        """Asks for the four status bytes. Paper that runs low is a finding, and passes. Never raises."""
        try:
            status = await self._ask_alone()
        except DeviceError as error:
            return SelfTest(False, (advice_on(error),))
        stopping = _advice(status)
        low = ("advice.printer.paper_low",) if status.paper_near_end and not status.paper_end else ()
        return SelfTest(not stopping, stopping + low)

    async def _print(self, job: bytes) -> None:
        await self._port.ensure_open(within=REOPEN_SECONDS)
        _refuse_trouble(await self._ask())
        await self._finish_earlier()
        try:
            rest_off = escpos.INITIALISE + escpos.CUT if self._remains else b""
            self._remains = True
            await self._port.write(rest_off + job)
            await self._watch(JOB_SECONDS + job.count(b"\n") * LINE_SECONDS)
            _refuse_trouble(await self._ask())
            self._remains = False
        except DeviceError as error:
            await self._forget_job()
            if isinstance(error.code, PrintError):
                raise
            raise DeviceError(error.completion, PrintError.UNKNOWN_OUTCOME, str(error)) from None

    async def _ask_alone(self) -> PrinterStatus:
        async with self._line:
            await self._port.ensure_open()
            return await self._ask()

    async def _ask(self) -> PrinterStatus:
        """The four status bytes. DeviceError(CONNECTION_LOST) where one does not come."""
        if self._unanswered:
            await self._settle()
        answers = bytearray()
        self._unanswered = True  # stays so where we are cancelled, or an answer does not come
        for n in (1, 2, 3, 4):
            await self._port.write(escpos.ask_status(n))
            deadline = time.monotonic() + ANSWER_SECONDS
            while len(answers) < n:
                answers += (await self._receive(deadline))[:1]
                if len(answers) < n and time.monotonic() >= deadline:
                    raise DeviceError(CompletionCode.CONNECTION_LOST, detail=f"no answer to DLE EOT {n}")
        self._unanswered = False
        return PrinterStatus.decode(bytes(answers))

    async def _receive(self, deadline: float) -> bytes:
        """The status bytes among what comes next; takes note of answers to GS r, drops what is neither."""
        data = await self._port.read(max(0.0, deadline - time.monotonic()))
        in_order = sum(escpos.is_paper_in_order(byte) for byte in data)
        self._owed = max(0, self._owed - in_order)
        return bytes(byte for byte in data if escpos.is_status(byte))

    async def _settle(self) -> None:
        """Lets answers that are still on their way arrive, and forgets them."""
        longest = time.monotonic() + LONGEST_SETTLE_SECONDS
        while await self._receive(time.monotonic() + SETTLE_SECONDS) and time.monotonic() < longest:
            pass
        self._unanswered = False

    async def _finish_earlier(self) -> None:
        """Lets the printer finish what it was given before, and learns whether it answers GS r."""
        if self._answers_in_order is False:
            return
        await self._ask_in_order()
        deadline = time.monotonic() + (JOB_SECONDS if self._answers_in_order else ANSWER_SECONDS)
        while self._owed and time.monotonic() < deadline:
            await self._receive(deadline)
        self._answers_in_order = self._owed == 0
        self._owed = 0

    async def _ask_in_order(self) -> None:
        self._owed += 1
        await self._port.write(escpos.ASK_PAPER_IN_ORDER)

    async def _watch(self, seconds: float) -> None:
        """Waits until the job is done. DeviceError once the printer reports trouble or falls silent."""
        deadline = time.monotonic() + seconds
        missed = 0
        if self._answers_in_order:
            await self._ask_in_order()
        while True:
            pause = time.monotonic() + WATCH_SECONDS
            while time.monotonic() < min(pause, deadline):
                await self._receive(min(pause, deadline))
                if self._answers_in_order and not self._owed:
                    return
            try:
                _refuse_trouble(await self._ask())
                missed = 0
            except DeviceError as error:
                missed += 1
                if error.completion is not CompletionCode.CONNECTION_LOST or missed == MISSED_ANSWERS:
                    raise
            if time.monotonic() >= deadline:
                if self._answers_in_order:
                    raise DeviceError(CompletionCode.TIME_OUT, detail="the job does not end")
                return

    async def _forget_job(self) -> None:
        """Asks the printer to forget the rest of a job that failed: the next resident must not get it."""
        self._answers_in_order = None
        self._owed = 0
        with suppress(DeviceError):
            await self._port.write(escpos.CLEAR)


def _advice(status: PrinterStatus) -> tuple[str, ...]:
    """What to do about everything that stops it, worst first; the vague advice only where it is alone."""
    found = {name: advice for name, _, _, advice in _TROUBLES if getattr(status, name)}
    plain = [advice for name, advice in found.items() if name not in ("error", "offline")]
    return tuple(dict.fromkeys(plain or list(found.values())[:1]))


def _refuse_trouble(status: PrinterStatus) -> None:
    """Raises the DeviceError of the worst trouble."""
    for name, completion, code, _ in _TROUBLES:
        if getattr(status, name):
            raise DeviceError(completion, code, name)
