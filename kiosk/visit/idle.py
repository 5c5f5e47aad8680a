"""The clock of a visit that nobody touches: a warning, then the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class IdleClock:
    """Runs from the first touch to the end of a visit. It uses the loop's clock."""

    def __init__(
        self,
        *,
        patience: Callable[[], float],
        countdown: Callable[[], int],
        warn: Callable[[int], None],
        end: Callable[[], None],
    ) -> None:
        """patience: seconds without a touch before the first warning; countdown: from there to the end; both
        are asked when they are needed, because a visit that is read aloud takes longer.

        warn: is told the seconds left, each second; end: is called once they are over.
        """
        self._patience = patience
        self._countdown = countdown
        self._warn = warn
        self._end = end
        self._touched_at = 0.0
        self._running: asyncio.Task[None] | None = None

    def touched(self) -> None:
        """Begins anew. A countdown that runs is over."""
        loop = asyncio.get_running_loop()
        self._touched_at = loop.time()
        if self._running is None:
            self._running = loop.create_task(self._run())

    def ask(self) -> None:
        """Nobody may be there: warns at once."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._touched_at = loop.time() - self._patience()
        self._running = loop.create_task(self._run())

    @property
    def running(self) -> bool:
        """Whether somebody is there, or was a moment ago."""
        return self._running is not None

    def stop(self) -> None:
        """Nobody is there."""
        if self._running is not None:
            self._running.cancel()
            self._running = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._touched_at + self._patience() - loop.time())
            seen = self._touched_at
            if loop.time() < seen + self._patience():
                continue
            for left in range(self._countdown(), 0, -1):
                self._warn(left)
                await asyncio.sleep(1)
                if self._touched_at != seen:
                    break
            else:
                self._running = None
                self._end()
                return
