"""The home page: its doors are what the catalogue has services for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from backend_client.catalog import Service, ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import BackendError
from foundation.log import logger
from kiosk.visit.pages import Door, Home
from kiosk.visit.used import Used
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

AT_ONCE = 200
"""Services that are fetched at once."""

DOORS = {
    ServiceKind.POLICY: Door.POLICIES,
    ServiceKind.FORM: Door.SERVICES,
    ServiceKind.GUIDE: Door.SERVICES,
    ServiceKind.STATUS: Door.PROGRESS,
    ServiceKind.NOTICE: Door.NOTICES,
    ServiceKind.LOOKUP: Door.LOOKUPS,
    ServiceKind.PAYMENT: Door.PAYMENTS,
    ServiceKind.APPOINTMENT: Door.APPOINTMENTS,
    ServiceKind.DOCUMENT: Door.DOCUMENTS,
    ServiceKind.RATING: Door.SERVICES,
}


def doors(services: Iterable[Service]) -> tuple[Door, ...]:
    """The doors that have something behind them, in the order of the enumeration."""
    there = {DOORS[service.kind] for service in services}
    return tuple(door for door in Door if door in there)


class Catalogue(Chapter):
    """Keeps the home page as the backend's catalogue is, the most used first, also while nobody comes.

    During a visit doors stay where they are: nothing changes under a resident's hand.
    """

    def __init__(self, visit: Visit, client: BackendClient, used: Used) -> None:
        """used: knows what is to stand first."""
        self._visit = visit
        self._client = client
        self._used = used
        self.kept: Callable[[], bool] = lambda: False
        """Says whether something was kept of a visit that was interrupted."""
        self._fetching: asyncio.Task[None] | None = None
        self._looked = asyncio.Event()

    async def looked(self, seconds: float) -> None:
        """Waits until it was looked into the catalogue once, at most so long: a first picture without doors
        is only drawn where there are none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._looked.wait()

    def wipe(self) -> None:
        """There is nothing of the resident here; the next one gets a fresh catalogue."""
        self.fetch()

    def fetch(self) -> None:
        """Begins to fetch: until the backend answers, and then anew while the home page is shown."""
        self.close()
        self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    def look(self) -> None:
        """Something was kept, or is no more: an idle home page says so at once."""
        home = self._visit.home
        if home.doors and not self._visit.under_way:
            there = tuple(door for door in home.doors if door is not Door.CONTINUE)
            self._visit.show_home(replace(home, doors=(*there, Door.CONTINUE) if self.kept() else there))

    def close(self) -> None:
        """Fetches no more."""
        if self._fetching:
            self._fetching.cancel()

    async def _fetch(self) -> None:
        while True:
            try:
                services, as_of = await self._all()
            except BackendError as error:
                log.warning("catalogue_missing", reason=error.reason)
                if not self._visit.home.doors:
                    self._visit.show_home(Home(failure=error))
                self._looked.set()
                await asyncio.sleep(self._visit.pace.home_again)
            else:
                last = (Door.CONTINUE,) if self.kept() else ()
                home = Home(
                    self._used.doors((*doors(services), *last)),
                    self._used.services(services),
                    services_as_of=as_of,
                )
                there = self._visit.home
                if home != there and not (there.doors and self._visit.under_way):
                    self._visit.show_home(home)
                self._looked.set()
                await asyncio.sleep(self._visit.pace.home_anew)
                if not isinstance(self._visit.page, Home):
                    return  # the next fetching begins when the visit ends

    async def _all(self) -> tuple[tuple[Service, ...], datetime | None]:
        services: tuple[Service, ...] = ()
        token = ""
        while True:
            part = await self._client.list_services(page_size=AT_ONCE, page_token=token)
            services += part.items
            token = part.next_page_token
            if not token:
                return services, part.as_of
