"""What the office has made public of letters and complaints: the list and the texts."""

from __future__ import annotations

from backend_client.client import BackendClient
from backend_client.errors import BackendFailure
from backend_client.page import Page as Part
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import NoticeList, Page, PublicCaseList, PublicCaseText
from kiosk.visit.visit import Chapter, Visit

AT_ONCE = 20
"""Entries that are fetched at once."""


class PublicCases(Chapter):
    """Reading public replies. It remembers nothing that the pages do not."""

    def __init__(self, visit: Visit, client: BackendClient) -> None:
        self._visit = visit
        self._client = client

    def take(self, page: Page, event: Event) -> bool:
        """Knows the way there from the notices, the list and the texts."""
        match page, event:
            case NoticeList(), did.OpenPublicCases():
                self._visit.do(self._open_list)
            case PublicCaseList(), did.ShowMore():
                self._visit.do(lambda: self._more(page))
            case PublicCaseList(), did.OpenPublicCase(name):
                found = next(case for case in page.cases if case.name == name)
                self._visit.open(PublicCaseText(found, as_of=page.as_of))
            case _:
                return False
        return True

    async def _open_list(self) -> None:
        try:
            part = await self._client.list_public_cases(page_size=AT_ONCE)
        except BackendFailure as error:
            if error.reason != "UNIMPLEMENTED":  # a county's own backend that makes nothing public
                raise
            part = Part(())
        self._visit.open(PublicCaseList(part.items, part.next_page_token, as_of=part.as_of))

    async def _more(self, page: PublicCaseList) -> None:
        part = await self._client.list_public_cases(page_size=AT_ONCE, page_token=page.next_page_token)
        self._visit.show(
            PublicCaseList(
                page.cases + part.items,
                part.next_page_token,
                place=float(len(page.cases)),
                as_of=part.as_of or page.as_of,
            )
        )
