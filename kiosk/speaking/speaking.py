"""Reading out, for as long as the terminal shows something."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from importlib import import_module

from kiosk.screens.stage import Stage
from kiosk.speaking.settings import SoundSettings
from kiosk.visit.keypad import Keypad
from kiosk.visit.visit import Visit

KEPT = 500
"""Texts that the inspection can still be told of."""


class Speaking:
    """Reads out from `open` to `close`, where there is a voice."""

    def __init__(
        self, visit: Visit, stage: Stage, keypad: Keypad, sound: SoundSettings, *, keep: bool
    ) -> None:
        """keep: whether texts are kept for the inspection, which real terminals are without."""
        self._visit = visit
        self._stage = stage
        self._keypad = keypad
        self._sound = sound
        self._running: asyncio.Task[None] | None = None
        self._spoken: deque[tuple[int, str]] = deque(maxlen=KEPT if keep else 0)
        self._count = 0

    def open(self) -> None:
        """Begins; to be called once the first picture is there, which waits for nothing."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Silence."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def spoken(self, after: int) -> tuple[int, Sequence[tuple[int, str]]]:
        """How many texts have begun to be said, and those after so many, each with its turn: for the
        inspection."""
        new = max(0, min(self._count - after, len(self._spoken)))
        return self._count, list(self._spoken)[len(self._spoken) - new :]

    async def _run(self) -> None:
        await asyncio.to_thread(import_module, "kiosk.speaking.following")
        from kiosk.speaking.following import follow  # noqa: PLC0415 (it takes half a second to load)

        await follow(self._visit, self._stage, self._keypad, self._sound, self._heard)

    def _heard(self, turn: int, text: str) -> None:
        self._count += 1
        self._spoken.append((turn, text))
