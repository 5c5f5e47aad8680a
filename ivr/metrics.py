"""What a monitor sees of the phone line. No label is personal: a place is a part of the menu or a service.

Key to sound is counted from the moment the key is taken from the library to the moment in which the next
sound begins to be played; the network's way and the phone's are not in it.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.samples import Sample

from ivr.records.places import MAIN, place_after

LINES = Gauge("huimin_ivr_lines", "Calls that may go on at the same time")
IN_PROGRESS = Gauge("huimin_ivr_calls_in_progress", "Calls going on now")
OPEN = Gauge("huimin_ivr_open", "1 while new calls are taken, 0 while the line is drained or ends")
ARRIVED = Counter("huimin_ivr_calls_arrived", "Calls that arrived")
REFUSED = Counter("huimin_ivr_calls_refused", "Calls that were not answered, by reason", ("reason",))
ENDED = Counter("huimin_ivr_calls_ended", "Calls that were answered and have ended, by result", ("result",))
LOST = Counter("huimin_ivr_networks_lost", "Calls ended because the caller's network was silent too long")
CALLERS = Gauge("huimin_ivr_callers", "Callers on the line, by where they are", ("place",))
ANSWER = Histogram(
    "huimin_ivr_answer_seconds",
    "From the arrival of a call to the beginning of its dialogue",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
)
KEY_TO_SOUND = Histogram(
    "huimin_ivr_key_to_sound_seconds",
    "From a key to the beginning of the next sound",
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5),
)
FAILURES = Counter("huimin_ivr_failures", "What callers were told went wrong, by its code", ("code",))

FAILED = "error."
"""How the names of prompts begin that tell a caller what went wrong."""
MOST_PLACES = 300
"""Places that are told apart; a catalogue has fewer."""

_places: set[str] = set()


class Whereabouts:
    """Where one caller is, as the monitor sees it. Close it with the call."""

    def __init__(self) -> None:
        self._place = MAIN
        CALLERS.labels(MAIN).inc()

    def entry(self, kind: str, name: str) -> None:
        """One more entry of the call's timeline."""
        if kind == "prompt" and name.startswith(FAILED):
            FAILURES.labels(name.removeprefix(FAILED)).inc()
        place = place_after(self._place, kind, name)
        if place != self._place:
            if place not in _places and len(_places) >= MOST_PLACES:
                return
            _places.add(place)
            CALLERS.labels(self._place).dec()
            CALLERS.labels(place).inc()
            self._place = place

    def close(self) -> None:
        """The call is over."""
        CALLERS.labels(self._place).dec()


def snapshot() -> dict[str, Any]:
    """The same figures for `huimin-ivr top`, since the process began."""
    return {
        "calls": int(_value(IN_PROGRESS)),
        "lines": int(_value(LINES)),
        "arrived": int(_value(ARRIVED)),
        "refused": _by_label(REFUSED),
        "ended": _by_label(ENDED),
        "failures": _by_label(FAILURES),
        "places": _by_label(CALLERS),
        "key_to_sound": _buckets(KEY_TO_SOUND),
    }


def _value(metric: Counter | Gauge) -> float:
    return next(sample.value for sample in _samples(metric) if not sample.name.endswith("_created"))


def _by_label(metric: Counter | Gauge) -> dict[str, int]:
    return {
        next(iter(sample.labels.values())): int(sample.value)
        for sample in _samples(metric)
        if sample.value and not sample.name.endswith("_created")
    }


def _buckets(metric: Histogram) -> dict[str, int]:
    """How many were at most so many seconds, by the bound."""
    return {
        sample.labels["le"]: int(sample.value)
        for sample in _samples(metric)
        if sample.name.endswith("_bucket")
    }


def _samples(metric: Counter | Gauge | Histogram) -> list[Sample]:
    return next(iter(metric.collect())).samples
