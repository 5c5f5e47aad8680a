"""The terminal is out of service for a while, whoever is there. What was entered is kept below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kiosk.visit.pages import OutOfService


class Interruption:
    """The owner of the page that is shown meanwhile, and of how long a visit is kept below it."""

    def __init__(self, over: Callable[[], None]) -> None:
        """over: is called where a visit was kept for as long as was said."""
        self.page: OutOfService | None = None
        self._over = over
        self._keeping: asyncio.TimerHandle | None = None

    def begin(self, keep: float) -> None:
        """Shows the page. keep: seconds for which the visit is kept, 0 where there is none."""
        self._forget()
        if keep:
            self._keeping = asyncio.get_running_loop().call_later(keep, self._over)
            self.page = OutOfService(datetime.now(UTC) + timedelta(seconds=keep))
        else:
            self.page = OutOfService()

    def nothing_kept(self) -> None:
        """The visit below is over."""
        if self.page is not None:
            self._forget()
            self.page = OutOfService()

    def end(self) -> bool:
        """Shows the page no more; whether there is a visit to go on with."""
        kept = self.page is not None and self.page.kept_until is not None
        self._forget()
        self.page = None
        return kept

    def _forget(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
