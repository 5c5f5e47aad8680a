"""The terminal inside the compositor that it has on the street: nothing else can be reached from it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.end_to_end.terminal import Terminal
from tests.kiosk.processes import BIN, PATIENCE, Display, Running

SIZE = "1024x768"
"""What the compositor's window has on another display, which stands for the panel here."""
COMBINATIONS = """
    alt+F4 alt+Tab alt+Escape alt+space alt+F2 ctrl+alt+F1 ctrl+alt+F2 ctrl+alt+F7 ctrl+alt+BackSpace
    ctrl+alt+Delete ctrl+shift+Escape ctrl+c ctrl+q ctrl+w ctrl+z super super+l super+d F5 F11 F12 Print
    ctrl+Print alt+Print Menu Escape
"""
NOT_ROOT = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""It does not start for root; as another user of a namespace, root's own files are still readable."""


@dataclass
class Session:
    """A compositor on a panel, and the terminal in it."""

    hand: Terminal
    running: Running


@pytest_asyncio.fixture
async def session(county: Running, tmp_path: Path) -> AsyncIterator[Session]:
    panel = Display(SIZE)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    compositor = [
        *("env", f"XDG_RUNTIME_DIR={runtime}", "WLR_BACKENDS=x11", "WLR_RENDERER=pixman"),
        *(NOT_ROOT if os.geteuid() == 0 else ()),
        *("cage", "-d", "--"),
    ]
    kiosk: list[str | Path] = [
        *(BIN / "huimin-kiosk", "--backend", county.ready["huimin-backend"], "--size", SIZE),
        *("--data", tmp_path / "data", "--inspect", tmp_path / "inspect"),
    ]
    command = [*compositor, *kiosk]
    try:
        running = Running(command, tmp_path / "kiosk.log", ready=["huimin-kiosk"], display=panel.name)
        try:
            yield Session(Terminal(tmp_path / "inspect", panel.name), running)
        finally:
            running.kill()
    finally:
        panel.stop()


async def test_no_key_leads_out_of_it_and_it_is_used_by_touch(session: Session) -> None:
    hand = session.hand
    home = await hand.until(lambda tree: "home.services" in tree.controls, "no home page", 60)
    assert home.size == tuple(int(side) for side in SIZE.split("x")), "it does not fill the panel"
    await asyncio.to_thread(
        subprocess.run,
        ["xdotool", "key", "--delay", "20", *COMBINATIONS.split()],
        env=os.environ | {"DISPLAY": hand.display},
        check=True,
        timeout=PATIENCE,
    )
    await asyncio.sleep(0.5)
    assert session.running.process.poll() is None
    assert set((await hand.screen("home")).controls) >= set(home.controls)
    await hand.touch("home.services")
    await hand.screen("services.list")
    assert session.running.log.read_text("utf-8").count("queue_open") == 1, "it was started again"
