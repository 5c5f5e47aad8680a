"""Failed commands by day and code, for a chart. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hardware.store import Event

DAYS = 30
"""Of the charts."""
MOST_SERIES = 8
"""Codes of faults that are told apart; the rest is one."""


@dataclass(frozen=True, slots=True)
class Series:
    """One code of a device, and how often it failed with it on each day; both empty for all the others."""

    device: str
    code: str
    counts: tuple[int, ...]


def faults_by_day(events: Sequence[Event], now: datetime) -> tuple[list[date], list[Series]]:
    """The days up to now, and the series, the most frequent first and the rest last; none without faults."""
    today = now.astimezone().date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counted: dict[tuple[str, str], Counter[date]] = defaultdict(Counter)
    for event in events:
        day = event.at.astimezone().date()
        if event.name != "status" and event.completion and day >= days[0]:
            counted[event.device, event.code or event.completion][day] += 1
    by_size = sorted(counted, key=lambda name: -counted[name].total())
    series = [
        Series(device, code, tuple(counted[device, code][day] for day in days))
        for device, code in by_size[:MOST_SERIES]
    ]
    if rest := by_size[MOST_SERIES:]:
        series.append(Series("", "", tuple(sum(counted[name][day] for name in rest) for day in days)))
    return days, series
