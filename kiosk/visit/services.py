"""The catalogue: what can be applied for or has a guide."""

from __future__ import annotations

from backend_client.catalog import Service
from backend_client.client import BackendClient
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.home import DOORS
from kiosk.visit.pages import Door, Home, Page, PolicyResults, ServiceGuide, ServiceList
from kiosk.visit.visit import Chapter, Visit

LISTED = (Door.SERVICES, Door.LOOKUPS, Door.PAYMENTS, Door.APPOINTMENTS, Door.DOCUMENTS)
"""The doors behind which there is a list of services."""


class Services(Chapter):
    """Looking through the catalogue. The list is the one that the home page was made of."""

    def __init__(self, visit: Visit, client: BackendClient) -> None:
        self._visit = visit
        self._client = client

    def take(self, page: Page, event: Event) -> bool:
        """Knows the list and the guides."""
        match page, event:
            case Home(services=services), did.OpenDoor(door) if door in LISTED:
                listed = tuple(service for service in services if DOORS[service.kind] is door)
                self._visit.open(ServiceList(door, listed, as_of=page.services_as_of))
            case ((ServiceList() | PolicyResults()), did.OpenService(service)):
                self._visit.do(lambda: self._open_guide(service))
            case _:
                return False
        return True

    async def _open_guide(self, service: Service) -> None:
        self._visit.open(ServiceGuide(await self._client.get_service(service.name)))
