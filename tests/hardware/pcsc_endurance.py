"""``python -m tests.hardware.pcsc_endurance``: a chip card reader through weeks in minutes.

pcscd is ended and started again, and a card inserted and taken out, over and over; the card is read each time
by the one driver that was opened at the start. At the end there are as many threads and open files as at the
start, and the memory has not grown.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from foundation.log import start_log
from hardware.drivers.pcsc_card_reader import PcscCardReader
from hardware.interfaces.media import Media
from hardware.simulators.service_card import DEMONSTRATION, SimulatedServiceCard
from tests.hardware.endurance import Figures, Report
from tests.hardware.pcsc import READER, Pcscd, pcscd

WARM_UP = 2
"""Cards that are read before anything is counted."""


async def endure(service: Pcscd, *, restarts: int, insertions: int) -> Report:
    """Does it all, in the first reader of a pcscd that runs. Fails with the first card that is not read.

    The report's seconds are from a card's insertion to its content.
    """
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
    return Report(before, after, tuple(seconds))


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
    print(f"cards read {report.turns}, of these {given.restarts} over a restart of pcscd\n{report}")
    return 1 if report.grown else 0


if __name__ == "__main__":
    sys.exit(main())
