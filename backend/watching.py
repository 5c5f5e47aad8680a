"""Notices another publication in force, whoever made it, and switches to it while calls go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from backend.authoring.published import Edition, Published
from backend.authoring.reading import digest_of, read_content
from backend.settings import BackendSettings
from backend.storage import publishing
from backend.storage.database import Database
from backend.storage.publishing import Origin
from foundation.life import beside
from foundation.log import logger

SECONDS = 0.5
"""Between two looks into the database."""
_log = logger(__name__)


class NothingPublished(Exception):
    """No publication is in force."""


async def edition_in_force(database: Database, now: datetime) -> Edition:
    """The publication in force, ready to be served. Raises NothingPublished."""
    number = await database.read(publishing.in_force, now)
    if number is None:
        raise NothingPublished
    return await _taken_over(database, number)


async def publish_at_start(database: Database, settings: BackendSettings, now: datetime) -> None:
    """Publishes the folder of the settings where nothing is in force yet, or where the folder was named and
    holds something else than when a backend last published from one at its start. What clerks have published
    since stays in force otherwise. Raises ContentWrong, OSError.
    """
    if await database.read(publishing.in_force, now) is not None:
        if "content" not in settings.model_fields_set:
            return
        last = await database.read(publishing.last_from_start)
        if last == await asyncio.to_thread(digest_of, settings.content):
            return
    content = await asyncio.to_thread(read_content, settings.content)
    number = await publishing.publish(database, content, now, Origin(from_start=True))
    _log.info("content_published", publication=number, policies=len(content.policies))


@asynccontextmanager
async def watching(
    database: Database, published: Published, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Keeps `published` at the publication in force while the block runs. While the database does not answer,
    the edition stays."""

    async def watch() -> None:
        failing = False
        while True:
            await asyncio.sleep(SECONDS)
            try:
                number = await database.read(publishing.in_force, now())
                if number is not None and number != published.current.number:
                    published.switch(await _taken_over(database, number))
                    _log.info("content_switched", publication=number)
            except Exception as error:
                if not failing:
                    _log.error("content_not_looked_at", error=type(error).__name__)
                failing = True
            else:
                failing = False

    async with beside(watch()):
        yield


async def _taken_over(database: Database, number: int) -> Edition:
    content = await database.write(publishing.take_over, number)
    return await asyncio.to_thread(Edition, number, content)
