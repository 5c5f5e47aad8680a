"""Reading ahead what residents usually ask for, so that a door that loses its line still has it.

Everything that leads somewhere is read: services with their guides, forms, topics, the first policies of each
with their texts, notices. One call at a time, with a pause after each, and at no fixed moment, so that a
backend with a thousand doors does not notice. A list is asked for with the size with which the door asks for
it: an answer is known by its request.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Protocol, TypeVar

from backend_client.client import BackendClient
from backend_client.errors import BackendError, Unreachable
from backend_client.page import Page
from foundation.log import logger
from foundation.request_id import begin_request

EVERY = 600.0
"""Seconds between two rounds; chance takes off or adds up to a fifth."""
AGAIN = 30.0
"""Seconds until the next round after one that the backend broke off."""
TEXTS_EVERY = 3600.0
"""Seconds after which a text is read again that stands unchanged in its list."""
PAUSE = 0.05
"""Seconds after each call."""
MOST_TEXTS = 500
"""Policies whose texts are read ahead, the newest of each topic first."""

_log = logger(__name__)

T = TypeVar("T")


class Dated(Protocol):
    """What knows whether it is fresh."""

    @property
    def as_of(self) -> datetime | None:
        """None where it is."""


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Entries that this door asks for at once."""

    services: int
    policies: int
    notices: int


class Away(Exception):
    """The backend does not answer."""


@dataclass
class Warming:
    """Reads ahead. `keep` runs for as long as the door."""

    client: BackendClient
    sizes: Sizes
    pause: float = PAUSE
    _read: dict[str, tuple[object, float]] = field(default_factory=dict, repr=False)
    """By name: how it stood in its list when its text was read, and when that was."""

    async def keep(self) -> None:
        """Goes round and round."""
        while True:
            begin_request()
            try:
                await self.round()
                wait = EVERY
            except Away:
                wait = AGAIN
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 (spreads doors out)

    async def round(self) -> None:
        """Reads everything once. Raises Away."""
        client, sizes = self.client, self.sizes
        services = await self._list(client.list_services(page_size=sizes.services))
        for service in services:
            await self._text(service.name, service, client.get_service)
            if service.form:
                await self._text(service.form, None, client.get_form)
        texts = MOST_TEXTS
        for topic in await self._list(client.list_topics()):
            policies = await self._list(client.list_policies(topic.name, page_size=sizes.policies))
            for policy in policies[:texts]:
                await self._text(policy.name, policy, client.get_policy)
            texts -= len(policies[:texts])
        for notice in await self._list(client.list_notices(page_size=sizes.notices)):
            await self._text(notice.name, notice, client.get_notice)
        _log.info("read_ahead", services=len(services), policies=MOST_TEXTS - texts)

    async def _list(self, reading: Awaitable[Page[T]]) -> tuple[T, ...]:
        """One list; empty where it is refused."""
        page = await self._fresh(reading)
        return page.items if page else ()

    async def _text(self, name: str, listed: object, read: Callable[[str], Awaitable[Dated]]) -> None:
        """One text, unless it was read lately and stands in its list as it did; None: in no list."""
        before, when = self._read.get(name, (None, 0.0))
        if listed is not None and before == listed and monotonic() - when < TEXTS_EVERY:
            return
        if await self._fresh(read(name)) is not None:
            self._read[name] = (listed, monotonic())

    async def _fresh(self, reading: Awaitable[D]) -> D | None:
        """What the backend answers; None where it refuses. Raises Away where it does not answer."""
        try:
            found = await reading
        except Unreachable:
            raise Away from None
        except BackendError as error:
            _log.info("not_read_ahead", reason=error.reason)
            return None
        if found.as_of is not None:
            raise Away
        await asyncio.sleep(self.pause)
        return found
