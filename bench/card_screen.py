"""From the last byte of an identity card on the line to the filled-in answers on the screen.

A terminal as it is delivered, on a virtual display, with a reader at the speed of the wire. The display keeps
its picture in a file, which is looked at every other millisecond: a page counts as shown when its last pixel
has changed. The bound, 100 ms, does not hold the time that the line takes, which is told beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import mmap
import struct
import sys
import tempfile
import time
from pathlib import Path

from bench.card_read import AT_THE_WIRE, TimedLine, tell
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from tests.kiosk.hand import Hand
from tests.kiosk.processes import BIN, Display, Running, backend

SIZE = "1080x1920"
SERVICE = "labour-registration"
LOOK_SECONDS = 0.002
EVERY_ROW = 8
"""Of the picture only these rows are looked at: letters are higher."""
STILL_SECONDS = 0.6
"""A picture that did not change for so long is whole."""
MOST_SECONDS = 10.0


class Picture:
    """What a display shows, from its file: an XWD dump, whose header is of big-endian 32-bit words."""

    def __init__(self, folder: Path) -> None:
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        words = struct.unpack_from(">25I", self._file)
        header, height, self._line, colours = words[0], words[5], words[12], words[19]
        start = header + colours * 12
        self._rows = range(start, start + height * self._line, EVERY_ROW * self._line)

    def mark(self) -> bytes:
        """The rows that are looked at; a sum of them would take a processor from what is measured."""
        return b"".join([self._file[start : start + self._line] for start in self._rows])

    async def still(self, before: bytes = b"", seconds: float = STILL_SECONDS) -> float:
        """Waits until nothing changes any more; when the last change was seen, on the performance counter.

        before: the mark of what was shown at first. It may have changed already: that is seen now.
        """
        last, changed = before, time.perf_counter()
        while time.perf_counter() < changed + seconds:
            await asyncio.sleep(LOOK_SECONDS)
            now = self.mark()
            if now != last:
                last, changed = now, time.perf_counter()
        return changed


class Reading:
    """A terminal, a hand before it, and a reader of this process."""

    def __init__(
        self, hand: Hand, picture: Picture, device: SimulatedIdentityCardReader, line: TimedLine
    ) -> None:
        self._hand = hand
        self._picture = picture
        self._device = device
        self._line = line
        self._content = cards.load(cards.DEFAULT).content()
        self._long = len(self._content.encode())

    async def once(self) -> tuple[float, float]:
        """Seconds that the line took, and from its last byte to the page with what was filled in."""
        await self._hand.screen("home")
        await self._hand.to_form(SERVICE)
        await self._hand.touch("form.start")
        await self._hand.screen("card")
        await self._picture.still()
        before = self._picture.mark()
        self._line.length = 0
        self._device.present(self._content)
        async with asyncio.timeout(MOST_SECONDS):
            while self._line.length < self._long:  # noqa: ASYNC110 (a look costs little)
                await asyncio.sleep(LOOK_SECONDS)
        began, sent = self._line.began, self._line.sent  # the terminal asks for the reader's state soon
        shown = await self._picture.still(before)
        await self._hand.screen("card.taken", patience=0.0)
        took = sent - began, shown - sent
        self._device.lift()
        await self._hand.go("bar.leave", "leave.end")
        return took


async def measure(folder: Path, hand: Hand, port: Path, readings: int) -> list[tuple[float, float]]:
    """Of every reading what the line took, and the rest."""
    device = SimulatedIdentityCardReader(port, AT_THE_WIRE)
    line = device.line = TimedLine(port, device._received, AT_THE_WIRE.baud)
    running = asyncio.create_task(device.run())
    try:
        reading = Reading(hand, Picture(folder), device, line)
        return [await reading.once() for _ in range(readings)]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def main() -> int:
    """Measures and prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readings", type=int, default=20)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = folder / "reader"
        (folder / "kiosk.toml").write_text(
            f'[vendor_mode]\nfolder = "{folder / "terminals"}"\n'
            f'[devices.identity_card_reader]\ndriver = "gat467"\nport = "{port}"\n',
            "utf-8",
        )
        county = backend(folder)
        display = Display(SIZE, folder)
        kiosk = Running(
            [
                *(BIN / "huimin-kiosk", "--backend", county.ready["huimin-backend"], "--size", SIZE),
                *(
                    "--config",
                    folder / "kiosk.toml",
                    "--data",
                    folder / "kiosk",
                    "--inspect",
                    folder / "inspect",
                ),
            ],
            folder / "kiosk.log",
            ready=["huimin-kiosk"],
            display=display.name,
        )
        try:
            hand = Hand(kiosk, folder, display.name)
            took = asyncio.run(measure(folder, hand, port, given.readings))
        finally:
            kiosk.stop()
            display.stop()
            county.stop()
    print("each, in milliseconds:", *(round(rest * 1e3) for _, rest in took))
    print(f"{'milliseconds':44} {'median':>8} {'95 %':>8}")
    tell("the card's content on the line, 115200 baud", [line for line, _ in took])
    tell("its last byte to the answers on the screen", [rest for _, rest in took])
    return 0


if __name__ == "__main__":
    sys.exit(main())
