"""Receipt printers that speak ESC/POS on a serial port."""

from __future__ import annotations

import time
from contextlib import suppress

from pydantic import Field

from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import CoverStatus, PaperStatus
from hardware.interfaces.receipt_printer import (
    CutterStatus,
    HeadStatus,
    PrintError,
    ReceiptPrinter,
    ReceiptPrinterCapabilities,
    ReceiptPrinterStatus,
    SlipPart,
)
from hardware.protocols import escpos
from hardware.protocols.escpos import PrinterStatus
from hardware.protocols.escpos_answers import AnswerReader, InOrder, StatusByte

ANSWER_SECONDS = 0.5
"""Longest wait for an answer to DLE EOT: printers answer at once, whatever they are doing."""
FIRST_CONFIRMATION_SECONDS = 2.0
"""So long a printer may take for its first answer to GS r, until it is held for one that knows none."""
SETTLE_SECONDS = 0.2
"""After an answer that did not come the line has to be silent for so long before the next question, and after
an answer to GS r before the next job: answers that belong together have all come then,"""
LONGEST_SETTLE_SECONDS = 2.0
"""but a line that never falls silent is not waited for longer than this."""
WATCH_SECONDS = 0.5
"""While a job is printed its state is asked so often."""
MISSED_ANSWERS = 3
"""So many questions without an answer, one after another: nobody knows what became of the job."""
MOST_OWED = 12
"""So many answers to GS r are waited for: a printer that has not given one of them gives none."""
PATIENCE = 3
"""A printer that used to answer GS r and does not, for so many times the time of its last job, is another."""
JOB_SECONDS = 10.0
"""Time for a short job,"""
LINE_SECONDS = 0.1
"""and for each of its lines: a slow printer feeds 50 mm a second, a line has 4 mm."""

DOTS_A_COLUMN = 12
"""Width of a character of font A."""

_TROUBLES = (
    ("unrecoverable_error", CompletionCode.HARDWARE_ERROR, None),
    ("cutter_error", CompletionCode.HARDWARE_ERROR, PrintError.CUTTER_FAIL),
    ("cover_open", CompletionCode.DEVICE_NOT_READY, PrintError.COVER_OPEN),
    ("paper_end", CompletionCode.DEVICE_NOT_READY, PrintError.PAPER_OUT),
    ("passing_error", CompletionCode.DEVICE_NOT_READY, None),
    ("recoverable_error", CompletionCode.HARDWARE_ERROR, PrintError.MEDIA_JAM),
    ("error", CompletionCode.HARDWARE_ERROR, None),
    ("offline", CompletionCode.DEVICE_NOT_READY, None),
)
"""What stops a printer, worst first: the status, the two codes of the error. ESC/POS has no bit for a jam:
paper that blocks the mechanism is the error that a person can put right, apart from the cutter's."""


class EscposOptions(SerialOptions):
    """columns: characters of a line, 48 on 80 mm paper, 32 on 58 mm."""

    columns: int = Field(default=escpos.COLUMNS_80_MM, ge=24, le=64)


class EscposPrinter(ReceiptPrinter, SerialDevice):
    """Asks for the state before a job, watches it while it is printed, asks again before calling it printed.

    The job ends with GS r, which a printer answers once everything before it is done. A printer that does not
    know GS r is given the time the job takes, and has printed where it is without trouble then; it is asked
    all the same, and one that answers after all is believed from the next job on. One that is known to answer
    is never judged by the time: where it does not, nothing is sent to it.

    An answer does not say to which question. So they are counted, whatever becomes of a job: what the printer
    still owes for an earlier one must not confirm the next. What a printer without GS r takes for text in the
    question is gone with the ESC @ that begins each job.

    What a failed job left on the paper is cut off before the next one: it belongs to another resident.
    """

    driver = "escpos"
    Options = EscposOptions

    def __init__(self, options: EscposOptions) -> None:
        super().__init__(options)
        self._columns = options.columns
        self._unanswered = False
        self._answers_in_order: bool | None = None
        self._answers = AnswerReader()
        self._owed = 0
        self._seconds = JOB_SECONDS
        self._in_vain = 0.0
        self._remains = False

    async def _print_slip(self, parts: tuple[SlipPart, ...]) -> int:
        try:
            job = escpos.encode_slip(parts, self._columns)
        except escpos.SlipError as error:
            raise DeviceError(CompletionCode.INVALID_DATA, detail=str(error)) from None
        lines = escpos.lines_of(parts, self._columns)
        await self._print(job, JOB_SECONDS + lines * LINE_SECONDS)
        return lines

    async def _ask_capabilities(self) -> ReceiptPrinterCapabilities:
        return ReceiptPrinterCapabilities(
            columns=self._columns,
            dots=self._columns * DOTS_A_COLUMN,
            cutter=True,
            confirms=self._answers_in_order is not False,
        )

    async def _ask_status(self) -> ReceiptPrinterStatus:
        return _status(await self._ask_printer())

    async def _print(self, job: bytes, seconds: float) -> None:
        await self._refuse_trouble()
        await self._finish_earlier()
        try:
            rest_off = escpos.INITIALISE + escpos.CUT if self._remains else b""
            self._remains = True
            self._seconds = seconds
            await self._port.write(rest_off + job)
            await self._watch(seconds)
            await self._refuse_trouble()
            self._remains = False
        except DeviceError as error:
            await self._forget_job()
            if isinstance(error.code, PrintError):
                raise
            raise DeviceError(error.completion, PrintError.UNKNOWN_OUTCOME, str(error)) from error

    async def _refuse_trouble(self) -> None:
        """Asks for the state. Raises the DeviceError of the worst trouble."""
        status = await self._ask_printer()
        self._notice(_status(status))
        for name, completion, code in _TROUBLES:
            if getattr(status, name):
                raise DeviceError(completion, code, name)

    async def _ask_printer(self) -> PrinterStatus:
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
        return self._sort(await self._port.read(max(0.0, deadline - time.monotonic())))

    def _sort(self, data: bytes) -> bytes:
        answers = self._answers.feed(data)
        if not data:
            self._answers.clear()
        in_order = sum(isinstance(answer, InOrder) for answer in answers)
        if self._owed and in_order and self._answers_in_order is False:
            self._answers_in_order = None  # it was slow
        self._owed = max(0, self._owed - in_order)
        return bytes(answer.value for answer in answers if isinstance(answer, StatusByte))

    async def _settle(self) -> None:
        """Lets answers that are still on their way arrive: status bytes are forgotten, the others counted."""
        longest = time.monotonic() + LONGEST_SETTLE_SECONDS
        while time.monotonic() < longest:
            data = await self._port.read(SETTLE_SECONDS)
            self._sort(data)
            if not data:
                break
        self._unanswered = False

    async def _finish_earlier(self) -> None:
        """Lets the printer finish what it was given before, and learns whether it answers GS r.

        One answer more than were open at the beginning belongs to a question asked here, behind everything
        else: all is done then, and what was not answered before will never be: the printer lost its power, or
        was told to forget. DeviceError where it is known to answer and does not: nothing was printed.
        """
        if self._answers_in_order is False:
            return
        began = time.monotonic()
        open_before, answered = self._owed, 0
        while answered <= open_before:
            longest = JOB_SECONDS if self._answers_in_order else FIRST_CONFIRMATION_SECONDS
            came = await self._ask_until_answered(began + longest)
            if not came:
                await self._stay_behind(longest)
                return
            self._answers_in_order = True
            self._in_vain = 0.0
            answered += came
        self._owed = 0

    async def _stay_behind(self, waited: float) -> None:
        """The printer has not answered GS r in this time."""
        if not self._answers_in_order:
            self._answers_in_order = False
            return
        await self._refuse_trouble()
        self._in_vain += waited
        if self._in_vain >= PATIENCE * self._seconds:
            self._answers_in_order, self._in_vain = None, 0.0
        raise DeviceError(CompletionCode.DEVICE_NOT_READY, detail="still busy with what came before")

    async def _ask_until_answered(self, deadline: float) -> int:
        """Asks, and once more half-way, as an answer may be lost; once one came, waits until the line is
        silent: the questions stand one behind the other. How many answers came."""
        now = time.monotonic()
        for until in (now + (deadline - now) / 2, deadline):
            await self._ask_in_order()
            owed = self._owed
            while self._owed == owed and time.monotonic() < until:
                await self._receive(until)
            if self._owed < owed:
                await self._settle()
                return owed - self._owed
        return 0

    async def _ask_in_order(self) -> None:
        self._owed = min(self._owed + 1, MOST_OWED)
        await self._port.write(escpos.ASK_PAPER_IN_ORDER)

    async def _watch(self, seconds: float) -> None:
        """Waits until the job is done. DeviceError once the printer reports trouble or falls silent."""
        deadline = time.monotonic() + seconds
        missed = 0
        await self._ask_in_order()
        while True:
            pause = time.monotonic() + WATCH_SECONDS
            while time.monotonic() < min(pause, deadline):
                await self._receive(min(pause, deadline))
                if self._answers_in_order and not self._owed:
                    return
            try:
                await self._refuse_trouble()
                missed = 0
            except DeviceError as error:
                missed += 1
                if error.completion is not CompletionCode.CONNECTION_LOST or missed == MISSED_ANSWERS:
                    raise
            if time.monotonic() >= deadline:
                if self._owed and self._answers_in_order is not False:
                    raise DeviceError(CompletionCode.TIME_OUT, detail="the job does not end")
                return

    async def _forget_job(self) -> None:
        """Asks the printer to forget the rest of a job that failed: the next resident must not get it."""
        self._answers_in_order = self._answers_in_order or None
        with suppress(DeviceError):
            await self._port.write(escpos.CLEAR)


def _status(said: PrinterStatus) -> ReceiptPrinterStatus:
    """What the four status bytes mean in the terms of the class."""
    paper, head = PaperStatus.FULL, HeadStatus.OK
    if said.paper_end:
        paper = PaperStatus.OUT
    elif said.recoverable_error:
        paper = PaperStatus.JAMMED
    elif said.paper_near_end:
        paper = PaperStatus.LOW
    explained = said.cutter_error or said.passing_error or said.recoverable_error
    if said.unrecoverable_error or (said.error and not explained):
        head = HeadStatus.FAILED
    elif said.passing_error:
        head = HeadStatus.HOT
    device = DeviceStatus.ONLINE
    if head is HeadStatus.FAILED or said.cutter_error or said.recoverable_error:
        device = DeviceStatus.HARDWARE_ERROR
    elif any(getattr(said, name) for name, _, _ in _TROUBLES):
        device = DeviceStatus.OFFLINE
    return ReceiptPrinterStatus(
        device=device,
        paper=paper,
        cover=CoverStatus.OPEN if said.cover_open else CoverStatus.CLOSED,
        cutter=CutterStatus.FAILED if said.cutter_error else CutterStatus.OK,
        head=head,
    )
