"""The terminal as it is delivered, at 1080×1920, drawn without a graphics card and touched from outside.

| what | bound |
|---|---|
| from the start of the process to the home page with its doors | 2 s |
| from a finger that leaves to the last pixel of the next page, in whole visits | p95 100 ms, p99 150 ms |
| from a finger that leaves a pinyin key to its candidates, and from a stroke to its | p95 50 ms |
| processor while nobody is there | 2 % of a core |
| 1,000 visits, touched within the process (`bench._terminal_visits`) | 10 MiB, and no page slower |

Beside the time on the clock stands the processor time of the process, which a busy machine hardly changes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._finger import HELD, Finger
from bench._processor import processor_seconds, wakes
from bench.card_screen import Picture
from tests.end_to_end.resident import Resident
from tests.end_to_end.terminal import Terminal, Tree
from tests.kiosk.processes import BIN, Display, Running, backend, simulator
from tests.kiosk_input.written import strokes

SIZE = "1080x1920"
START, NEXT_PAGE, NEXT_PAGE_99, CANDIDATES, IDLE = 2.0, 0.100, 0.150, 0.050, 0.02
STILL = 0.35
"""Seconds without a change after which a page is whole: longer than the time after which waiting shows."""
IDLE_SECONDS = 20.0
STARTS = 5
VISITS = 3
WORDS = (("huimin", "惠民"), ("yiyuan", "医院"), ("shebao", "社保"), ("gongjijin", "公积金"))
CHARACTERS = "大小人中王李社水木医"


@dataclass(frozen=True)
class Touch:
    """A touch that changed the picture: from which screen to which, seconds on the clock and of processor."""

    before: str
    after: str
    seconds: float
    processor: float


class Timed(Terminal):
    """A terminal whose every touch is timed."""

    def __init__(self, inspector: Path, display: Display, folder: Path, process: int) -> None:
        super().__init__(inspector, display.name)
        self.touches: list[Touch] = []
        self.process = process
        self.finger = Finger(display.name)
        self.picture_now = Picture(folder)
        self._screen = ""

    async def tree(self) -> Tree:
        """What is shown; remembers where."""
        tree = await super().tree()
        self._screen = tree.screen
        return tree

    async def touch_at(self, *places: tuple[int, int]) -> None:
        """Touches one place after another, each once the picture stands still."""
        for place in places:
            self.finger.down(*place)
            await asyncio.sleep(HELD)
            await self.timed()

    async def timed(self) -> None:
        """The finger leaves, and what follows is timed until the last pixel has changed."""
        screen, before = self._screen, self.picture_now.mark()
        spent = processor_seconds(self.process)
        left = self.finger.up()
        changed = await self.picture_now.still(before, STILL)
        spent = processor_seconds(self.process) - spent
        if self.picture_now.mark() != before:
            await self.tree()
            self.touches.append(Touch(screen, self._screen, changed - left, spent))


def part(values: Sequence[float], share: float) -> float:
    """So much of the values is at most this."""
    order = sorted(values)
    return order[min(len(order) - 1, int(len(order) * share))]


def tell(name: str, seconds: Sequence[float], processor: Sequence[float] = ()) -> None:
    """One line of milliseconds."""
    figures = "".join(f"{part(seconds, share) * 1e3:8.0f}" for share in (0.5, 0.95, 0.99))
    spent = "".join(f"{part(processor, share) * 1e3:8.0f}" for share in (0.5, 0.95)) if processor else ""
    print(f"{name:46} {len(seconds):5d}{figures}{spent}", flush=True)


@contextmanager
def devices(folder: Path) -> Iterator[Path]:
    """Simulated devices; gives the folder of their ports. The configuration names them."""
    ports = folder / "devices"
    ports.mkdir()
    (folder / "kiosk.toml").write_text(
        f'[vendor_mode]\nfolder = "{folder / "terminals"}"\n'
        f'[devices.identity_card_reader]\ndriver = "gat467"\nport = "{ports / "identity-card-reader"}"\n'
        f'[devices.receipt_printer]\ndriver = "escpos"\nport = "{ports / "receipt-printer"}"\n',
        "utf-8",
    )
    running = simulator(ports)
    try:
        yield ports
    finally:
        running.stop()


@contextmanager
def terminal(folder: Path, address: str, display: Display) -> Iterator[Running]:
    """A terminal that is ready."""
    running = Running(
        [
            *(BIN / "huimin-kiosk", "--backend", address, "--size", SIZE),
            *("--config", folder / "kiosk.toml", "--data", folder / "kiosk"),
            *("--inspect", folder / "inspect"),
        ],
        folder / "kiosk.log",
        ready=["huimin-kiosk"],
        display=display.name,
    )
    try:
        yield running
    finally:
        running.stop()


async def starts(folder: Path, address: str, display: Display) -> tuple[list[float], list[float]]:
    """Seconds until the home page stood whole, on the clock and of processor."""
    clock, spent = [], []
    for number in range(STARTS + 1):
        began = time.perf_counter()
        with terminal(folder, address, display) as running:
            ready = time.perf_counter()
            took = processor_seconds(running.process.pid)
            changed = await Picture(folder).still()
            await Terminal(folder / "inspect", display.name).until(
                lambda tree: "home.policies" in tree.controls, "no doors"
            )
            if number:  # the first compiles what later ones find
                clock.append(max(ready, changed) - began)
                spent.append(took)
    return clock, spent


async def visits(timed: Timed, ports: Path) -> None:
    """Whole visits over the pages that most residents see."""
    resident = Resident(timed, ports)
    await timed.screen("home")
    await resident.read_a_policy("yibao", "医保")
    await resident.to_the_last_sheet()
    await timed.touch("bar.language")
    await timed.touch("bar.language")
    await timed.touch("bar.back")
    await resident.leave()
    reference = await resident.claim_medical_costs()
    await timed.until(lambda tree: "confirmation.print" not in tree.controls, "no slip")
    await resident.act("identity-card-reader", "lift")
    await resident.leave()
    await resident.ask_for(reference, "07102X"[-6:])
    await resident.leave()
    await timed.touch("home.notices")
    await timed.screen("notices.list")
    await timed.touch("notices.")
    await timed.touch("bar.back")
    await resident.leave()


async def typing(timed: Timed) -> tuple[list[Touch], list[Touch]]:
    """Keys of the pinyin keyboard, and strokes written by finger, each until its candidates stand."""
    await timed.screen("home")
    await timed.touch("home.policies")
    await timed.touch("policies.search")
    await timed.screen("policies.search")
    timed.touches.clear()
    for letters, word in WORDS:
        begun = len(timed.touches)
        await timed.keys(letters)
        keyed = timed.touches[begun:]
        await timed.touch("keyboard.candidate.", word)
        timed.touches[begun:] = keyed
    keys = list(timed.touches)
    await timed.touch("keyboard.handwriting")
    timed.touches.clear()
    written = strokes()
    for number, character in enumerate(CHARACTERS):
        name = f"keyboard.field.{('left', 'right')[number % 2]}"
        tree = await timed.until(lambda now, name=name: name in now.controls, "no field to write in")
        x, y, width, height = tree.controls[name].bounds
        side = min(width, height) * 0.9
        left, top = x + (width - side) / 2, y + (height - side) / 2
        for stroke in written[character]:
            points = [(left + across / 100 * side, top + down / 100 * side) for across, down in stroke]
            await asyncio.to_thread(timed.finger.stroke, points)
            await timed.timed()
    drawn = list(timed.touches)
    await Resident(timed, Path()).leave()
    return keys, drawn


async def measure(folder: Path, address: str, display: Display, visited: int) -> bool:
    """Measures all but the thousand visits; whether every bound holds."""
    print(f"{'milliseconds':46} {'':5}{'p50':>8}{'p95':>8}{'p99':>8}{'cpu p50':>8}{'cpu p95':>8}")
    with devices(folder) as ports:
        clock, spent = await starts(folder, address, display)
        tell("start to the home page", clock, spent)
        with terminal(folder, address, display) as running:
            timed = Timed(folder / "inspect", display, folder, running.process.pid)
            for _ in range(visited):
                await visits(timed, ports)
            touches = list(timed.touches)
            table(touches)
            keys, drawn = await typing(timed)
            tell("pinyin key to candidates", [k.seconds for k in keys], [k.processor for k in keys])
            tell("stroke to candidates", [s.seconds for s in drawn], [s.processor for s in drawn])
            timed.finger.close()
            idle, woken = await asyncio.to_thread(idling, running.process.pid)
    print(f"idle: {idle * 100:.2f} % of a core, on a processor {woken:.0f} times a second")
    pages = [touch.seconds for touch in touches]
    return (
        part(clock, 0.5) < START
        and part(pages, 0.95) < NEXT_PAGE
        and part(pages, 0.99) < NEXT_PAGE_99
        and part([one.seconds for one in keys], 0.95) < CANDIDATES
        and part([one.seconds for one in drawn], 0.95) < CANDIDATES
        and idle < IDLE
    )


def table(touches: Sequence[Touch]) -> None:
    """A line for each page that touches led to, the slowest first, and one for all."""
    by_screen: dict[str, list[Touch]] = defaultdict(list)
    for touch in touches:
        by_screen[touch.after if touch.before != touch.after else f"{touch.after}, same page"].append(touch)
    for name, those in sorted(by_screen.items(), key=lambda item: -_middle(item[1])):
        tell(f"  {name}", [one.seconds for one in those], [one.processor for one in those])
    pages = [touch for touch in touches if touch.before != touch.after]
    tell("touch to the next page", [one.seconds for one in pages], [one.processor for one in pages])
    tell("every touch", [one.seconds for one in touches], [one.processor for one in touches])


def _middle(touches: Sequence[Touch]) -> float:
    return statistics.median(touch.seconds for touch in touches)


def idling(process: int) -> tuple[float, float]:
    """Share of a core, and how often a second it was on a processor, while nobody touches anything."""
    time.sleep(3)
    spent, woken, began = processor_seconds(process), wakes(process), time.perf_counter()
    time.sleep(IDLE_SECONDS)
    took = time.perf_counter() - began
    return (processor_seconds(process) - spent) / took, (wakes(process) - woken) / took


def thousand(folder: Path, address: str, display: Display, visited: int) -> bool:
    """The visits within the process; whether its bounds hold."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "bench._terminal_visits", "--visits", str(visited)),
            *("--backend", address, "--data", str(folder / "thousand")),
        ],
        env=os.environ | {"DISPLAY": display.name},
        check=False,
    )
    return ran.returncode == 0


def main() -> int:
    """Measures and prints a table. 1 where a bound does not hold."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=VISITS, help="visits that are touched from outside")
    options.add_argument("--visits", type=int, default=1000, help="visits within the process; 0: none")
    given = options.parse_args()
    fine = True
    print(f"load at the beginning: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        county, display = backend(folder), Display(SIZE, folder)
        address = county.ready["huimin-backend"]
        try:
            if given.rounds:
                fine = asyncio.run(measure(folder, address, display, given.rounds))
            if given.visits:
                fine = thousand(folder, address, display, given.visits) and fine
        finally:
            display.stop()
            county.stop()
    print(f"load at the end: {os.getloadavg()[0]:.1f}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
