"""A simulated receipt printer: the device's side of ESC/POS. What it prints becomes pictures."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PIL import Image

from foundation.language import Language
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
from hardware.simulators import directory, fonts
from hardware.simulators.device import Fact, SimulatedDevice
from hardware.simulators.slip_picture import SlipPicture
from hardware.wording import texts

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


_STATUS: dict[Enum, PrinterStatus] = {
    PrinterFault.NONE: PrinterStatus(),
    PrinterFault.PAPER_OUT: PrinterStatus(offline=True, paper_end=True, paper_near_end=True),
    PrinterFault.COVER_OPEN: PrinterStatus(offline=True, cover_open=True),
    PrinterFault.PAPER_LOW: PrinterStatus(paper_near_end=True),
    PrinterFault.CUTTER: PrinterStatus(offline=True, error=True, cutter_error=True),
}


_NAMES: dict[type[Command], str] = {
    LineFeed: "line",
    Feed: "line",
    PrintQrCode: "qr-code",
    AskPaper: "paper",
    Cut: "cut",
}
"""Commands in their order by the names that faults and scripts wait for."""


@dataclass(frozen=True, slots=True)
class PrintPace:
    """How long printing takes, in seconds, and the line's speed. Zeros are for tests."""

    line: float = 0.025
    symbol: float = 0.2
    cut: float = 0.3
    baud: int = 115200


INSTANT = PrintPace(0.0, 0.0, 0.0, 0)


class SimulatedReceiptPrinter(SimulatedDevice):
    """Prints on a pseudo-terminal as a printer would.

    slips: folder for the pictures, `slip-0001.png` and so on; mark: what the pictures say of themselves.
    """

    name = directory.RECEIPT_PRINTER
    own_faults = PrinterFault
    commands = ("status", "paper", "line", "qr-code", "cut")
    checked = False

    def __init__(
        self, port: Path, slips: Path, mark: str, pace: PrintPace = PrintPace(), columns: int = 48
    ) -> None:
        super().__init__(port, pace.baud)
        self.pace = pace
        self.last_slip: Path | None = None
        self._slips = slips
        self._mark = mark
        self._commands = CommandReader()
        self._paper = SlipPicture(columns)
        self._can_print = asyncio.Event()
        self._can_print.set()
        self._job: asyncio.Queue[Command] = asyncio.Queue(BUFFER_COMMANDS)
        self._at_once: asyncio.Queue[bytes] = asyncio.Queue(SMALL_QUEUE)

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> SimulatedReceiptPrinter:
        """See `SimulatedDevice`. Its slips go to a folder beside its port."""
        mark = " · ".join(texts(language)("simulate.slip_mark") for language in Language)
        pace = INSTANT if instant else PrintPace()
        return cls(folder / cls.name, folder / directory.SLIPS, mark, pace)

    def state(self) -> Mapping[str, Fact]:
        """The last slip."""
        return {"last_slip": str(self.last_slip) if self.last_slip else None}

    async def _serve(self) -> None:
        fonts.font(24)  # a printer without characters is found out now
        self._slips.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._print())
            tasks.create_task(self._answer())

    def _become(self, fault: Enum) -> None:
        super()._become(fault)
        if _STATUS[fault].offline:
            self._can_print.clear()
        else:
            self._can_print.set()

    def _received(self, data: bytes) -> None:
        for command in self._commands.feed(data):
            match command:
                case AskStatus(n):
                    self._notice("status")
                    self._say(_STATUS[self.fault].encode()[n - 1 : n])
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
        if _STATUS[self.fault].offline:
            while not self._job.empty():
                self._job.get_nowait()

    async def _answer(self) -> None:
        while True:
            await self.line.send(await self._at_once.get())

    async def _print(self) -> None:
        while True:
            command = await self._job.get()
            if name := _NAMES.get(type(command)):
                self._notice(name)
            await self._can_print.wait()
            match command:
                case LineFeed() | Feed():
                    await asyncio.sleep(self.pace.line)
                case PrintQrCode():
                    await asyncio.sleep(self.pace.symbol)
                case AskPaper():
                    self._say(bytes((_STATUS[self.fault].encode_paper_in_order(),)))
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
