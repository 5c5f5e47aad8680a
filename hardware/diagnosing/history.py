"""What became of the devices: ``huimin-diagnose statistics`` and ``events``, from what the terminal keeps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import click
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from foundation.config import Settings, data_folder
from foundation.language import Language
from hardware.diagnosing.redaction import redacted_text
from hardware.diagnosing.report import code_of
from hardware.store import Event, Statistic
from hardware.wording import sentence_or, texts

HIDDEN = ("commands", "failures", "seconds_watched", "seconds_online")
"""Statistics that are told in another way than by their name and value."""


_AGO = re.compile(r"([0-9]{1,5})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def moment(context: click.Context, option: click.Parameter, given: str | None) -> datetime | None:
    """A moment on the command line, in UTC: a day, a day with an hour in local time, or how long ago."""
    if given is None:
        return None
    if ago := _AGO.fullmatch(given):
        return datetime.now(UTC) - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):
        reason = f"{given!r} is no time; write 2026-11-22, 2026-11-22T08:30, 90m, 24h or 7d"
        raise click.BadParameter(reason, context, option) from None


class TerminalData(Settings):
    """Where the terminal keeps its data, and its name: of its own table ``[kiosk]`` these settings alone."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)
    room: ClassVar[str] = "kiosk"

    data: Path = Field(default_factory=data_folder)
    terminal: str = ""

    @property
    def folder(self) -> Path:
        """Of what became of the devices."""
        return self.data / self.room


@dataclass(slots=True)
class Record:
    """The statistics of one device. counts: by name; failures: by code; up: share of the time, None where
    it was never watched; since: the earliest."""

    device: str
    since: datetime
    counts: dict[str, float] = field(default_factory=dict)
    commands: dict[str, float] = field(default_factory=dict)
    failures: dict[str, float] = field(default_factory=dict)
    up: float | None = None


def records(statistics: Sequence[Statistic]) -> list[Record]:
    """One for each device, in the order of the statistics."""
    found: dict[str, Record] = {}
    seconds: dict[str, dict[str, float]] = defaultdict(dict)
    for one in statistics:
        record = found.setdefault(one.device, Record(one.device, one.since))
        record.since = min(record.since, one.since)
        if one.name in ("commands", "failures"):
            getattr(record, one.name)[one.reason] = one.value
        elif one.name in HIDDEN:
            seconds[one.device][one.name] = one.value
        else:
            record.counts[one.name] = one.value
    for device, record in found.items():
        if watched := seconds[device].get("seconds_watched", 0.0):
            record.up = min(1.0, seconds[device].get("seconds_online", 0.0) / watched)
    return list(found.values())


def record_object(record: Record) -> dict[str, Any]:
    """For programs."""
    return {
        "device": record.device,
        "since": record.since.isoformat(timespec="seconds"),
        "up": None if record.up is None else round(record.up, 5),
        "counts": {name: _whole(value) for name, value in record.counts.items()},
        "commands": {name: _whole(value) for name, value in record.commands.items()},
        "failures": {name: _whole(value) for name, value in record.failures.items()},
    }


def record_sentences(record: Record, language: Language) -> Iterator[str]:
    """In words."""
    text = texts(language)
    since = record.since.astimezone().isoformat(" ", "minutes")
    yield text("statistics.device", device=text(f"device.{record.device}"), since=since)
    if record.up is not None:
        yield "  " + text("statistics.up", percent=f"{record.up * 100:.2f}")
    for name, value in record.counts.items():
        yield "  " + text(
            "statistics.count", name=sentence_or(text, f"statistic.{name}", name), value=_whole(value)
        )
    if record.commands:
        yield "  " + text("statistics.commands", value=_whole(sum(record.commands.values())))
    for reason, value in sorted(record.failures.items(), key=lambda pair: -pair[1]):
        yield "  " + text("statistics.failures", code=reason, value=_whole(value))


def event_object(event: Event, language: Language) -> dict[str, Any]:
    """For programs."""
    return {
        "time": event.at.isoformat(timespec="milliseconds"),
        "device": event.device,
        "name": event.name,
        "completion": event.completion,
        "code": event.code,
        "detail": redacted_text(event.detail),
        "findings": [
            {"code": code_of(name), "text": sentence_or(texts(language), name, code_of(name))}
            for name in event.advice
        ],
    }


def event_sentences(event: Event, language: Language) -> Iterator[str]:
    """In words, with the codes that a manual or a helper asks for."""
    text = texts(language)
    when = event.at.astimezone().isoformat(" ", "seconds")
    device = sentence_or(text, f"device.{event.device}", event.device)
    said = (when, device, event_title(event, language), event_codes(event))
    yield "  ".join(part for part in said if part)
    for name in event.advice:
        yield "  → " + sentence_or(text, name, code_of(name))


def event_title(event: Event, language: Language) -> str:
    """What happened, in words: a state that a device came into, or a command that failed."""
    text = texts(language)
    if event.name == "status":
        return text("event.status", state=sentence_or(text, f"state.{event.completion}", event.completion))
    return sentence_or(text, f"event.{event.name}", event.name)


def event_codes(event: Event) -> str:
    """The codes of a failure, without personal data; of a state there are none."""
    completion = "" if event.name == "status" else event.completion
    return ", ".join(part for part in (completion, event.code, redacted_text(event.detail)) if part)


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 1)
