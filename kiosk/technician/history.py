"""Looking back: statistics, events, faults over time, the log, as `huimin-diagnose` tells them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from foundation.language import Language, LocalizedText
from hardware.diagnosing.faults import DAYS, faults_by_day
from hardware.diagnosing.history import event_codes, event_title, record_sentences, records
from hardware.diagnosing.redaction import redacted_lines
from hardware.diagnosing.report import code_of
from hardware.store import Event as Happened
from hardware.store import Statistic, events, statistics
from hardware.wording import sentence_or, texts
from kiosk.technician.devices import device_name
from kiosk.technician.events import Again, OpenSection, Section
from kiosk.technician.pages import Deed, Entry, Faults, Listing, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.wording import as_it_is, both, written
from kiosk.visit.events import Event
from kiosk.visit.pages import Page

MOST_EVENTS = 200
"""The newest of them are shown."""
MOST_LINES = 200
FAULT_EVENTS = 10_000
UP = ("online", "deviceBusy")
WARNINGS = ("warning", "error", "critical")
T = TypeVar("T")


class HistoryPart(Part):
    """Reads what the terminal keeps, when it is asked for."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def take(self, page: Page, event: Event) -> bool:
        """Knows the four of them."""
        match page, event:
            case _, OpenSection(Section.STATISTICS):
                self._read(lambda: statistics(self._reach.folder), statistics_page)
            case _, OpenSection(Section.EVENTS):
                self._read(
                    lambda: events(self._reach.folder, limit=MOST_EVENTS),
                    lambda found: events_page(found, self._reach.zone),
                )
            case _, OpenSection(Section.FAULTS):
                self._read(lambda: events(self._reach.folder, limit=FAULT_EVENTS), faults_page)
            case _, OpenSection(Section.LOG):
                self._session.open(log_page(self._reach.log(), self._reach.zone))
            case Listing(name=Section.LOG.value), Again():
                self._session.show(log_page(self._reach.log(), self._reach.zone))
            case _:
                return False
        return True

    def _read(self, read: Callable[[], T], page: Callable[[T], Page]) -> None:
        async def work() -> None:
            try:
                found = await asyncio.to_thread(read)
            except sqlite3.Error:
                self._session.open(Listing("unreadable", written("history.unreadable"), ()))
            else:
                self._session.open(page(found))

        self._session.do(work())


def statistics_page(found: Sequence[Statistic]) -> Listing:
    """What each device did and how often it failed."""
    entries = []
    for record in records(found):
        in_each = (list(record_sentences(record, language)) for language in (Language.ZH_CN, Language.EN))
        since, *lines = (LocalizedText(zh.strip(), en.strip()) for zh, en in zip(*in_each, strict=True))
        name = device_name(record.device)
        entries.append(Entry(f"statistics.{record.device}", name, (*lines, since)))
    none = None if entries else written("history.nothing")
    return Listing(Section.STATISTICS.value, written("menu.statistics"), tuple(entries), sub=none)


def events_page(found: Sequence[Happened], zone: ZoneInfo) -> Listing:
    """What happened to the devices, the newest first."""
    entries = tuple(_happened(number, one, zone) for number, one in enumerate(reversed(found)))
    none = None if entries else written("history.nothing")
    return Listing(Section.EVENTS.value, written("menu.events"), entries, sub=none)


def _happened(number: int, one: Happened, zone: ZoneInfo) -> Entry:
    status = one.name == "status"
    fine = status and one.completion in UP and not one.advice
    return Entry(
        f"event.{number}",
        written("history.event", device=device_name(one.device), what=both(partial(event_title, one))),
        lines=(
            *((as_it_is(codes),) if (codes := event_codes(one)) else ()),
            *(
                both(lambda language, name=name: sentence_or(texts(language), name, code_of(name)))  # type: ignore[misc]
                for name in one.advice
            ),
        ),
        mark=as_it_is(f"{one.at.astimezone(zone):%m-%d %H:%M:%S}"),
        tone=Tone.FINE if fine else Tone.WRONG,
    )


def faults_page(found: Sequence[Happened]) -> Page:
    """Failed commands by day and code."""
    days, series = faults_by_day(found, datetime.now(UTC))
    if not series:
        none = written("history.no_faults", days=DAYS)
        return Listing(Section.FAULTS.value, written("menu.faults"), (), sub=none)
    names = tuple(
        written("history.series", device=device_name(one.device), code=one.code)
        if one.code
        else written("history.others")
        for one in series
    )
    return Faults(tuple(days), tuple(series), names)


def log_page(lines: Sequence[str], zone: ZoneInfo) -> Listing:
    """The log's latest lines, without what may be personal, the newest first."""
    entries = tuple(
        _logged(number, entry, zone)
        for number, entry in enumerate(redacted_lines(reversed(lines[-MOST_LINES:])))
    )
    deeds = (Deed("log.again", written("again"), Again(), "again"),)
    none = written("history.log") if entries else written("history.nothing")
    return Listing(Section.LOG.value, written("menu.log"), entries, sub=none, deeds=deeds)


def _logged(number: int, entry: dict[str, object], zone: ZoneInfo) -> Entry:
    level = str(entry.get("level", ""))
    rest = {
        name: value
        for name, value in entry.items()
        if name not in ("event", "level", "timestamp", "command", "logger")
    }
    said = " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in rest.items()
    )
    return Entry(
        f"log.{number}",
        as_it_is(str(entry.get("event", ""))[:120] or "-"),
        lines=(as_it_is(said[:400]),) if said else (),
        mark=as_it_is(_moment(str(entry.get("timestamp", "")), zone)),
        tone=Tone.WRONG if level in WARNINGS else Tone.PLAIN,
    )


def _moment(timestamp: str, zone: ZoneInfo) -> str:
    try:
        return f"{datetime.fromisoformat(timestamp).astimezone(zone):%H:%M:%S}"
    except ValueError:
        return "-"
