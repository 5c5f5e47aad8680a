"""What a monitor sees of a door: its calls, and what waits in its queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from backend_client.queue.outbox import Outbox

CALLS = Counter("huimin_door_calls", "Calls to the backend, by method and outcome", ("method", "outcome"))
ALERTS = Gauge("huimin_door_alerts", "Alerts in force, as this door knows")
ALERTS_WATCHED = Gauge("huimin_door_alerts_watched", "1 while a backend tells this door of alerts, else 0")
CACHED = Counter("huimin_door_cached", "Reads answered from what was last known, by method", ("method",))
WAITING = Gauge("huimin_door_waiting", "Accepted submissions that the backend does not have yet")
OLDEST = Gauge("huimin_door_oldest_waiting_seconds", "How long the first of them has waited; 0 without any")
REFERENCES = Gauge("huimin_door_references", "References that may be given out without a connection")
SET_ASIDE = Gauge("huimin_door_set_aside", "Submissions that cannot be delivered and need somebody to look")


@contextmanager
def watching(outbox: Outbox) -> Iterator[None]:
    """Shows this queue while the block runs; one of a process."""

    def oldest() -> float:
        since = outbox.oldest
        return max((datetime.now(UTC) - since).total_seconds(), 0.0) if since else 0.0

    WAITING.set_function(lambda: outbox.waiting)
    OLDEST.set_function(oldest)
    REFERENCES.set_function(lambda: outbox.references)
    SET_ASIDE.set_function(lambda: outbox.set_aside)
    try:
        yield
    finally:
        for gauge in (WAITING, OLDEST, REFERENCES, SET_ASIDE):
            gauge.set_function(lambda: 0.0)
