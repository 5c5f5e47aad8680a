"""Reading an identity card: from the last byte of its content on the line to the decoded record.

`bench/card_screen.py` measures on to the screen.

A reader without delays of its own answers on a pseudo-terminal, once with the bytes as fast as they go and
once at the speed of the wire; the driver is the terminal's.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hardware.drivers import gat467_reader
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.drivers.serial_device import SerialOptions
from hardware.protocols import identity_card
from hardware.protocols.gat467 import FrameReader, Reply, Status
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import INSTANT, Pace, SimulatedIdentityCardReader
from hardware.simulators.line import Line

READINGS = 40
ROUNDS = 500
AT_THE_WIRE = Pace(find=0.0, select=0.0, read=0.0, baud=115200)


class TimedLine(Line):
    """A line that remembers its last answer: when it began, when its last byte was sent, how long it is."""

    began = 0.0
    sent = 0.0
    length = 0

    async def send(self, answer: bytes) -> None:
        """Sends, and takes the time."""
        self.began = time.perf_counter()
        await super().send(answer)
        self.sent, self.length = time.perf_counter(), len(answer)


async def from_last_byte(folder: Path, pace: Pace) -> list[float]:
    """Seconds from the last byte of a card's content to its record."""
    device = SimulatedIdentityCardReader(folder / "reader", pace)
    line = device.line = TimedLine(folder / "reader", device._received, pace.baud)
    running = asyncio.create_task(device.run())
    content = cards.load(cards.DEFAULT).content()
    reader = Gat467Reader(SerialOptions(port=str(folder / "reader")))
    seconds = []
    try:
        line.plug_in()
        await reader.open()
        for _ in range(READINGS):
            device.present(content)
            await reader.read_card(timeout=5.0)
            seconds.append(time.perf_counter() - line.sent)
    finally:
        await reader.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return seconds


def each(work: Callable[[], object]) -> list[float]:
    """Seconds of a piece of work, many times."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def tell(name: str, seconds: list[float]) -> None:
    """One line: median and the slowest of twenty."""
    slow = statistics.quantiles(seconds, n=20)[-1]
    print(f"{name:44} {statistics.median(seconds) * 1e3:8.3f} {slow * 1e3:8.3f}")


async def main() -> int:
    """Measures and prints a table."""
    gat467_reader.POLL_SECONDS = 0.2  # as fast as readers may be asked, to be done sooner
    content = cards.load(cards.DEFAULT).content()
    answer = Reply(Status.DONE, content.encode()).encode()
    print(f"{'milliseconds':44} {'median':>8} {'95 %':>8}")
    with tempfile.TemporaryDirectory() as folder:
        tell("last byte to record, bytes at once", await from_last_byte(Path(folder), INSTANT))
        tell("last byte to record, 115200 baud", await from_last_byte(Path(folder), AT_THE_WIRE))
    tell(f"finding the frame of {len(answer)} bytes", each(lambda: FrameReader().feed(answer)))
    data = content.encode()
    tell("decoding the record", each(lambda: identity_card.decode(identity_card.split(data))))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
