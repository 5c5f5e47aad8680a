"""Many visits at a terminal, touched within its process: does memory grow, does a page become slower?

The terminal is the whole command with its window; touches enter where Kivy's own providers hand them in. Left
out are the times in which touches are ignored, of a new page and of a finger that trembles: a thousand visits
would take an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench._processor import resident_bytes
from kiosk import command

MOST_GROWTH = 10 * 2**20
SLOWER = 1.10
"""Of the processor time of a page, from the first visits to the last: more is no chance."""
WARM = 50
"""Visits until every page was drawn and every cache is full."""
PATIENCE = 20.0
VISITS = (
    ("home.policies", "topics.", "policies.", "bar.language", "bar.language", "bar.leave"),
    ("home.services", "services.", "guide.", "bar.back", "bar.leave"),
    ("home.notices", "notices.", "bar.back", "bar.leave"),
    ("home.progress", "keyboard.1", "keyboard.2", "bar.leave"),
)
"""What is touched, by the beginnings of names; what asks whether to leave is answered."""


class Walk:
    """Walks through visits, and notes what each page took."""

    def __init__(self, visits: int) -> None:
        self._visits = visits
        self.took: dict[str, list[float]] = defaultdict(list)
        """Processor seconds to each page, in the order of the visits, of those after WARM."""
        self.memory: list[int] = []
        self._frame = asyncio.Event()

    async def run(self) -> None:
        """From the first page to the last visit."""
        from kivy.core.window import Window  # noqa: PLC0415 (the terminal prepares it)

        from kiosk.screens import stage as stages  # noqa: PLC0415 (likewise)
        from kiosk.screens import tremble  # noqa: PLC0415 (likewise)

        stages.DEAF = tremble.BOUNCE = 0.0
        Window.bind(on_flip=lambda *_: self._frame.set())
        for number in range(self._visits):
            for name in VISITS[number % len(VISITS)]:
                page, seconds = await self._touch(name)
                if number >= WARM:
                    self.took[f"{name} → {page}"].append(seconds)
            if await self._shown("leave.end"):
                await self._touch("leave.end")
            if number >= WARM and number % 10 == 0:
                gc.collect()
                self.memory.append(resident_bytes(os.getpid()))

    async def _touch(self, name: str) -> tuple[str, float]:
        """Touches a control, and waits until what follows is drawn: the screen, and processor seconds."""
        from kivy.core.window import Window  # noqa: PLC0415 (the terminal prepares Kivy)
        from kivy.tests.common import UnitTestTouch  # noqa: PLC0415 (likewise)

        stage = _stage()
        end = time.monotonic() + PATIENCE
        while (control := await self._shown(name)) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"{name} is not on {stage.screen.name}")
            await asyncio.sleep(0.01)
        x, y, width, height = control["bounds"]
        touch = UnitTestTouch(x + width / 2, stage.height - y - height / 2)
        before = stage.view
        touch.touch_down()
        await self._drawn()
        began = time.process_time()
        touch.touch_up()
        async with asyncio.timeout(PATIENCE):
            while stage.view is before or stage.view.waiting:
                await self._drawn()
        if Window.canvas.needs_redraw:
            await self._drawn()
        return stage.screen.name, time.process_time() - began

    async def _drawn(self) -> None:
        """Until the next frame, or until it is clear that none is needed."""
        self._frame.clear()
        try:
            async with asyncio.timeout(0.1):
                await self._frame.wait()
        except TimeoutError:
            return

    async def _shown(self, name: str) -> dict[str, Any] | None:
        """The first control whose name begins so and that can be touched."""
        from kiosk.inspect import tree  # noqa: PLC0415 (the terminal prepares Kivy)

        for control in tree(_stage())["controls"]:
            if control["id"].startswith(name) and control["enabled"]:
                found: dict[str, Any] = control
                return found
        return None


def _stage() -> Any:
    from kivy.app import App  # noqa: PLC0415 (the terminal prepares Kivy)

    return App.get_running_app().root


async def _ready() -> None:
    from kivy.app import App  # noqa: PLC0415 (the terminal prepares Kivy)

    async with asyncio.timeout(PATIENCE):
        while App.get_running_app() is None or not _stage() or not _stage().screen:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def tell(walk: Walk) -> bool:
    """Prints what was found; whether the bounds hold."""
    fifth = max(len(walk.memory) // 5, 1)
    first, last = (statistics.median(some) for some in (walk.memory[:fifth], walk.memory[-fifth:]))
    grown = (last - first) / 2**20
    print(f"memory: {first / 2**20:.1f} MiB at first, {last / 2**20:.1f} MiB at last: {grown:+.1f}")
    slower = 0
    print(f"{'processor milliseconds':46} {'times':>6} {'first':>8} {'last':>8}")
    for name, seconds in walk.took.items():
        part = max(len(seconds) // 4, 1)
        early, late = statistics.median(seconds[:part]), statistics.median(seconds[-part:])
        print(f"  {name:44} {len(seconds):6d} {early * 1e3:8.1f} {late * 1e3:8.1f}")
        slower += late > early * SLOWER
    if slower:
        print(f"slower by more than a tenth: {slower}")
    return last - first < MOST_GROWTH and not slower


def main() -> int:
    """Walks. 1 where memory grew or a page became slower."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visits", type=int, required=True)
    options.add_argument("--backend", required=True)
    options.add_argument("--data", type=Path, required=True)
    given = options.parse_args()
    walks: list[Walk] = []
    serve = command._run

    async def walked(*how: Any) -> Any:
        serving = asyncio.create_task(serve(*how))
        await _ready()
        walks.append(Walk(given.visits))
        try:
            await walks[0].run()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            ended = await serving
        return ended

    command._run = walked  # type: ignore[assignment]
    given.data.mkdir(parents=True)
    log = os.open(given.data / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 2)
    began = time.monotonic()
    try:
        command.main(
            ["--backend", given.backend, "--data", str(given.data), "--size", "1080x1920"],
            standalone_mode=False,
        )
    except Exception as error:
        print(f"broke off: {error!r}\n{(given.data / 'log').read_text('utf-8')[-2000:]}")
        return 1
    print(f"{given.visits} visits in {time.monotonic() - began:.0f} s")
    return 0 if tell(walks[0]) else 1


if __name__ == "__main__":
    sys.exit(main())
