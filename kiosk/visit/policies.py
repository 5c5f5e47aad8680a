"""Policies: topics, lists, texts; and the search, which finds services too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backend_client.catalog import Service, ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import BackendError
from backend_client.policy import Policy, Topic
from kiosk.input.words import Words
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.finding import services_found
from kiosk.visit.home import DOORS
from kiosk.visit.pages import (
    Door,
    Home,
    Page,
    PolicyList,
    PolicyResults,
    PolicySearch,
    PolicyText,
    Topics,
)
from kiosk.visit.services import LISTED
from kiosk.visit.visit import Chapter, Visit

AT_ONCE = 20
"""Entries that are fetched at once."""
MAX_QUERY = 100
"""Characters of a search (huimin.v1.SearchPoliciesRequest)."""


def _opens_a_guide(service: Service) -> bool:
    """Policies and notices are what is searched, or have a door of their own; so has rating."""
    return DOORS[service.kind] in LISTED and service.kind is not ServiceKind.RATING


class Policies(Chapter):
    """Reading policies. It remembers nothing that the pages do not."""

    def __init__(self, visit: Visit, client: BackendClient, words: Callable[[], Words]) -> None:
        """words: for services that are searched by pinyin."""
        self._visit = visit
        self._client = client
        self._words = words

    def take(self, page: Page, event: Event) -> bool:
        """Knows the topics, the search, lists of policies and their texts."""
        match page, event:
            case Home(), did.OpenDoor(Door.POLICIES):
                self._visit.do(self._open_topics)
            case Topics(), did.OpenTopic(topic):
                self._visit.do(lambda: self._open_topic(topic))
            case ((Home() | Topics()), did.OpenSearch()):
                self._visit.open(PolicySearch())
            case PolicySearch(), did.Enter(text):
                self._visit.show(PolicySearch(entered=text[:MAX_QUERY]))
            case PolicySearch(entered=entered), did.Next():
                if query := entered.strip():
                    self._visit.do(lambda: self._search(query))
                else:
                    self._visit.show(PolicySearch(entered, empty=True))
            case PolicyResults(), did.ShowMore():
                self._visit.do(lambda: self._more_results(page))
            case PolicyResults(corrected=str(corrected)), did.SearchAsTyped() if corrected:
                self._visit.do(lambda: self._search_as_typed(page))
            case PolicyResults(), did.SwitchLanguage():
                self._visit.do(lambda: self._search_again(page))
            case PolicyList(), did.ShowMore():
                self._visit.do(lambda: self._more_policies(page))
            case ((PolicyList() | PolicyResults()), did.OpenPolicy(policy)):
                self._visit.do(lambda: self._open_policy(policy))
            case _:
                return False
        return True

    async def _open_topics(self) -> None:
        found = await self._client.list_topics()
        self._visit.open(Topics(found.items, as_of=found.as_of))

    async def _open_topic(self, topic: Topic) -> None:
        part = await self._client.list_policies(topic.name, page_size=AT_ONCE)
        self._visit.open(PolicyList(topic, part.items, part.next_page_token, as_of=part.as_of))

    async def _more_policies(self, page: PolicyList) -> None:
        part = await self._client.list_policies(
            page.topic.name, page_size=AT_ONCE, page_token=page.next_page_token
        )
        self._visit.show(
            PolicyList(
                page.topic,
                page.policies + part.items,
                part.next_page_token,
                place=float(len(page.policies)),
                as_of=part.as_of or page.as_of,
            )
        )

    async def _search(self, query: str) -> None:
        self._visit.open(await self._found(query, as_typed=False))

    async def _search_as_typed(self, page: PolicyResults) -> None:
        self._visit.show(await self._found(page.query, as_typed=True))

    async def _found(self, query: str, *, as_typed: bool) -> PolicyResults:
        part = await self._client.search_policies(
            query, self._visit.language, page_size=AT_ONCE, as_typed=as_typed
        )
        listed = [service for service in self._visit.home.services if _opens_a_guide(service)]
        services = services_found(query, listed, self._words())
        if part.corrected and not services:
            services = services_found(part.corrected, listed, self._words())
        return PolicyResults(
            query,
            part.items,
            part.next_page_token,
            services=services,
            corrected=part.corrected,
            as_typed=as_typed,
            as_of=part.as_of,
        )

    async def _more_results(self, page: PolicyResults) -> None:
        part = await self._client.search_policies(
            page.query,
            self._visit.language,
            page_size=AT_ONCE,
            page_token=page.next_page_token,
            as_typed=page.as_typed,
        )
        more = replace(
            page,
            matches=page.matches + part.items,
            next_page_token=part.next_page_token,
            place=float(len(page.services) + len(page.matches)),
            as_of=part.as_of or page.as_of,
        )
        self._visit.show(more)

    async def _search_again(self, page: PolicyResults) -> None:
        """Passages come in one language; where the backend is away the old ones are better than none."""
        try:
            self._visit.show(await self._found(page.query, as_typed=page.as_typed))
        except BackendError:
            return

    async def _open_policy(self, policy: Policy) -> None:
        self._visit.open(PolicyText(await self._client.get_policy(policy.name)))
