"""A simulated receipt printer: the device's side of ESC/POS. What it prints becomes pictures."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PIL import Image

from foundation.log import logger
from hardware.protocols.escpos import PrinterStatus
from hardware.protocols.escpos_printer import (
    AskPaper,
    AskStatus,
    Clear,
    Command,
    CommandReader,
    Cut,
    Feed,
    LineFeed,
    PrintQrCode,
)
from hardware.simulators.line import Line
from hardware.simulators.slip_picture import SlipPicture

log = logger(__name__)

BUFFER_COMMANDS = 10_000
"""The receive buffer: what comes when it is full is lost."""
SMALL_QUEUE = 64


class PrinterFault(Enum):
    """What is wrong with the printer until it is put right; the values are the command line's."""

    NONE = "none"
    PAPER_OUT = "paper-out"
    """The roll is used up: printing stops."""
    COVER_OPEN = "cover-open"
    """The cover is open: printing stops."""
    PAPER_LOW = "paper-low"
    """The roll is nearly used up: printing goes on."""
    CUTTER = "cutter"
    """The cutter is stuck: printing stops."""


_STATUS = {
    PrinterFault.NONE: PrinterStatus(),
    PrinterFault.PAPER_OUT: PrinterStatus(offline=True, paper_end=True, paper_near_end=True),
    PrinterFault.COVER_OPEN: PrinterStatus(offline=True, cover_open=True),
    PrinterFault.PAPER_LOW: PrinterStatus(paper_near_end=True),
    PrinterFault.CUTTER: PrinterStatus(offline=True, error=True, cutter_error=True),
}


@dataclass(frozen=True, slots=True)
class PrintPace:
    """How long printing takes, in seconds, and the line's speed. Zeros are for tests."""

    line: float = 0.025
    symbol: float = 0.2
    cut: float = 0.3
    baud: int = 115200


INSTANT = PrintPace(0.0, 0.0, 0.0, 0)


class SimulatedReceiptPrinter:
    """Prints on a pseudo-terminal as a printer would. One owner: whoever sets its faults.

    slips: folder for the pictures, `slip-0001.png` and so on; mark: what the pictures say of themselves.
    """

    def __init__(
        self, name: Path, slips: Path, mark: str, pace: PrintPace = PrintPace(), columns: int = 48
    ) -> None:
        self.line = Line(name, self._received, pace.baud)
        self.pace = pace
        self.silent = False
        """A printer without power: it takes bytes and does nothing."""
        self.last_slip: Path | None = None
        self._slips = slips
        self._mark = mark
        self._commands = CommandReader()
        self._paper = SlipPicture(columns)
        self._fault = PrinterFault.NONE
        self._can_print = asyncio.Event()
        self._can_print.set()
        self._job: asyncio.Queue[Command] = asyncio.Queue(BUFFER_COMMANDS)
        self._at_once: asyncio.Queue[bytes] = asyncio.Queue(SMALL_QUEUE)

    @property
    def fault(self) -> PrinterFault:
        """What is wrong now."""
        return self._fault

    @fault.setter
    def fault(self, fault: PrinterFault) -> None:
        self._fault = fault
        if _STATUS[fault].offline:
            self._can_print.clear()
        else:
            self._can_print.set()

    async def run(self) -> None:
        """Prints and answers until it is cancelled."""
        self._slips.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.line.plug_in()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._print())
                tasks.create_task(self._answer())
        finally:
            self.line.unplug()

    def _received(self, data: bytes) -> None:
        if self.silent:
            return
        for command in self._commands.feed(data):
            match command:
                case AskStatus(n):
                    self._say(_STATUS[self._fault].encode()[n - 1 : n])
                case Clear():
                    self._forget()
                case _ if self._job.full():
                    log.warning("simulated_printer_overrun")
                case _:
                    self._job.put_nowait(command)

    def _say(self, answer: bytes) -> None:
        if not self.silent and not self._at_once.full():
            self._at_once.put_nowait(answer)

    def _forget(self) -> None:
        """As most printers do, only in trouble."""
        if _STATUS[self._fault].offline:
            while not self._job.empty():
                self._job.get_nowait()

    async def _answer(self) -> None:
        while True:
            await self.line.send(await self._at_once.get())

    async def _print(self) -> None:
        while True:
            command = await self._job.get()
            await self._can_print.wait()
            match command:
                case LineFeed() | Feed():
                    await asyncio.sleep(self.pace.line)
                case PrintQrCode():
                    await asyncio.sleep(self.pace.symbol)
                case AskPaper():
                    self._say(bytes((_STATUS[self._fault].encode_paper_in_order(),)))
                case Cut():
                    await asyncio.sleep(self.pace.cut)
                    await self._can_print.wait()
                    await self._drop()
            self._paper.do(command)

    async def _drop(self) -> None:
        """Cuts, and keeps the picture: in another thread, because compressing it takes a while."""
        if self._paper.empty:
            return
        picture = self._paper.cut(self._mark)
        self.last_slip = await asyncio.to_thread(_keep, picture, self._slips)
        log.info("slip_printed", file=str(self.last_slip))


def _keep(picture: Image.Image, folder: Path) -> Path:
    """Writes the picture under the next free name, in one step."""
    file = next(file for n in itertools.count(1) if not (file := folder / f"slip-{n:04}.png").exists())
    unfinished = file.with_suffix(".part")
    picture.save(unfinished, format="PNG")
    unfinished.replace(file)
    return file
