"""What is heard at a terminal: its sound device is a file, and its headset's socket a pipe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.speaking.headset import EV_SW, EVENT, SW_HEADPHONE_INSERT
from tests.kiosk.by_ear.listener import Listener
from tests.kiosk.hand import Hand, keypad, terminal


@dataclass
class Ear:
    """A terminal, its listener, the file that is its sound device, and the switch of its headset's socket."""

    listener: Listener
    hand: Hand
    sound: Path
    socket: Path

    def plug(self, *, headset: bool) -> None:
        """Plugs a headset in, or pulls it out."""
        with self.socket.open("r+b", buffering=0) as switch:
            switch.write(EVENT.pack(0, 0, EV_SW, SW_HEADPHONE_INSERT, int(headset)))

    def heard(self) -> npt.NDArray[np.float32]:
        """All that came out of the device until now, full scale 1.0."""
        pcm = np.frombuffer(self.sound.read_bytes()[: self.sound.stat().st_size // 2 * 2], "<i2")
        return pcm.astype(np.float32) / np.float32(32768)

    async def silence(self) -> None:
        """Waits until nothing more comes out of it: the device is let go."""
        before = len(self.heard())
        for _ in range(20):
            await asyncio.sleep(0.5)
            if before == (before := len(self.heard())):
                return
        raise AssertionError("it still gives sound")

    async def is_dark(self) -> bool:
        """Whether nothing at all is to be seen."""
        picture = self.socket.parent / "dark.png"
        await self.hand.picture(picture)
        with Image.open(picture) as image:
            return image.convert("L").getextrema() == (0, 0)


@contextmanager
def ear(
    folder: Path,
    backend: str,
    size: str,
    display: str,
    *,
    devices_beside: str = "",
    **settings: Any,
) -> Iterator[Ear]:
    """A terminal with SDL's device that writes what would be heard into a file, at the pace of sound.

    devices_beside, settings: as of `terminal`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    socket, sound = folder / "socket", folder / "sound.raw"
    os.mkfifo(socket)
    holding = os.open(socket, os.O_RDWR)
    tables = _tables(f'[kiosk.sound]\njack = "{socket}"\n{devices_beside}')
    environment = {"SDL_AUDIODRIVER": "disk", "SDL_DISKAUDIOFILE": str(sound)}
    try:
        with (
            patch.dict(os.environ, environment),
            terminal(
                folder / "t", backend, size, display, devices_beside=tables, instant=True, **settings
            ) as hand,
        ):
            yield Ear(Listener(hand), hand, sound, socket)
    finally:
        os.close(holding)


def _tables(more: str) -> Callable[[Path], str]:
    return lambda ports: keypad(ports) + more
