"""Notices: the list and the texts."""

from __future__ import annotations

from backend_client.client import BackendClient
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Door, Home, NoticeList, NoticeText, Page
from kiosk.visit.visit import Chapter, Visit

AT_ONCE = 20
"""Entries that are fetched at once."""


class Notices(Chapter):
    """Reading notices. It remembers nothing that the pages do not."""

    def __init__(self, visit: Visit, client: BackendClient) -> None:
        self._visit = visit
        self._client = client

    def take(self, page: Page, event: Event) -> bool:
        """Knows the list and the texts."""
        match page, event:
            case Home(), did.OpenDoor(Door.NOTICES):
                self._visit.do(self._open_list)
            case NoticeList(), did.ShowMore():
                self._visit.do(lambda: self._more(page))
            case NoticeList(), did.OpenNotice(name):
                self._visit.do(lambda: self._open_notice(name))
            case _:
                return False
        return True

    async def _open_list(self) -> None:
        part = await self._client.list_notices(page_size=AT_ONCE)
        self._visit.open(NoticeList(part.items, part.next_page_token, as_of=part.as_of))

    async def _more(self, page: NoticeList) -> None:
        part = await self._client.list_notices(page_size=AT_ONCE, page_token=page.next_page_token)
        self._visit.show(
            NoticeList(
                page.notices + part.items,
                part.next_page_token,
                place=float(len(page.notices)),
                as_of=part.as_of or page.as_of,
            )
        )

    async def _open_notice(self, name: str) -> None:
        self._visit.open(NoticeText(await self._client.get_notice(name)))
