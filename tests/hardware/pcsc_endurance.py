"""``python -m tests.hardware.pcsc_endurance``: a chip card reader through weeks in minutes.

pcscd is ended and started again, and a card inserted and taken out, over and over; the card is read each time
by the one driver that was opened at the start. At the end there are as many threads and open files as at the
start, and the memory has not grown.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from foundation.log import start_log
from hardware.drivers.pcsc_card_reader import PcscCardReader
from hardware.interfaces.media import Media
from hardware.simulators.service_card import DEMONSTRATION, SimulatedServiceCard
from tests.hardware.pcsc import READER, Pcscd, pcscd

WARM_UP = 2
"""Cards that are read before anything is counted."""
MEMORY_KIB = 4096
"""So much the process may grow: what Python holds back for later."""
PAGE_KIB = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process has."""

    threads: int
    files: int
    memory_kib: int

    @classmethod
    def now(cls) -> Figures:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(threading.active_count(), open_files(), pages * PAGE_KIB)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. seconds: from a card's insertion to its content, each."""

    cards_read: int
    before: Figures
    after: Figures
    seconds: tuple[float, ...]

    @property
    def grown(self) -> dict[str, int]:
        """What there is more of than at the start, and by how much; nothing, unless something leaks."""
        more = {
            "threads": self.after.threads - self.before.threads,
            "files": self.after.files - self.before.files,
            "memory_kib": max(0, self.after.memory_kib - self.before.memory_kib - MEMORY_KIB),
        }
        return {name: by for name, by in more.items() if by > 0}


def open_files() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def endure(service: Pcscd, *, restarts: int, insertions: int) -> Report:
    """Does it all, in the first reader of a pcscd that runs. Fails with the first card that is not read."""
    card = SimulatedServiceCard(service.port)
    reader = PcscCardReader(PcscCardReader.Options(port=READER))
    await reader.open()
    try:
        for _ in range(WARM_UP):
            await _once(reader, card)
        before = Figures.now()
        seconds = []
        for turn in range(restarts + insertions):
            restarted = service if turn < restarts else None
            seconds.append(await _once(reader, card, restarted, kill=turn % 2 == 0))
        await asyncio.sleep(0.2)
        after = Figures.now()
    finally:
        await card.remove()
        await reader.close()
    return Report(len(seconds), before, after, tuple(seconds))


async def _once(
    reader: PcscCardReader, card: SimulatedServiceCard, service: Pcscd | None = None, *, kill: bool = False
) -> float:
    """One card is waited for, inserted, read and taken out; pcscd is started anew while it is waited for."""
    waiting = asyncio.create_task(reader.read_card(timeout=20))
    await asyncio.sleep(0.05)
    if service is not None:
        service.stop(kill=kill)
        await asyncio.sleep(0.05)
        service.start()
    began = time.monotonic()
    card.insert()
    read = await waiting
    took = time.monotonic() - began
    assert read.number == DEMONSTRATION.card_number
    await card.remove()
    while (await reader.status()).media is not Media.NOT_PRESENT:  # noqa: ASYNC110 (pcscd tells who asks)
        await asyncio.sleep(0.02)
    return took


def main() -> int:
    """Prints what came of it; 1 where something leaks."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--restarts", type=int, default=50)
    options.add_argument("--insertions", type=int, default=200)
    given = options.parse_args()
    start_log("pcsc-endurance")
    with pcscd() as service:
        report = asyncio.run(endure(service, restarts=given.restarts, insertions=given.insertions))
    print(f"cards read {report.cards_read}, of these {given.restarts} over a restart of pcscd")
    print(f"slowest {max(report.seconds):.2f} s, mean {sum(report.seconds) / len(report.seconds):.2f} s")
    print(f"before {report.before}\nafter  {report.after}\nleaked {report.grown or 'nothing'}")
    return 1 if report.grown else 0


if __name__ == "__main__":
    sys.exit(main())
