"""The sources of the settings, each with its provider, its time, and a bound on how many ask it at a time.

One that is slow keeps a few calls waiting and no more: who comes later waits for a place in the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from backend.authoring.lookup_entries import CONTENT
from backend.lookups.provider import Failure, Misconfigured, Provider, ProviderFailed, Question, Row
from backend.lookups.source_settings import SourceSettings
from backend.lookups.sql import ContentTables
from foundation.log import logger

GROUP = "huimin.lookup_providers"
"""Entry points of providers; the name of one is what a source calls its `provider`."""
_log = logger(__name__)


@dataclass(slots=True)
class Source:
    """One source, ready to be asked."""

    name: str
    provider: Provider
    seconds: float
    places: asyncio.Semaphore = field(repr=False)

    async def rows(self, question: Question) -> Sequence[Row]:
        """What it finds, within its time. Raises ProviderFailed, whatever goes wrong in it."""
        try:
            async with asyncio.timeout(self.seconds), self.places:
                return await self.provider.rows(question)
        except ProviderFailed as error:
            _log.warning("lookup_failed", source=self.name, reason=error.failure.value, detail=error.detail)
            raise
        except TimeoutError:
            _log.warning("lookup_failed", source=self.name, reason=Failure.SLOW.value)
            raise ProviderFailed(Failure.SLOW) from None
        except Exception as error:  # a plug-in may raise anything; what it says may hold what was asked
            _log.error("lookup_broke", source=self.name, error=type(error).__name__)
            raise ProviderFailed(Failure.DOWN, type(error).__name__) from None

    async def check(self) -> None:
        """Tries it. Raises Misconfigured, ProviderFailed."""
        try:
            async with asyncio.timeout(self.seconds):
                await self.provider.check_config()
        except (Misconfigured, ProviderFailed):
            raise
        except TimeoutError:
            raise ProviderFailed(Failure.SLOW) from None
        except Exception as error:  # a plug-in may raise anything
            raise ProviderFailed(Failure.DOWN, type(error).__name__) from None


class Sources:
    """All sources of a backend. ``content`` is always there."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources

    @classmethod
    def configured(cls, settings: Mapping[str, SourceSettings]) -> Sources:
        """Those of the settings. Raises Misconfigured."""
        found: dict[str, Source] = {}
        for name, one in {CONTENT: SourceSettings(provider=CONTENT), **settings}.items():
            if one.provider == CONTENT:
                provider: Provider = ContentTables.configured(name, one.model_extra or {})
            else:
                provider = _provider(name, one)
            found[name] = Source(name, provider, one.seconds, asyncio.Semaphore(one.at_once))
        return cls(found)

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    def source(self, name: str) -> Source:
        """The source of that name. Raises ProviderFailed, UNKNOWN."""
        try:
            return self._sources[name]
        except KeyError:
            _log.error("lookup_source_unknown", source=name)
            raise ProviderFailed(Failure.UNKNOWN, f"no source {name}") from None

    async def close(self) -> None:
        """Ends what they hold."""
        await asyncio.gather(*(source.provider.close() for source in self), return_exceptions=True)


@asynccontextmanager
async def asking(settings: Mapping[str, SourceSettings]) -> AsyncIterator[Sources]:
    """The sources of the settings, while the block runs. What is the matter with one is found out beside, and
    logged: the backend serves without it. Raises Misconfigured.
    """
    sources = Sources.configured(settings)
    trying = asyncio.create_task(_try(sources))
    try:
        yield sources
    finally:
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
        await sources.close()


async def _try(sources: Sources) -> None:
    for source in sources:
        try:
            await source.check()
        except (Misconfigured, ProviderFailed) as error:
            _log.warning("lookup_source_unfit", source=source.name, reason=str(error))


def _provider(name: str, settings: SourceSettings) -> Provider:
    found = entry_points(group=GROUP, name=settings.provider)
    if not found:
        there = ", ".join(sorted({CONTENT, *(one.name for one in entry_points(group=GROUP))}))
        raise Misconfigured(f"{name}: provider: there is no {settings.provider}; there are {there}")
    with _as_misconfigured(name):
        kind: type[Provider] = next(iter(found)).load()
        given: Mapping[str, Any] = settings.model_extra or {}
        return kind.configured(name, given)


@contextmanager
def _as_misconfigured(name: str) -> Iterator[None]:
    try:
        yield
    except Misconfigured:
        raise
    except Exception as error:  # a plug-in may raise anything
        raise Misconfigured(f"{name}: provider: {type(error).__name__}") from None
