"""What the backend does about payments by itself: asks after those that nobody tells of, closes those that
are over, gives money back. Several backends share the work by claims in the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from huimin.v1 import payment_pb2

from backend.payments import metrics
from backend.payments.paying import Paying
from backend.storage import attempts, orders
from backend.storage.audit import Actor
from foundation.life import beside
from foundation.log import logger

SECONDS = 1.0
"""Between two looks whether anything is due."""
COUNT_SECONDS = 30.0
"""Between two counts for the monitor."""
BATCH = 10
"""Claimed and looked at together: within `attempts.LEASE` each is done, at 15 s for the longest."""
ACTOR = Actor("payments", "rule", "")
_log = logger(__name__)


@asynccontextmanager
async def watching_payments(paying: Paying) -> AsyncIterator[None]:
    """Does so while the block runs."""
    if paying.gateway is None:
        yield
        return
    try:
        async with beside(_every(SECONDS, paying, once), _every(COUNT_SECONDS, paying, count)):
            yield
    finally:
        await paying.gateway.aclose()


async def once(paying: Paying) -> int:
    """One round: looks at what is due; how many."""
    gateway, database = paying.settings.gateway, paying.database
    if not await database.read(attempts.any_due, gateway, paying.now()):
        return 0
    claimed = await database.write(attempts.claim, gateway, paying.now(), BATCH)
    await asyncio.gather(*(paying.look(attempt, ACTOR) for attempt in claimed))
    return len(claimed)


async def count(paying: Paying) -> None:
    """Tells the monitor how many orders of each state there are."""
    found = await paying.database.read(orders.counts)
    for name, number in payment_pb2.OrderState.items():
        if number:
            metrics.ORDERS.labels(name.removeprefix("ORDER_STATE_").lower()).set(found.get(number, 0))
    metrics.ALARMS.set(await paying.database.read(attempts.alarms))


async def _every(seconds: float, paying: Paying, step: Callable[[Paying], Awaitable[object]]) -> None:
    while True:
        try:
            await step(paying)
        except Exception as error:
            _log.error("payments_failed", error=type(error).__name__)
        await asyncio.sleep(seconds)
