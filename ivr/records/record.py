"""Call detail records: one JSON line a call.

``{"call_id", "start", "answer", "end", "caller", "language", "result", "timeline"}``; times are ISO 8601
with their offset. The timeline holds ``{"t", "prompt": name}``, ``{"t", "key": "3"}`` and ``{"t", "event"}``,
t in seconds from the answer. Private keys stand as ``•``; no text that was said stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic

from foundation.language import Language

MASK = "•"
"""A key of a private entry."""
LONGEST = 5000
"""Entries of a timeline; a call that makes more is cut there, and says so."""


class Result(StrEnum):
    """How a call ended."""

    HUNG_UP = "hung_up"
    """By the caller."""
    GOODBYE = "goodbye"
    """By us, after a goodbye: nobody was there any more, or all was done."""
    TRANSFERRED = "transferred"
    """A person has taken it over."""
    TIME_LIMIT = "time_limit"
    """The limit was announced and reached."""
    CLOSED = "closed"
    """By us, because the line was told to end."""
    FAILURE = "failure"
    """By a fault of ours, with an apology."""
    LOST = "lost"
    """With the process that held it; the end is when its successor found out, and the timeline is gone."""


class CallRecord:
    """What happened in one call. Its clock starts at the answer, when it is made."""

    def __init__(
        self,
        call_id: str,
        caller: str,
        start: datetime,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = monotonic,
        watched: Callable[[str, str], None] = lambda kind, name: None,
    ) -> None:
        """start: when the call arrived, aware; now and clock: the time of day, and seconds; watched: is told
        each entry, its kind and its name, as it comes."""
        self.call_id = call_id
        self._caller = caller
        self._start = start
        self._now = now
        self._clock = clock
        self._watched = watched
        self._answer = now()
        self._origin = clock()
        self._timeline: list[dict[str, object]] = []
        self.paused = False
        """Whether what happens is left out."""

    def prompt(self, name: str) -> None:
        """Something is being said."""
        self._add("prompt", name)

    def key(self, key: str, *, private: bool) -> None:
        """The caller has pressed a key."""
        self._add("key", MASK if private else key)

    def event(self, name: str) -> None:
        """Anything else: a fixed name, never what the caller said or keyed."""
        self._add("event", name)

    def begun(self, language: Language) -> dict[str, object]:
        """The record as it is at the answer."""
        return self._told(language)

    def finished(self, result: Result, language: Language) -> dict[str, object]:
        """The record, ready to be written."""
        return self._told(language) | ended(result, self._now(), self._timeline)

    def _told(self, language: Language) -> dict[str, object]:
        return {
            "call_id": self.call_id,
            "start": self._start.isoformat(timespec="milliseconds"),
            "answer": self._answer.isoformat(timespec="milliseconds"),
            "caller": self._caller,
            "language": language.value,
        }

    def _add(self, kind: str, value: str) -> None:
        if self.paused:
            return
        self._watched(kind, value)
        if len(self._timeline) == LONGEST:
            kind, value = "event", "timeline cut"
        if len(self._timeline) <= LONGEST:
            self._timeline.append({"t": round(self._clock() - self._origin, 2), kind: value})


def ended(result: Result, at: datetime, timeline: list[dict[str, object]]) -> dict[str, object]:
    """What the end of a call adds to its record."""
    return {
        "end": at.isoformat(timespec="milliseconds"),
        "result": result.value,
        "timeline": timeline,
    }
