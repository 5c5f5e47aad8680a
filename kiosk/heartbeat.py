"""The terminal's sign of life for its supervisor: its loop turns, and a frame was shown.

A supervisor that hears none for its time (``WatchdogSec=`` of the unit) kills the terminal and starts it
again. The sign is not sent from a thread of its own, which would live on while the screen hangs.
"""

from __future__ import annotations

import asyncio

from kivy.core.window import Window

from foundation.supervision import tell_supervisor, watchdog_seconds
from kiosk.display_server import DisplayServer

TIMES = 2
"""How often within the supervisor's time the sign is sent, as sd_watchdog_enabled(3) advises."""


class Heartbeat:
    """Beats from `begin` to `end`; not at all where nobody wants to hear it."""

    def __init__(self, display: DisplayServer) -> None:
        self._display = display
        self._drawn = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Once the first frame was drawn."""
        seconds = watchdog_seconds()
        if seconds is not None:
            Window.bind(on_flip=self._flipped)
            self._beating = asyncio.get_running_loop().create_task(self._beat(seconds / TIMES))

    def end(self) -> None:
        """No more."""
        if self._beating is not None:
            Window.unbind(on_flip=self._flipped)
            self._beating.cancel()

    def _flipped(self, *_: object) -> None:
        self._drawn.set()

    async def _beat(self, seconds: float) -> None:
        """Frames are drawn only where something changed: one is asked for each time."""
        while True:
            self._drawn.clear()
            Window.canvas.ask_update()
            await self._drawn.wait()
            self._display.finish()  # a display that hangs is to stop this loop: that is what is watched
            tell_supervisor("WATCHDOG=1")
            await asyncio.sleep(seconds)
