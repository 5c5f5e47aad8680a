"""The devices as Prometheus's figures: of the terminal while it runs, and for a textfile collector.

Labels have few values, and none of them is personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hardware.diagnosing.report import Report, code_of
from hardware.interfaces.device import DeviceStatus
from hardware.store import Statistic, works

_COUNTERS = {
    "commands": ("commands", "command", "Commands that succeeded"),
    "failures": (
        "failures",
        "reason",
        "Commands that failed, by the code of the class or else the completion",
    ),
    "cancelled": ("cancelled_commands", "", "Commands that were cancelled"),
    "seconds_watched": ("watched_seconds", "", "Time for which the device was watched"),
    "seconds_online": ("online_seconds", "", "Time of that for which it was online"),
}
"""Statistics with a counter of their own; all others are counted by their names."""


class DeviceFigures(Collector):
    """Asks for reports and statistics at every scrape, in whatever thread that is.

    reports: what is known now, without waiting for a device; statistics: what is kept.
    """

    def __init__(
        self, reports: Callable[[], Sequence[Report]], statistics: Callable[[], Sequence[Statistic]]
    ) -> None:
        self._reports = reports
        self._statistics = statistics

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for when it is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        yield from _of_reports(self._reports())
        yield from _of_statistics(self._statistics())


def _of_reports(reports: Sequence[Report]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "huimin_device_up", "1 where the device works", labels=("device", "driver", "simulated")
    )
    status = GaugeMetricFamily(
        "huimin_device_status", "1 for the state that the device is in", labels=("device", "status")
    )
    part = GaugeMetricFamily(
        "huimin_device_part", "1 for what a part of the device says", labels=("device", "part", "value")
    )
    figure = GaugeMetricFamily(
        "huimin_device_figure",
        "What a device measures: degrees Celsius, percent, seconds",
        labels=("device", "part"),
    )
    finding = GaugeMetricFamily(
        "huimin_device_finding", "1 for whatever somebody has to do about", labels=("device", "code")
    )
    for one in reports:
        labels = (one.device, one.driver, str(one.simulated).lower())
        up.add_metric(labels, float(one.known and works(one.status, one.findings)))
        for state in DeviceStatus:
            status.add_metric((one.device, state.value), float(state is one.status))
        for name, value in one.parts.items():
            if isinstance(value, str):
                part.add_metric((one.device, name, value), 1.0)
            elif value is not None:
                figure.add_metric((one.device, name), float(value))
        for name in one.findings:
            finding.add_metric((one.device, code_of(name)), 1.0)
    return iter((up, status, part, figure, finding))


def _of_statistics(statistics: Sequence[Statistic]) -> Iterator[Metric]:
    families = {
        name: CounterMetricFamily(
            f"huimin_device_{family}", help_, labels=("device", label) if label else ("device",)
        )
        for name, (family, label, help_) in _COUNTERS.items()
    }
    rest = CounterMetricFamily(
        "huimin_device_done", "What was done: cards read, lines printed", labels=("device", "what")
    )
    for one in statistics:
        if one.name not in families:
            rest.add_metric((one.device, one.name), one.value)
        elif _COUNTERS[one.name][1]:
            families[one.name].add_metric((one.device, one.reason), one.value)
        else:
            families[one.name].add_metric((one.device,), one.value)
    return iter((*families.values(), rest))


def as_text(reports: Sequence[Report], statistics: Sequence[Statistic]) -> str:
    """In Prometheus's text format, for a file that a node exporter reads."""
    registry = CollectorRegistry()
    registry.register(DeviceFigures(lambda: reports, lambda: statistics))
    return generate_latest(registry).decode()


@contextmanager
def figures(
    reports: Callable[[], Sequence[Report]], statistics: Callable[[], Sequence[Statistic]]
) -> Iterator[None]:
    """Among the process's figures while the block runs."""
    collector = DeviceFigures(reports, statistics)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
