"""The terminals as Prometheus's figures: looked up in the database now and then, the same at every backend.

A terminal that was forgotten is gone from them with the next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from backend.fleet.changes import state_word
from backend.fleet.standing import Hearing, Terminal, works
from backend.storage import terminals
from backend.storage.database import Database
from foundation.life import beside
from foundation.log import logger

SECONDS = 10.0
"""Between two looks into the database."""
_log = logger(__name__)


class FleetFigures(Collector):
    """The figures of the terminals that were found last."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.terminals: Sequence[Terminal] = ()

    def describe(self) -> Iterator[Metric]:
        """Nothing is known when it is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        now, known = self._now(), self.terminals
        count = GaugeMetricFamily(
            "huimin_backend_terminals", "Terminals, by when they were heard of", labels=("hearing",)
        )
        for hearing in Hearing:
            count.add_metric((hearing.value,), sum(one.hearing(now) is hearing for one in known))
        yield count
        yield _each(
            "heard_timestamp_seconds",
            "When a terminal was heard of last",
            {one.name: one.last_time.timestamp() for one in known},
        )
        yield _each(
            "out_of_service",
            "1 while residents are told that it is, else 0",
            {one.name: float(state_word(one.report.state) == "out_of_service") for one in known},
        )
        yield _each(
            "oldest_waiting_timestamp_seconds",
            "Since when its oldest application waits; missing where none does",
            {one.name: since.timestamp() for one in known if (since := one.oldest_waiting)},
        )
        yield _each(
            "set_aside",
            "Applications that it cannot deliver",
            {one.name: float(one.report.queue.set_aside) for one in known},
        )
        yield _each(
            "clock_offset_seconds",
            "By how much its clock is ahead",
            {one.name: one.clock_offset.total_seconds() for one in known},
        )
        yield from _of_devices(known)


def _each(name: str, help_: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"huimin_backend_terminal_{name}", help_, labels=("terminal",))
    for terminal, value in values.items():
        family.add_metric((terminal,), value)
    return family


def _of_devices(known: Sequence[Terminal]) -> Iterator[Metric]:
    labels = ("terminal", "device")
    up = GaugeMetricFamily(
        "huimin_backend_terminal_device_up", "1 where the device of a terminal works, else 0", labels=labels
    )
    findings = GaugeMetricFamily(
        "huimin_backend_terminal_device_findings",
        "How much somebody has to do about the device of a terminal",
        labels=labels,
    )
    for one in known:
        for device in one.report.devices:
            up.add_metric((one.name, device.device), float(works(device)))
            findings.add_metric((one.name, device.device), len(device.findings))
    yield up
    yield findings


@asynccontextmanager
async def showing_fleet(database: Database, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Among the process's figures while the block runs. While the database does not answer they stay."""
    figures = FleetFigures(now)

    async def look() -> None:
        while True:
            try:
                figures.terminals = await database.read(terminals.everyone)
            except (SQLAlchemyError, TimeoutError) as error:
                _log.warning("terminals_not_looked_up", error=type(error).__name__)
            await asyncio.sleep(SECONDS)

    REGISTRY.register(figures)
    try:
        async with beside(look()):
            yield
    finally:
        REGISTRY.unregister(figures)
