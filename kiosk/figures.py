"""What a monitor sees of the terminal itself: whether it serves, and how its devices are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import Gauge

from hardware.diagnosing.figures import figures
from hardware.diagnosing.report import Report, report
from hardware.registry import Devices
from hardware.store import Statistic, statistics
from kiosk.visit.visit import Visit

OUT_OF_SERVICE = Gauge("huimin_terminal_out_of_service", "1 while residents are told that it is, else 0")
CLOCK_OFFSET = Gauge(
    "huimin_terminal_clock_offset_seconds", "By how much its clock is ahead of the backend's"
)


def reports(devices: Devices) -> list[Report]:
    """How each device was when it was asked last."""
    return [report(device, device.last_status, None) for device in devices.all.values()]


@contextmanager
def observed_terminal(visit: Visit, known: Callable[[], Sequence[Report]], kept: Path) -> Iterator[None]:
    """Shows the terminal and its devices while the block runs; one of a process.

    known: how the devices are; kept: folder of what became of them.
    """

    def counted() -> Sequence[Statistic]:
        try:
            return statistics(kept)
        except sqlite3.Error:
            return ()  # the store says so in the log

    OUT_OF_SERVICE.set_function(lambda: float(visit.out_of_service))
    with figures(known, counted):
        try:
            yield
        finally:
            OUT_OF_SERVICE.set_function(lambda: 0.0)
