"""The alerts in force, as a door knows them: one stream kept alive, from one backend or the next.

What was in force stays so while no backend can be reached, until it expires by the door's own clock, also
over a restart of the door. While the stream lives the backend's clock counts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from backend_client.alert import MOST, Acknowledgement, Alert, AlertNews, Change
from backend_client.client import BackendClient
from backend_client.errors import BackendError, BackendFailure, Unreachable
from backend_client.metrics import ALERTS, ALERTS_WATCHED
from foundation.log import logger

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0
"""Seconds before a stream that broke is asked for again; they double, half is left to chance."""
NOT_OFFERED_PAUSE = 300.0
"""Where a county's backend has no alerts."""
MOST_WAITING = 500
"""Acknowledgements that wait for the backend; older ones are dropped."""
_SETTLED = 5.0
"""Seconds after which a stream is taken to be well."""

_log = logger(__name__)

Listener = Callable[[], None]


class Alerts:
    """The owner of what is in force at this door. It lives as long as the door."""

    def __init__(
        self, client: BackendClient, origin: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """origin: the terminal's or line's name; now: the time, aware."""
        self._client = client
        self._origin = origin
        self._now = now
        self._alerts: dict[str, Alert] = {}
        self._received: set[str] = set()
        self._listeners: list[Listener] = []
        self._connected = False
        self._waiting: deque[tuple[str, Acknowledgement, datetime]] = deque(maxlen=MOST_WAITING)
        self._to_send = asyncio.Event()

    @property
    def in_force(self) -> tuple[Alert, ...]:
        """The worst first, of those the latest."""
        return tuple(
            sorted(self._alerts.values(), key=lambda a: (-a.severity, -a.sent_time.timestamp(), a.name))
        )

    @property
    def connected(self) -> bool:
        """Whether a backend tells of changes at once."""
        return self._connected

    def listen(self, changed: Listener) -> Callable[[], None]:
        """Calls `changed` after each change of `in_force`, until what is given back is called."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def acknowledge(self, alert: Alert, what: Acknowledgement) -> None:
        """Tells the backend what became of an alert, now or once it can be reached."""
        self._waiting.append((alert.name, what, self._now()))
        self._to_send.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watches, forgets what expires, and acknowledges while the block runs."""
        self._take(AlertNews(Change.SNAPSHOT, self._client.known_alerts()))
        self._forget_expired()
        tasks = [asyncio.create_task(one()) for one in (self._watch, self._forget, self._send)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            ALERTS_WATCHED.set(0)

    async def _watch(self) -> None:
        tries = 0
        while True:
            began = time.monotonic()
            pause = 0.0
            try:
                async for news in self._client.watch_alerts():
                    self._set_connected(True)
                    self._take(news)
            except BackendFailure as error:
                pause = NOT_OFFERED_PAUSE if error.reason == "UNIMPLEMENTED" else 0.0
                _log.warning("alerts_not_watched", reason=error.reason)
            except BackendError as error:
                _log.info("alerts_not_watched", reason=error.reason)
            except Exception as error:  # nothing that a backend says ends the watch
                _log.error("alerts_not_watched", reason=type(error).__name__)
            self._set_connected(False)
            tries = 0 if time.monotonic() - began > _SETTLED else tries + 1
            longest = min(FIRST_PAUSE * 2.0 ** min(tries, 10), LONGEST_PAUSE)
            await asyncio.sleep(pause or random.uniform(longest / 2, longest))  # noqa: S311

    def _set_connected(self, connected: bool) -> None:
        self._connected = connected
        ALERTS_WATCHED.set(int(connected))

    def _take(self, news: AlertNews) -> None:
        """Makes a change."""
        before = set(self._alerts)
        if news.change is Change.SNAPSHOT:
            self._alerts.clear()
        for name in news.ended:
            self._alerts.pop(name, None)
        for alert in news.alerts:
            if len(self._alerts) < MOST or alert.name in self._alerts:
                self._alerts[alert.name] = alert
            if alert.name not in self._received:
                self._received.add(alert.name)
                self.acknowledge(alert, Acknowledgement.RECEIVED)
        if news.change is not Change.ALIVE:
            self._received &= set(self._alerts)
            self._changed(before)

    def _changed(self, before: set[str]) -> None:
        if before == set(self._alerts):
            return
        ALERTS.set(len(self._alerts))
        _log.info("alerts_in_force", names=sorted(self._alerts))
        self._client.remember_alerts(self.in_force)
        for listener in tuple(self._listeners):
            listener()

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(1)
            if not self._connected:
                self._forget_expired()

    def _forget_expired(self) -> None:
        before = set(self._alerts)
        now = self._now()
        self._alerts = {name: alert for name, alert in self._alerts.items() if alert.expire_time > now}
        self._changed(before)

    async def _send(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while self._waiting:
                name, what, moment = self._waiting[0]
                try:
                    await self._client.acknowledge_alert(name, what, self._origin, moment)
                except Unreachable:
                    await asyncio.sleep(random.uniform(1, 3))  # noqa: S311 (spreads doors out)
                    continue
                except BackendError as error:
                    _log.info("alert_not_acknowledged", name=name, reason=error.reason)
                if self._waiting and self._waiting[0][:2] == (name, what):
                    self._waiting.popleft()
