"""The figures of all workers as one page for Prometheus: each worker's own, with a label that says whose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as TookTooLong
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

PATIENCE = 5.0
"""Seconds for all workers to tell theirs; a monitor asks again soon."""

SUPERVISORS = CollectorRegistry()
"""What the process serves that minds the workers, in place of its own registry: it answers no calls."""
UP = Gauge("huimin_ivr_worker_up", "1 while a worker answers, else 0", ("worker",), registry=SUPERVISORS)
RESTARTS = Counter(
    "huimin_ivr_worker_restarts",
    "How often a worker was started again",
    ("worker",),
    registry=SUPERVISORS,
)


class Told(Protocol):
    """Who can tell all workers' figures."""

    async def figures(self) -> dict[int, str]:
        """Each worker's, by its number, in Prometheus's text format."""


class WorkersFigures(Collector):
    """Asks the workers at each look, from the thread of the monitor's request."""

    def __init__(self, told: Told, loop: asyncio.AbstractEventLoop) -> None:
        self._told = told
        self._loop = loop

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: it depends on the workers."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures of those that answered in time."""
        asked = asyncio.run_coroutine_threadsafe(self._told.figures(), self._loop)
        try:
            texts = asked.result(PATIENCE)
        except TookTooLong:
            asked.cancel()
            return
        yield from merged(texts)


def merged(texts: dict[int, str]) -> Iterable[Metric]:
    """Several pages as one, every sample with the label ``worker``. Pure."""
    families: dict[str, Metric] = {}
    for number, text in texts.items():
        for family in text_string_to_metric_families(text):
            whole = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                whole.samples.append(sample._replace(labels={**sample.labels, "worker": str(number)}))
    return families.values()
