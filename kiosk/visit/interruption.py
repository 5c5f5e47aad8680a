"""The terminal is out of service for a while, whoever is there. What was entered is kept below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kiosk.visit.pages import Cause, OutOfService


class Interruption:
    """The owner of the page that is shown meanwhile, and of how long a visit is kept below it."""

    def __init__(self, over: Callable[[], None]) -> None:
        """over: is called where a visit was kept for as long as was said."""
        self.page: OutOfService | None = None
        self._over = over
        self._keeping: asyncio.TimerHandle | None = None
        self._causes: list[Cause] = []

    def begin(self, keep: float, cause: Cause) -> None:
        """Shows the page. keep: seconds for which the visit is kept, 0 where there is none.

        Where it is shown for another cause already, the visit is kept as was said then.
        """
        if self.page is not None and cause not in self._causes:
            self._causes.append(cause)
            self.page = replace(self.page, cause=cause)
            return
        self._forget()
        self._causes = [cause]
        if keep:
            self._keeping = asyncio.get_running_loop().call_later(keep, self._over)
            self.page = OutOfService(datetime.now(UTC) + timedelta(seconds=keep), cause)
        else:
            self.page = OutOfService(cause=cause)

    def nothing_kept(self) -> None:
        """The visit below is over."""
        if self.page is not None:
            self._forget()
            self.page = replace(self.page, kept_until=None)

    def end(self, cause: Cause) -> bool:
        """Shows the page no more, unless there is another cause; whether there is a visit to go on with."""
        self._causes = [other for other in self._causes if other is not cause]
        if self.page is not None and self._causes:
            self.page = replace(self.page, cause=self._causes[-1])
            return False
        kept = self.page is not None and self.page.kept_until is not None
        self._forget()
        self.page = None
        return kept

    def _forget(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
