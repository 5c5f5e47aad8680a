"""Printing a slip while its page is shown: the page says how far it has come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeVar

from foundation.log import logger
from hardware.interfaces.device import DeviceError
from hardware.interfaces.receipt_printer import ReceiptPrinter, SlipPart
from kiosk.visit.pages import (
    Confirmation,
    KeptForLater,
    LookupRecord,
    PaymentKept,
    Slip,
    TakeAlong,
    TicketIssued,
)
from kiosk.visit.visit import Visit

log = logger(__name__)

P = TypeVar("P", TakeAlong, Confirmation, PaymentKept, LookupRecord, TicketIssued, KeptForLater)


class SlipPrinting:
    """Prints for one chapter. A slip that was begun is printed to its end, whoever leaves."""

    def __init__(self, visit: Visit, printer: ReceiptPrinter | None) -> None:
        self._visit = visit
        self._printer = printer
        self._printing: set[asyncio.Task[None]] = set()

    @property
    def offered(self) -> Slip:
        """What a page says of a slip that nobody has asked for yet."""
        return Slip.OFFERED if self._printer else Slip.NO_PRINTER

    def print(self, page: P, parts: tuple[SlipPart, ...]) -> None:
        """Begins to print the slip of the page that is shown."""
        printing = replace(page, slip=Slip.PRINTING, slip_fault=None)
        self._visit.show(printing)

        async def run() -> None:
            assert self._printer
            try:
                async with self._visit.turns.using():
                    await self._printer.print_slip(parts)
            except DeviceError as error:
                code = error.code and error.code.value
                log.warning("slip_not_printed", completion=error.completion.value, code=code)
                done = replace(printing, slip=Slip.FAILED, slip_fault=error)
            else:
                done = replace(printing, slip=Slip.PRINTED)
            self._visit.renew(printing, done)

        task = asyncio.get_running_loop().create_task(run())
        self._printing.add(task)
        task.add_done_callback(self._printing.discard)

    async def settle(self) -> None:
        """Waits until every slip is printed."""
        if self._printing:
            await asyncio.wait(self._printing)
