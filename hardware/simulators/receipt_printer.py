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
from hardware.protocols.escpos import LINE_DOTS, PrinterStatus
from hardware.protocols.escpos_answers import encode_unasked
from hardware.protocols.escpos_printer import (
    AskPaper,
    AskStatus,
    Clear,
    Command,
    CommandReader,
    Cut,
    Feed,
    Initialise,
    LineFeed,
    PrintQrCode,
    RasterRow,
    TellUnasked,
)
from hardware.simulators import directory, fonts
from hardware.simulators.device import Fact, SimulatedDevice
from hardware.simulators.slip_picture import SlipPicture
from hardware.wording import texts

log = logger(__name__)

BUFFER_COMMANDS = 10_000
"""The receive buffer: what comes when it is full is lost."""
SMALL_QUEUE = 64
NOISE = bytes.fromhex("FF 93 55 11 B5 13 F0")
"""What a bad contact may send. A byte of noise that has the fixed bits of an answer cannot be told from one:
ESC/POS has no checks."""


class PrinterFault(Enum):
    """What is wrong with the printer until it is put right; the values are the command line's.

    All but PAPER_LOW stop the printing where it is; a job goes on once the printer is put right, as it does
    on a real one, unless it was told to forget it.
    """

    NONE = "none"
    PAPER_LOW = "paper-low"
    """The roll is nearly used up: printing goes on."""
    PAPER_OUT = "paper-out"
    """The roll is used up."""
    COVER_OPEN = "cover-open"
    """The cover is open."""
    CUTTER = "cutter"
    """The cutter is stuck."""
    JAM = "jam"
    """Paper is jammed. ESC/POS has no word for that: it is an error that a person can put right."""
    HOT = "hot"
    """The print head is too hot. It recovers by itself."""
    BROKEN = "broken"
    """Nobody but the supplier can put it right."""
    OFFLINE = "offline"
    """Somebody pressed the button that takes it off the line."""
    BUFFER_LOST = "buffer-lost"
    """Its power fails for a moment while it prints: it forgets everything, and is in order again. Once."""


_STATUS: dict[Enum, PrinterStatus] = {
    PrinterFault.NONE: PrinterStatus(),
    PrinterFault.PAPER_LOW: PrinterStatus(paper_near_end=True),
    PrinterFault.PAPER_OUT: PrinterStatus(offline=True, paper_end=True, paper_near_end=True),
    PrinterFault.COVER_OPEN: PrinterStatus(offline=True, cover_open=True),
    PrinterFault.CUTTER: PrinterStatus(offline=True, error=True, cutter_error=True),
    PrinterFault.JAM: PrinterStatus(
        offline=True, waits_for_recovery=True, error=True, recoverable_error=True
    ),
    PrinterFault.HOT: PrinterStatus(offline=True, error=True, passing_error=True),
    PrinterFault.BROKEN: PrinterStatus(offline=True, error=True, unrecoverable_error=True),
    PrinterFault.OFFLINE: PrinterStatus(offline=True),
    PrinterFault.BUFFER_LOST: PrinterStatus(),
}
_PRINTED = (LineFeed, Feed, PrintQrCode, RasterRow)
_NAMES: dict[type[Command], str] = {
    LineFeed: "line",
    Feed: "line",
    PrintQrCode: "qr-code",
    RasterRow: "picture",
    AskPaper: "paper",
    Cut: "cut",
}
"""Commands in their order by the names that faults and scripts wait for."""


@dataclass(frozen=True, slots=True)
class PrintPace:
    """How long printing takes, in seconds, and the line's speed. Zeros are for tests.

    line: a line of text; symbol: a QR code; cut: a cut; cooling: until a hot print head has recovered; start:
    from its power coming back until it hears again.
    """

    line: float = 0.025
    symbol: float = 0.2
    cut: float = 0.3
    cooling: float = 20.0
    start: float = 0.4
    baud: int = 115200


INSTANT = PrintPace(0.0, 0.0, 0.0, baud=0)


class SimulatedReceiptPrinter(SimulatedDevice):
    """Prints on a pseudo-terminal as a printer would.

    slips: folder for the pictures, `slip-0001.png` and so on; mark: what the pictures say of themselves;
    unasked: it was set to tell its state whenever that changes, and when it is switched on.

    obeys_clear: whether it takes DLE ENQ 2, in trouble at least; confirms: whether it knows GS r.
    """

    name = directory.RECEIPT_PRINTER
    own_faults = PrinterFault
    commands = ("status", *dict.fromkeys(_NAMES.values()))
    checked = False

    def __init__(
        self,
        port: Path,
        slips: Path,
        mark: str,
        pace: PrintPace = PrintPace(),
        columns: int = 48,
        *,
        unasked: bool = False,
    ) -> None:
        super().__init__(port, pace.baud, noise=NOISE)
        self.pace = pace
        self.last_slip: Path | None = None
        self.obeys_clear = True
        self.confirms = True
        self._slips = slips
        self._mark = mark
        self._commands = CommandReader()
        self._paper = SlipPicture(columns)
        self._can_print = asyncio.Event()
        self._can_print.set()
        self._job: asyncio.Queue[Command] = asyncio.Queue(BUFFER_COMMANDS)
        self._unasked = self._set_to_tell = unasked
        self._hears_from = 0.0
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

    def _begin(self, fault: Enum, seconds: float | None) -> None:
        if fault is PrinterFault.HOT and seconds is None:
            seconds = self.pace.cooling
        super()._begin(fault, seconds)

    def _become(self, fault: Enum) -> None:
        super()._become(fault)
        if _STATUS[fault].offline:
            self._can_print.clear()
        else:
            self._can_print.set()
        self._tell()

    def _received(self, data: bytes) -> None:
        if asyncio.get_running_loop().time() < self._hears_from:
            return
        for command in self._commands.feed(data):
            match command:
                case AskStatus(n):
                    self._notice("status")
                    self._say(_STATUS[self.fault].encode()[n - 1 : n])
                case Clear():
                    if self.obeys_clear and _STATUS[self.fault].offline:  # as most do, only in trouble
                        self._forget()
                case _ if self._job.full():
                    log.warning("simulated_printer_overrun")
                case _:
                    self._job.put_nowait(command)

    def _say(self, answer: bytes) -> None:
        if not self.silent and not self._at_once.full():
            self._at_once.put_nowait(answer)

    def _tell(self) -> None:
        if self._unasked:
            self._say(encode_unasked(_STATUS[self.fault]))

    def _forget(self) -> None:
        while not self._job.empty():
            self._job.get_nowait()

    def _start_again(self) -> None:
        """As after a power failure; what is on the paper already stays there, and what is sent while it
        starts is lost."""
        self._used_up()
        self._hears_from = asyncio.get_running_loop().time() + self.pace.start
        self._forget()
        self._commands = CommandReader()
        self._paper.do(Initialise())
        self._unasked = self._set_to_tell
        self._tell()

    async def _answer(self) -> None:
        while True:
            await self.line.send(await self._at_once.get())

    async def _print(self) -> None:
        while True:
            command = await self._job.get()
            if name := _NAMES.get(type(command)):
                self._notice(name)
            await self._can_print.wait()
            if self.fault is PrinterFault.BUFFER_LOST and isinstance(command, _PRINTED):
                self._start_again()
            else:
                await self._carry_out(command)

    async def _carry_out(self, command: Command) -> None:
        match command:
            case Initialise():
                self._unasked = self._set_to_tell
            case LineFeed() | Feed():
                await asyncio.sleep(self.pace.line)
            case RasterRow():
                await asyncio.sleep(self.pace.line / LINE_DOTS * command.tall)
            case PrintQrCode():
                await asyncio.sleep(self.pace.symbol)
            case AskPaper() if self.confirms:
                self._say(bytes((_STATUS[self.fault].encode_paper_in_order(),)))
            case TellUnasked(on):
                self._unasked = on
                self._tell()
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
