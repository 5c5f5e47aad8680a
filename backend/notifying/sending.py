"""Sends what is waiting: claims some messages, gives them to their gateways, notes what came of it.

A message is claimed for LEASE and sent within SEND_SECONDS, which is less: no two backends send it at the
same time. Who dies between sending and noting it leaves the message to the next, which sends it again by the
same name. So each is sent at least once; once only where its gateway knows it again by its name.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from prometheus_client import Counter, Gauge

from backend.authoring.finding import LOCALE
from backend.notifying.gateway import Gateways
from backend.notifying.outgoing import NotSent, Outgoing
from backend.notifying.quiet import QuietHours
from backend.storage import messages
from backend.storage.database import Database
from backend.storage.messages import Channel, Claimed, State
from foundation.language import Language, translator
from foundation.log import logger

LEASE = timedelta(minutes=3)
SEND_SECONDS = 75.0
"""So long a gateway may take at most."""
PAUSE = 1.0
"""Seconds between two looks at what is due."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
MAX_ATTEMPTS = 30
"""About a day, waiting an hour between most of them."""
COUNT_SECONDS = 15.0
SENT = Counter("huimin_backend_messages", "Tries to send a message", ("channel", "outcome"))
KEPT = Gauge("huimin_backend_messages_kept", "Messages in the database, by state", ("state",))
_log = logger(__name__)


@asynccontextmanager
async def sending(
    database: Database,
    gateways: Gateways,
    quiet: QuietHours,
    now: Callable[[], datetime],
    stop_seconds: float,
) -> AsyncIterator[None]:
    """Sends while the block runs; afterwards what is being sent is finished, for so long at most."""
    stop = asyncio.Event()
    for channel, gateway in gateways.items():
        if gateway.simulated:
            _log.warning("messages_simulated", channel=channel)
    tasks = [
        asyncio.create_task(_every(PAUSE, stop, lambda: send_due(database, gateways, quiet, now))),
        asyncio.create_task(_every(COUNT_SECONDS, stop, lambda: _count(database))),
    ]
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=max(stop_seconds, PAUSE))
        for task in late:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for gateway in gateways.values():
            await gateway.close()


async def send_due(
    database: Database, gateways: Gateways, quiet: QuietHours, now: Callable[[], datetime]
) -> int:
    """Sends some of what is due now; how many were claimed."""
    moment = now()
    urgent_only = quiet.holds(moment)
    if not await database.read(messages.any_due, moment, urgent_only=urgent_only):
        return 0
    claimed = await database.write(messages.claim, moment, LEASE, urgent_only=urgent_only)
    noted = await asyncio.gather(
        *(_send(database, gateways, message, now) for message in claimed), return_exceptions=True
    )
    for error in noted:
        if isinstance(error, Exception):  # it is due again when the lease is over
            _log.error("message_not_noted", error=type(error).__name__)
    return len(claimed)


async def _send(
    database: Database, gateways: Gateways, message: Claimed, now: Callable[[], datetime]
) -> None:
    """Sends one and notes what came of it."""
    log = _log.bind(
        message=message.name, kind=message.kind, channel=message.channel, request_id=message.request_id
    )
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await gateways[message.channel].send(outgoing(message))
    except Exception as error:
        problem, final, after = _why(error)
        if final or message.attempts >= MAX_ATTEMPTS:
            SENT.labels(message.channel, "dead").inc()
            log.error("message_dead", problem=problem, attempts=message.attempts)
            await database.write(messages.died, message, problem, now())
        else:
            SENT.labels(message.channel, "failed").inc()
            log.warning("message_failed", problem=problem, attempts=message.attempts)
            again = now() + max(wait(message.attempts), timedelta(seconds=after))
            await database.write(messages.failed, message, problem, again)
        return
    SENT.labels(message.channel, "sent").inc()
    log.info("message_sent", attempts=message.attempts)
    await database.write(messages.sent, message, now())


def outgoing(message: Claimed) -> Outgoing:
    """What the gateway is given: an SMS with its signature, an e-mail with salutation and subject."""
    translate = translator("backend", LOCALE, Language(message.language))
    return Outgoing(
        name=message.name,
        channel=message.channel,
        recipient=message.recipient,
        subject=translate(f"subject.{message.kind}") if message.channel is Channel.EMAIL else "",
        text=translate(f"message.{message.channel}", text=message.text),
        language=message.language,
    )


def wait(attempts: int) -> timedelta:
    """How long until the next try: twice as long each time, and a little by chance, so that what failed
    together does not come back together."""
    longest: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT)
    return longest * random.uniform(0.8, 1.2)  # noqa: S311 (not a secret)


def _why(error: Exception) -> tuple[str, bool, float]:
    """Problem, whether it is final, and how long the gateway asks to wait."""
    if isinstance(error, NotSent):
        return error.problem, error.final, error.after
    return "TIMEOUT" if isinstance(error, TimeoutError) else f"GATEWAY_{type(error).__name__}", False, 0


async def _count(database: Database) -> None:
    counted = await database.read(messages.counts)
    for state in State:
        KEPT.labels(state).set(counted.get(state, 0))


async def _every(seconds: float, stop: asyncio.Event, work: Callable[[], Awaitable[int | None]]) -> None:
    while not stop.is_set():
        try:
            busy = await work()
        except Exception as error:  # the database is away: the next round may do better
            _log.error("sending_failed", error=type(error).__name__)
            busy = 0
        if not busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)
