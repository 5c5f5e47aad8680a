"""Choosing a time at counters: the days with their slots, fetched when they are asked for and kept fresh.

What others take meanwhile shows as full before it is touched; what is taken in the last moment, the backend
refuses, and the question is asked again with everything else kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from backend_client.client import BackendClient
from backend_client.errors import BackendError
from foundation.log import logger
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page, SlotQuestion
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

FRESH_SECONDS = 15.0
"""So often the days are fetched while somebody looks at them."""


class Slots(Chapter):
    """Owns what is fetched for the question that is shown."""

    def __init__(self, visit: Visit, client: BackendClient, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._visit = visit
        self._client = client
        self._fresh_seconds = fresh_seconds
        self._fetching: asyncio.Task[None] | None = None

    def take(self, page: Page, event: Event) -> bool:
        """Knows the days; the slot itself is an answer like any other."""
        match page, event:
            case SlotQuestion(), did.ChooseDay(day):
                self._visit.show(replace(page, day=day, place=0.0, error=None))
            case SlotQuestion(day=day), did.Back() if day is not None:
                self._visit.show(replace(page, day=None, place=0.0))
            case SlotQuestion(failure=BackendError()), did.TryAgain():
                self._visit.show(replace(page, failure=None, days=None))
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """Fetches for a page that has no days yet; stops once it is left."""
        if not isinstance(page, SlotQuestion):
            self._stop()
        elif page.days is None and page.failure is None:
            self._stop()
            self._fetching = asyncio.get_running_loop().create_task(self._keep_fresh(page.field.counters))

    def wipe(self) -> None:
        """Fetches no more."""
        self._stop()

    def _stop(self) -> None:
        if self._fetching and self._fetching is not asyncio.current_task():
            self._fetching.cancel()
        self._fetching = None

    async def _keep_fresh(self, name: str) -> None:
        while True:
            try:
                counters, _ = await self._client.get_counters(name)
                days = await self._client.list_slots(name)
            except BackendError as error:
                log.info("slots_missing", reason=error.reason)
                page = self._visit.page
                if isinstance(page, SlotQuestion) and page.days is None:
                    self._visit.show(replace(page, failure=error))
                    return
            else:
                page = self._visit.page
                if not isinstance(page, SlotQuestion) or page.field.counters != name:
                    return
                if days != page.days or counters != page.counters:
                    gone = page.day is not None and page.day not in {one.day for one in days}
                    day = None if gone else page.day
                    self._visit.show(replace(page, days=days, counters=counters, day=day))
            await asyncio.sleep(self._fresh_seconds)
