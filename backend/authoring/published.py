"""What is in force now: one object from which every service takes the content, call by call."""

from __future__ import annotations

import asyncio

from backend.authoring.lookup_entries import lookup
from backend.authoring.reading import Content
from backend.search.synonyms import Synonyms


class Edition:
    """One publication, ready to be served.

    number: the publication's; content: without its policies, which are read from the database by `number`.
    """

    def __init__(self, number: int, content: Content) -> None:
        self.number = number
        self.content = content
        self.services = {service.name: service for service in content.services}
        self.notices = {notice.message.name: notice for notice in content.notices}
        self.lookups = {name: lookup(entry) for name, entry in content.lookups.items()}
        self.synonyms = Synonyms.of(content.synonyms)


class Published:
    """The owner of the edition in force. `watching` switches it; services ask for `current` in each call and
    keep that edition to its end."""

    def __init__(self, first: Edition) -> None:
        self._current = first
        self._switched = asyncio.Event()

    @property
    def current(self) -> Edition:
        """The edition in force."""
        return self._current

    def switch(self, edition: Edition) -> None:
        """Puts another edition in force."""
        self._current = edition
        switched, self._switched = self._switched, asyncio.Event()
        switched.set()

    async def after(self, number: int) -> Edition:
        """The edition in force as soon as it is another publication than `number`."""
        while self._current.number == number:
            await self._switched.wait()
        return self._current
