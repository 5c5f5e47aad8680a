"""What the backend does every hour: removes what is over, erases what has been kept long enough, notes where
the audit trail ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from backend.storage import attachments, audit, retention, sessions
from backend.storage.audit import Actor
from backend.storage.database import Database
from foundation.log import logger

SECONDS = 3600.0
ACTOR = Actor("upkeep", "rule", "")
_log = logger(__name__)


@asynccontextmanager
async def upkeep(database: Database, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Keeps up while the block runs, at once and then every hour."""

    async def keep_up() -> None:
        while True:
            await once(database, now)
            await asyncio.sleep(SECONDS)

    task = asyncio.create_task(keep_up())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def once(database: Database, now: Callable[[], datetime]) -> None:
    """One round. A step that fails keeps none of the others from being done; the next round may do better."""
    steps: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: database.write(sessions.sweep, now()),
        lambda: database.write(attachments.sweep, now()),
        lambda: _erase_due(database, now),
        database.tidy,
        lambda: _note_head(database),
    )
    for step in steps:
        try:
            await step()
        except Exception as error:
            _log.error("upkeep_failed", error=type(error).__name__)


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
