"""What the backend does beside answering.

Every hour it removes what is over, erases what has been kept long enough, and notes where the audit trail
ends. Every few seconds it looks whether it is still given the keys that seal the database: after ``keys new``
and ``keys rotate`` it meets a value there that makes it read its keys anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from backend.appointments.changing import settle
from backend.storage import (
    attachments,
    audit,
    codes,
    document_links,
    messages,
    publishing,
    ratings,
    retention,
    sessions,
    terminals,
    tickets,
    tries,
)
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.vault import check_keys
from foundation.life import beside
from foundation.log import logger

SECONDS = 3600.0
KEYS_SECONDS = 5.0
ACTOR = Actor("upkeep", "rule", "")
_log = logger(__name__)

Steps = Sequence[Callable[[], Awaitable[object]]]


@asynccontextmanager
async def upkeep(database: Database, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Keeps up while the block runs."""
    async with beside(
        _every(SECONDS, hourly(database, now)),
        _every(KEYS_SECONDS, [lambda: database.read(check_keys)]),
    ):
        yield


def hourly(database: Database, now: Callable[[], datetime]) -> Steps:
    """The steps of every hour."""
    return (
        lambda: database.write(sessions.sweep, now()),
        lambda: database.write(tries.sweep, now()),
        lambda: database.write(codes.sweep, now()),
        lambda: database.write(attachments.sweep, now()),
        lambda: database.write(messages.sweep, now()),
        lambda: database.write(document_links.sweep, now()),
        lambda: database.write(publishing.sweep, now()),
        lambda: _settle(database, now),
        lambda: database.write(tickets.sweep, now()),
        lambda: database.write(terminals.sweep, now()),
        lambda: _erase_due(database, now),
        lambda: database.write(ratings.erase_due, now()),
        database.tidy,
        lambda: _note_head(database),
    )


async def once(steps: Steps) -> None:
    """One round. A step that fails keeps none of the others from being done; the next round may do better."""
    for step in steps:
        try:
            await step()
        except Exception as error:
            _log.error("upkeep_failed", error=type(error).__name__)


async def _every(seconds: float, steps: Steps) -> None:
    while True:
        await once(steps)
        await asyncio.sleep(seconds)


async def _settle(database: Database, now: Callable[[], datetime]) -> None:
    """Ends the appointments whose time is long past."""
    while await database.write(settle, now()):
        pass


async def _erase_due(database: Database, now: Callable[[], datetime]) -> None:
    erased = 0
    while some := await database.write(retention.erase_due, ACTOR, now()):
        erased += some
    if erased:
        _log.info("cases_erased", count=erased)


async def _note_head(database: Database) -> None:
    """Writes into the log where the audit trail ends: there it outlives a change of the database."""
    head = await database.read(audit.head)
    _log.info("audit_head", number=head.number, hash=head.hash.hex())
