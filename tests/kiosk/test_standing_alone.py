"""A terminal that hangs or loses its screen is started again by systemd, with the unit as delivered."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from kiosk.cache import cache_directory
from tests.end_to_end.terminal import Terminal, Tree
from tests.kiosk.processes import BIN, Display, Running
from tests.systemd import Systemd

UNIT = Path(__file__).parents[2] / "deploy" / "kiosk" / "huimin-kiosk.service"
SIZE = "1280x1024"
ENTERED = "王"
DROP_IN = """
[Service]
User=
Group=
SupplementaryGroups=
LoadCredential=
StateDirectory=
CacheDirectory=
RuntimeDirectory=
ProtectHome=no
ProtectKernelLogs=no
ProtectKernelTunables=no
PrivateTmp=no
ReadWritePaths={folder} {cache}
ExecStart=
ExecStart={command} --backend {backend} --size {size} --data {folder}/data --inspect {folder}/inspect
Environment=DISPLAY={display} HOME={home} PYTHONUNBUFFERED=1
Environment=XDG_RUNTIME_DIR={folder} XDG_CACHE_HOME={cache}
StandardOutput=append:{folder}/kiosk.log
StandardError=append:{folder}/kiosk.log
RestartSec=0.2
WatchdogSec=4
TimeoutAbortSec=1
"""
"""What is different where tests run: who, where, and how patient."""


class Supervised:
    """A terminal under systemd."""

    def __init__(self, folder: Path, backend: str) -> None:
        self.folder = folder
        self.display = Display(SIZE)
        self.terminal = Terminal(folder / "inspect", self.display.name)
        drop_in = DROP_IN.format(
            folder=folder,
            command=BIN / "huimin-kiosk",
            backend=backend,
            size=SIZE,
            display=self.display.name,
            home=Path.home(),
            cache=cache_directory("").parent,
        )
        self._systemd = Systemd(folder, UNIT, drop_in)

    def log(self) -> str:
        """What the terminal wrote."""
        file = self.folder / "kiosk.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    async def until(self, so: Callable[[], bool], seconds: float = 40.0) -> None:
        """Waits until something is so. AssertionError with both logs."""
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, self._systemd.said() + self.log()
            await asyncio.sleep(0.05)

    async def ready(self, times: int, screen: str = "home") -> Tree:
        """Waits until it was ready that often, and shows something."""
        await self.until(lambda: self.log().count("ready huimin-kiosk ") >= times)
        return await self.terminal.screen(screen, 60)

    @property
    def process(self) -> int:
        """Its number, as this side of the namespace sees it."""
        wanted = str(self.terminal.inspector).encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words:
                return int(process.name)
        raise AssertionError("it does not run")

    def stop(self) -> None:
        """Ends all of it."""
        self._systemd.stop()
        self.display.stop()


@pytest_asyncio.fixture
async def supervised(county: Running, tmp_path: Path) -> AsyncIterator[Supervised]:
    made = Supervised(tmp_path, county.ready["huimin-backend"])
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.timeout(300)
async def test_what_hangs_or_loses_its_screen_is_started_again(supervised: Supervised) -> None:
    at = supervised
    await at.ready(1)
    hand = at.terminal
    await hand.touch("home.services")
    await hand.screen("services.list")
    while "services.letter-to-leadership" not in (await hand.tree()).controls:
        await hand.touch("sheets.forward")
    await hand.touch("services.letter-to-leadership")
    await hand.touch("guide.apply")
    await hand.touch("form.start")
    await hand.screen("form.question")
    await hand.pinyin("wang", ENTERED)
    await hand.until(_holds_the_entry, "what is entered is not there")
    await at.until(lambda: any((at.folder / "data").rglob("*.draft")))
    first = at.process
    at.display.send(signal.SIGSTOP)  # the terminal's loop waits for its display
    await at.until(lambda: "Fatal Python error: Aborted" in at.log())  # where it hung
    at.display.send(signal.SIGCONT)
    await at.ready(2, "still_there")
    assert at.process != first
    await hand.touch("still_there.go_on")
    await hand.until(_holds_the_entry, "what was entered is lost")

    number = at.display.name
    at.display.send(signal.SIGKILL)
    await at.until(lambda: '"screen_lost"' in at.log())
    at.display = Display(SIZE, name=number)
    await at.ready(3, "still_there")
    await hand.touch("still_there.go_on")
    await hand.until(_holds_the_entry, "what was entered is lost")
    assert ENTERED not in at.log()


def _holds_the_entry(tree: Tree) -> bool:
    return tree.screen == "form.question" and tree.controls["form.entry"].text == ENTERED
