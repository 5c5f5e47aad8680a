"""What a day of calls came to, told from the call records, in bounded memory whatever the day brought.

Nothing in it is about one caller.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

from foundation.language import Language
from ivr.records.places import MAIN, found_by, place_after
from ivr.records.record import Result

LONGEST_LINE = 4 << 20
"""Bytes of a record; one with the most entries that a timeline holds is a tenth of it."""
MOST_PLACES = 300
"""Places that are told apart; what is beyond them is counted as `OTHER`."""
OTHER = "other"
SOON = 15.0
"""Seconds within which a government's hotline answers: GB/T 33358-2016."""
_WAITING = ("backend.please_wait", "backend.still_waiting")
"""Prompts that ask a caller to wait for the backend."""
NOT_A_RECORD = (KeyError, TypeError, ValueError, OverflowError, RecursionError)
"""What reading a line raises that is no call record."""


@dataclass(slots=True)
class Waits:
    """Waits of one kind, in seconds."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    late: int = 0
    """Longer than `SOON`."""

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)
        self.late += seconds > SOON

    def told(self) -> dict[str, float | int]:
        """As JSON."""
        mean = self.total / self.count if self.count else 0.0
        return {
            "count": self.count,
            "mean_seconds": round(mean, 2),
            "longest_seconds": round(self.longest, 2),
            "longer_than_15_s": self.late,
        }


@dataclass(slots=True)
class Totals:
    """Of one day, or of all."""

    calls: int = 0
    found: int = 0
    damaged: int = 0
    """Lines that are no record."""
    seconds: float = 0.0
    """Of all calls together, from the answer to the end."""
    results: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    """Calls that ended without what they were for, by where the caller was."""
    errors: Counter[str] = field(default_factory=Counter)
    """What callers were told went wrong, by its code."""
    answer: Waits = field(default_factory=Waits)
    backend: Waits = field(default_factory=Waits)
    person: Waits = field(default_factory=Waits)

    def add(self, record: dict[str, Any]) -> None:
        """One call record. Raises one of NOT_A_RECORD where it is none; then nothing is counted."""
        begun, answered, ended = (datetime.fromisoformat(record[name]) for name in ("start", "answer", "end"))
        result, language = Result(record["result"]).value, Language(record["language"]).value
        journey = _Journey()
        for entry in record["timeline"]:
            journey.entry(float(entry["t"]), entry)
        self.calls += 1
        self.seconds += max((ended - answered).total_seconds(), 0.0)
        self.results[result] += 1
        self.languages[language] += 1
        self.answer.add(max((answered - begun).total_seconds(), 0.0))
        for waits, found in ((self.backend, journey.backend), (self.person, journey.person)):
            for seconds in found:
                waits.add(seconds)
        for code in journey.errors:
            self.errors[self._kept(self.errors, code)] += 1
        if journey.found:
            self.found += 1
        else:
            self.gave_up[self._kept(self.gave_up, journey.place)] += 1

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "calls": self.calls,
            "found": self.found,
            "not_found": self.calls - self.found,
            "gave_up": dict(self.gave_up.most_common()),
            "results": dict(self.results.most_common()),
            "languages": dict(self.languages.most_common()),
            "errors": dict(self.errors.most_common()),
            "mean_call_seconds": round(self.seconds / self.calls, 1) if self.calls else 0.0,
            "waits": {
                "answer": self.answer.told(),
                "backend": self.backend.told(),
                "person": self.person.told(),
            },
            "damaged_lines": self.damaged,
        }

    @staticmethod
    def _kept(counted: Counter[str], name: str) -> str:
        return name if name in counted or len(counted) < MOST_PLACES else OTHER


class _Journey:
    """One call's way through its timeline."""

    def __init__(self) -> None:
        self.place = MAIN
        self.found = False
        self.errors: list[str] = []
        self.backend: list[float] = []
        self.person: list[float] = []
        self._waiting_since: float | None = None
        self._ringing_since: float | None = None

    def entry(self, at: float, entry: dict[str, Any]) -> None:
        kind = next((kind for kind in ("prompt", "event", "key") if kind in entry), "")
        name = str(entry.get(kind, ""))
        self.place = place_after(self.place, kind, name)
        self.found = self.found or found_by(kind, name)
        waiting = kind == "prompt" and name in _WAITING
        if waiting and self._waiting_since is None:
            self._waiting_since = at
        elif self._waiting_since is not None and not waiting and kind != "key":
            self.backend.append(at - self._waiting_since)
            self._waiting_since = None
        if kind == "prompt" and name.startswith("error."):
            self.errors.append(name.removeprefix("error."))
        if kind == "event" and name == "transfer":
            self._ringing_since = at
        elif self._ringing_since is not None and name in ("transferred", "transfer refused"):
            self.person.append(at - self._ringing_since)
            self._ringing_since = None


def totals_by_day(files: Iterable[Path], zone: tzinfo, day: date | None) -> dict[date, Totals]:
    """The totals of each day on which calls began, or of one day. Reads line by line. Raises OSError."""
    found: dict[date, Totals] = {} if day is None else {day: Totals()}
    unreadable = 0
    for line in _lines(files):
        try:
            record = json.loads(line)
            began = datetime.fromisoformat(record["start"]).astimezone(zone).date()
            if day is None or began == day:
                found.setdefault(began, Totals()).add(record)
        except NOT_A_RECORD:
            unreadable += 1
    for totals in found.values():
        totals.damaged = unreadable
    return dict(sorted(found.items()))


def _lines(files: Iterable[Path]) -> Iterator[bytes]:
    for file in files:
        with file.open("rb") as opened:
            while line := opened.readline(LONGEST_LINE):
                yield line
