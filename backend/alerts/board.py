"""Which alerts are in force now, and what changes: looked up in the database, told to every stream.

Whoever took a message in, this backend, another or a command, the database has it; every backend looks there
so often that a door learns of it at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from huimin.v1 import alert_pb2

from backend.alerts import metrics
from backend.storage import alerts
from backend.storage.database import Database
from foundation.life import beside
from foundation.log import logger

SECONDS = 0.4
"""Between two looks into the database."""

Alerts = Mapping[str, alert_pb2.Alert]
"""By name, the worst first."""
_log = logger(__name__)


class Watching:
    """One stream. `told` is what it was told is in force; `over` that it has to end."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.over = False

    def end(self) -> None:
        """It has to end."""
        self.over = True
        self.news.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for news, so long at the most. Whether there are any."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return False
        self.news.clear()
        return True


class Board:
    """The owner of what is in force, as this backend knows it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._known: dict[str, alert_pb2.Alert] = {}
        self._watching: defaultdict[str, list[Watching]] = defaultdict(list)
        self._closed = False
        self.in_force: Alerts = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks while the block runs, and ends all streams after it. While the database does not answer,
        what was in force stays so until it expires."""
        await self._look()
        try:
            async with beside(self._keep_looking()):
                yield
        finally:
            self._closed = True
            for streams in self._watching.values():
                for one in streams:
                    one.end()

    @contextmanager
    def watched(self, door: str, most: int) -> Iterator[Watching]:
        """A stream of a door, while the block runs.

        most: how many it may have. Another ends the oldest, which may be of a line that was cut unnoticed.
        """
        one = Watching()
        streams = self._watching[door]
        streams.append(one)
        for oldest in streams[:-most]:
            oldest.end()
        if self._closed:
            one.end()
        metrics.STREAMS.inc()
        try:
            yield one
        finally:
            metrics.STREAMS.dec()
            streams.remove(one)
            if not streams:
                self._watching.pop(door, None)

    async def _keep_looking(self) -> None:
        failing = False
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self._look()
            except Exception as error:
                if not failing:
                    _log.error("alerts_not_looked_at", error=type(error).__name__)
                failing = True
                self._show(dict(self.in_force))
            else:
                failing = False

    async def _look(self) -> None:
        coming = await self._database.read(alerts.coming, self._now())
        missing = [name for name in coming if name not in self._known]
        if missing:
            self._known |= await self._database.read(alerts.told, missing)
        self._known = {name: self._known[name] for name in coming if name in self._known}
        self._show(self._known)

    def _show(self, known: Alerts) -> None:
        now = self._now()
        there = in_order(
            [
                alert
                for alert in known.values()
                if alert.effective_time.ToDatetime(UTC) <= now < alert.expire_time.ToDatetime(UTC)
            ]
        )
        if list(there) == list(self.in_force):
            return
        self.in_force = there
        metrics.IN_FORCE.set(len(there))
        _log.info("alerts_in_force", names=list(there))
        for streams in self._watching.values():
            for one in streams:
                one.news.set()


def in_order(found: Sequence[alert_pb2.Alert]) -> dict[str, alert_pb2.Alert]:
    """By name, the worst first, of those the most urgent, and of those the latest."""
    ordered = sorted(found, key=lambda a: (-a.severity, -a.urgency, -a.sent_time.seconds, a.name))
    return {alert.name: alert for alert in ordered}


def changes(told: Alerts, there: Alerts, now: datetime) -> list[alert_pb2.WatchAlertsResponse]:
    """What somebody who was told of the ones has to be told so that he knows of the others."""
    gone = {name for name in told if name not in there}
    messages = []
    for name, alert in there.items():
        if name in told:
            continue
        ended = [other for other in alert.replaces if other in gone]
        gone.difference_update(ended)
        change = alert_pb2.ALERT_CHANGE_UPDATED if ended else alert_pb2.ALERT_CHANGE_ISSUED
        messages.append(alert_pb2.WatchAlertsResponse(change=change, alerts=[alert], ended=ended))
    expired = {name for name in gone if told[name].expire_time.ToDatetime(UTC) <= now}
    for change, names in (
        (alert_pb2.ALERT_CHANGE_WITHDRAWN, gone - expired),
        (alert_pb2.ALERT_CHANGE_EXPIRED, expired),
    ):
        if names:
            messages.append(alert_pb2.WatchAlertsResponse(change=change, ended=sorted(names)))
    return messages
