"""The screen is dark while nobody stands before the terminal, and lit as soon as somebody comes near.

Only where a board tells whether anybody is near, and for as long as it does: a sensor that is silent keeps no
screen dark. A touch lights it, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hardware.interfaces.auxiliaries import Auxiliaries, Proximity
from kiosk.visit.visit import Visit

LOOK_SECONDS = 0.5
"""While it is dark the board is asked so often: whoever walks up is there within two seconds. While it is lit
its watch asks, and nobody is in a hurry."""


class Presence:
    """Owns whether the screen is dark. after: seconds without anybody until it is; 0: never."""

    def __init__(
        self, visit: Visit, board: Auxiliaries | None, *, after: float, look: float = LOOK_SECONDS
    ) -> None:
        self._visit = visit
        self._board = board
        self._after = after
        self._look = look
        self._stop: Callable[[], object] = lambda: None

    def open(self) -> None:
        """From now on."""
        if self._board is not None and self._after:
            self._stop = asyncio.get_running_loop().create_task(self._run(self._board)).cancel

    def close(self) -> None:
        """No more."""
        self._stop()

    async def _run(self, board: Auxiliaries) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while True:
            if await self._anybody(board):
                seen = loop.time()
            self._visit.darken(dark=loop.time() - seen >= self._after)
            await asyncio.sleep(self._look)

    async def _anybody(self, board: Auxiliaries) -> bool:
        """Whether somebody is there, may be there, or has to be able to read something from afar."""
        visit = self._visit
        if visit.under_way or visit.out_of_service or visit.view.alerts:
            return True
        status = await board.status() if visit.view.dark else board.last_status
        near = status.proximity is not Proximity.NOT_PRESENT
        return near or visit.under_way  # somebody may have touched it while the board was asked
