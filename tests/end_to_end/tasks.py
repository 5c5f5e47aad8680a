"""``make tasks``: whole tasks done by touches from outside, as residents do them, in every way they may look.

A backend, simulated devices and the delivered terminal on a virtual display; touches through XTEST. A way is
a size of the screen, a type size, perhaps high contrast and the low mode, and a language, all of it chosen by
touching the terminal. Each task is in `tests.end_to_end.resident_tasks`. In the low mode no touch may go
higher than somebody who sits reaches.

Without options all tasks are done in all ways, which takes about half an hour. What failed is shown in
build/tasks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.house import House, Plan
from deploy.run import ROOT
from deploy.tour_services import configuration
from tests.alert_source import source
from tests.end_to_end.resident import Resident
from tests.end_to_end.resident_tasks import TASKS, County
from tests.end_to_end.terminal import Terminal

SIZES = ("1080x1920", "1280x1024", "1920x1080")
TYPES = ("standard", "large", "very-large")
LANGUAGES = ("zh_CN", "en")
LOWER_EDGE = 850
"""Millimetres from the floor to the picture, the highest at which everything keeps 20 mm in the low mode."""
OUT_OF_REACH = 292
"""Pixels at the upper edge of the portrait panel that are more than 1220 mm above the floor then."""
LONGEST = 300.0
"""Seconds that a task may take on a busy machine."""
FAILED = ROOT / "build" / "tasks"


@dataclass(frozen=True, slots=True)
class Way:
    """How the terminal looks, and in which language it speaks."""

    size: str = SIZES[0]
    type: str = TYPES[0]
    low: bool = False
    contrast: bool = False
    language: str = LANGUAGES[0]

    def __str__(self) -> str:
        low, contrast = "low" if self.low else "", "contrast" if self.contrast else ""
        return " ".join(filter(None, (self.size, self.type, low, contrast, self.language)))

    @property
    def touched(self) -> Sequence[str]:
        """What is chosen of *Display and sound*, in its order there."""
        size = self.type.replace("-", "_")
        return [
            *([f"display.size.{size}"] if size != "standard" else []),
            *(["display.low.off", "display.low.on"] if self.low else []),
            *(["display.contrast.on"] if self.contrast else []),
        ]


WAYS = (
    *(Way(size, type_size) for size in SIZES for type_size in ("standard", "very-large")),
    Way(low=True, contrast=True),
    Way(type="very-large", low=True, contrast=True),
    Way(SIZES[1], "very-large", language="en"),
    Way(language="en"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task. wrong: empty where it was done."""

    touches: int
    seconds: float
    wrong: str = ""

    def __str__(self) -> str:
        return "WRONG" if self.wrong else f"{self.touches} / {self.seconds:.0f} s"


class Watched(Terminal):
    """Counts the touches, and says so where one would be out of reach."""

    def __init__(self, inspector: Path, display: str) -> None:
        super().__init__(inspector, display)
        self.touches = 0
        self.out_of_reach = 0
        """Pixels at the upper edge of the window."""

    async def touch_at(self, *places: tuple[int, int]) -> None:
        """Touches one place after another."""
        self.touches += len(places)
        high = [place for place in places if place[1] < self.out_of_reach]
        assert not high, f"out of reach: {high}"
        await super().touch_at(*places)


async def choose(way: Way, resident: Resident) -> None:
    """Makes the home page look and speak so, by touching it: who sits lowers it first, from its foot, and
    once more by its row, after everything went up."""
    t = resident.terminal
    tree = await t.screen("home")
    if way.low:
        high = tree.controls["home.low"].text
        await t.touch("home.low")
        tree = await t.until(lambda now: now.controls["home.low"].text != high, "it is not lowered")
    if tree.language != way.language:
        await t.touch("bar.language")
        await t.until(lambda now: now.language == way.language, f"no {way.language}")
    if way.touched:
        await t.touch("bar.display")
        await t.screen("display")
        for name in way.touched:
            await resident.pick(name)
            await t.until(lambda now, name=name: now.chosen(name), f"{name} is not chosen")
        await t.touch("display.done")
        await t.screen("home")


async def attempt(name: str, way: Way, resident: Resident, county: County) -> Outcome:
    """Does one task in one way, and brings the terminal back to its home page."""
    t = resident.terminal
    assert isinstance(t, Watched)
    began, wrong = time.monotonic(), ""
    try:
        async with asyncio.timeout(LONGEST):
            t.out_of_reach = OUT_OF_REACH if way.low else 0
            await choose(way, resident)
            t.touches = 0
            began = time.monotonic()
            await TASKS[name](resident, county)
    except Exception as error:  # whatever it is, the other tasks are done
        wrong = "".join(traceback.format_exception(error))
    outcome = Outcome(t.touches, time.monotonic() - began, wrong)
    t.out_of_reach = 0
    if wrong:
        await keep(FAILED / f"{way}-{name}".replace(" ", "-"), wrong, t, county.house)
    try:
        await t.end_visit()
    except (OSError, AssertionError):  # it is gone, or stands where nobody gets away from: found above
        terminal = county.house.parts["kiosk"]
        await terminal.stop()
        await terminal.start("huimin-kiosk")
    return outcome


async def keep(file: Path, wrong: str, terminal: Terminal, house: House) -> None:
    """Keeps what is known of a failure: what went wrong, what was shown, the log."""
    log = house.directory / "log" / "kiosk.log"
    file.with_suffix(".txt").write_text(wrong + "\n" + log.read_text("utf-8"), "utf-8")
    with suppress(OSError):  # the terminal is gone
        await terminal.picture(file.with_suffix(".png"))


async def every(way: Way, names: Sequence[str]) -> Mapping[str, Outcome]:
    """Does tasks in one way, at a terminal of its own."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="huimin-tasks-") as folder:
        office = source(Path(folder))
        more = configuration(office) + f"\n[kiosk]\npanel_bottom_mm = {LOWER_EDGE}\n"
        async with House(Plan(Path(folder), size=way.size, line=False, more=more)) as house:
            assert house.display
            terminal = Watched(house.inspector, house.display)
            resident = Resident(terminal, house.devices)
            for name in names:
                found[name] = outcome = await attempt(name, way, resident, County(house, office))
                print(f"{way}  {name}  {outcome}", flush=True)
                if outcome.wrong:
                    print(outcome.wrong.splitlines()[-1][:300], flush=True)
            errors = faults(house.directory / "log" / "kiosk.log")
        if errors:
            print("\n".join(errors))
            found["log"] = Outcome(0, 0, "\n".join(errors))
    return found


def faults(log: Path) -> list[str]:
    """The lines of a log that tell of a mistake of the program."""
    lines = [line for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    return [line for line in lines if json.loads(line).get("level") in ("error", "critical")]


def table(found: Mapping[Way, Mapping[str, Outcome]]) -> str:
    """A line for each task, a column for each way: touches and seconds, or that something went wrong."""
    ways = list(found)
    names = list(dict.fromkeys(name for outcomes in found.values() for name in outcomes))
    lines = [f"{number}: {way}" for number, way in enumerate(ways, 1)]
    lines.append("".join([f"{'':14}", *(f"{number:>12}" for number in range(1, len(ways) + 1))]))
    for name in names:
        cells = [str(found[way].get(name, "")) for way in ways]
        lines.append("".join([f"{name:14}", *(f"{cell:>12}" for cell in cells)]))
    done = [outcome for outcomes in found.values() for outcome in outcomes.values() if not outcome.wrong]
    tried = sum(len(outcomes) for outcomes in found.values())
    touches = sum(outcome.touches for outcome in done)
    lines.append(f"{len(done)} of {tried} done, {touches} touches")
    return "\n".join(lines)


def main() -> int:
    """Does the tasks and prints a table. 1 where one went wrong."""
    options = argparse.ArgumentParser(
        prog="make tasks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--task", action="append", choices=list(TASKS), help="only this one; may be repeated"
    )
    options.add_argument("--size", choices=SIZES)
    options.add_argument("--type", choices=TYPES)
    options.add_argument("--low", action="store_true", help="everything within reach of somebody who sits")
    options.add_argument("--contrast", action="store_true", help="the theme of high contrast")
    options.add_argument("--language", choices=LANGUAGES)
    given = options.parse_args()
    chosen = {name: value for name, value in vars(given).items() if value and name != "task"}
    ways = (Way(**chosen),) if chosen else WAYS
    if any(way.low and way.size != SIZES[0] for way in ways):
        options.error("only the portrait panel has anything out of reach")
    shutil.rmtree(FAILED, ignore_errors=True)
    FAILED.mkdir(parents=True)
    names = given.task or list(TASKS)
    print(f"load at the beginning: {os.getloadavg()[0]:.1f}")
    began = time.monotonic()
    found = {way: asyncio.run(every(way, names)) for way in ways}
    print(table(found))
    print(f"{time.monotonic() - began:.0f} s, load at the end: {os.getloadavg()[0]:.1f}")
    return int(any(outcome.wrong for outcomes in found.values() for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
