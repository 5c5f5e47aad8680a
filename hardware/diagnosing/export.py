"""``huimin-diagnose export``: one HTML file for whoever is asked for help, with charts and without people.

It needs nothing beside it, and runs nothing: no script, no address is fetched.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree as ET

from foundation.language import Language
from hardware.diagnosing import charts
from hardware.diagnosing.faults import DAYS, faults_by_day
from hardware.diagnosing.history import event_codes, event_title, record_sentences, records
from hardware.diagnosing.listing import detail_sentences, part_sentences, state_sentence
from hardware.diagnosing.redaction import REDACTED, redacted_lines, without_users
from hardware.diagnosing.report import Report, code_of
from hardware.interfaces.device import DeviceOptions, DeviceStatus
from hardware.store import Event, Statistic
from hardware.wording import sentence_or, texts

MOST_EVENTS = 500
MOST_LINES = 2000
"""The newest of them are shown."""
SECRET_KEYS = ("key", "secret", "password", "pin", "token", "credential", "user")
"""What a setting's name holds whose value is not shown."""
_UP = (DeviceStatus.ONLINE.value, DeviceStatus.DEVICE_BUSY.value)
_STYLE = """
body { font: 16px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #1d211f; background: #f6f1e7;
       max-width: 1000px; margin: 2em auto; padding: 0 1em }
h1, h2, h3 { line-height: 1.25 } h2 { margin-top: 2em }
table { border-collapse: collapse; width: 100%; background: #fffdf8; font-size: 14px }
th, td { border: 1px solid #d8cdb8; padding: .35em .6em; text-align: left; vertical-align: top }
pre { background: #fffdf8; border: 1px solid #d8cdb8; padding: 1em; font-size: 12px; white-space: pre-wrap;
      overflow-wrap: anywhere }
svg { width: 100%; height: auto; font-size: 12px } svg text { fill: #464a43 }
.fine { color: #17544d } .wrong { color: #8c1d0c; font-weight: bold }
.mark { display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -1px }
@media print { body { background: none } }
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What goes into the file. terminal: its name; statistics, events: None where what is kept cannot be
    read; log: lines as the terminal wrote them; now: when it is made, UTC."""

    terminal: str
    reports: Sequence[Report]
    statistics: Sequence[Statistic] | None
    events: Sequence[Event] | None
    config: Mapping[str, DeviceOptions]
    log: Iterable[str]
    now: datetime


def page(material: Material, language: Language) -> str:
    """The whole file."""
    text = texts(language)
    html = ET.Element("html", lang=language.value.replace("_", "-"))
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    ET.SubElement(head, "meta", name="viewport", content="width=device-width")
    ET.SubElement(head, "title").text = text("export.title")
    ET.SubElement(head, "style").text = _STYLE
    body = ET.SubElement(html, "body")
    _add(body, "h1", text("export.title"))
    made = material.now.astimezone().isoformat(" ", "seconds")
    _add(body, "p", text("export.made", time=made, machine=platform.platform(), version=version("huimin")))
    _add(body, "p", text("export.terminal", name=material.terminal))
    _add(body, "p", text("export.private"))
    _devices(body, material, language)
    if material.events is None or material.statistics is None:
        _add(body, "p", text("export.not_readable"))
    else:
        _faults(body, material.events, material.now, language)
        _bands(body, material.reports, material.events, material.now, language)
        _statistics(body, material.statistics, language)
        _events(body, material.events, language)
    _configuration(body, material, language)
    _log(body, material, language)
    return "<!doctype html>\n" + ET.tostring(html, encoding="unicode", method="html") + "\n"


def plain_options(options: DeviceOptions) -> dict[str, str]:
    """The settings of a device, without what is secret: keys, passwords, who signs in at an address."""
    found = {}
    for name, value in options.model_dump(mode="json").items():
        secret = any(part in name.lower().split("_") for part in SECRET_KEYS)
        shown = not secret or value in (None, "") or isinstance(value, bool)
        found[name] = without_users(str(value)) if shown else REDACTED
    return found


def _devices(body: ET.Element, material: Material, language: Language) -> None:
    text = texts(language)
    _add(body, "h2", text("export.devices"))
    rows = []
    for one in material.reports:
        mark = f" [{text('diagnose.simulated')}]" if one.simulated else ""
        rows.append(
            (
                text(f"device.{one.device}") + mark,
                f"{without_users(one.port)} ({one.driver})",
                state_sentence(one, language),
                "; ".join(detail_sentences(one, language)),
                "; ".join(part_sentences(one.parts, language)),
                " ".join(one.advised(language)),
            )
        )
    columns = ("watch.device", "export.port", "watch.state", "export.details", "watch.parts", "watch.advice")
    _table(body, [text(name) for name in columns], rows, [one.fine for one in material.reports])


def _faults(body: ET.Element, events: Sequence[Event], now: datetime, language: Language) -> None:
    """Stacked bars of failed commands by day and code."""
    text = texts(language)
    _add(body, "h2", text("export.faults", days=DAYS))
    days, found = faults_by_day(events, now)
    if not found:
        _add(body, "p", text("export.no_faults"))
        return
    series = {
        f"{_name(one.device, language)}: {one.code}" if one.code else text("export.others"): one.counts
        for one in found
    }
    body.append(charts.bars(days, series, title=text("export.faults", days=DAYS)))
    said = ET.SubElement(body, "p")
    for colour, name in charts.legend(list(series)):
        label = ET.SubElement(said, "span", style="margin-right: 1.5em")
        mark = ET.SubElement(label, "span", {"class": "mark", "style": f"background: {colour}"})
        mark.tail = name


def _bands(
    body: ET.Element, reports: Sequence[Report], events: Sequence[Event], now: datetime, language: Language
) -> None:
    """For each device a line over time."""
    text = texts(language)
    _add(body, "h2", text("export.over_time", days=DAYS))
    begin = now - timedelta(days=DAYS)
    for device in dict.fromkeys([*(one.device for one in reports), *(e.device for e in events)]):
        changes = [e for e in events if e.device == device and e.name == "status"]
        if not changes:
            continue
        ends = [*(e.at for e in changes[1:]), now]
        spans = [
            (e.at, end, e.completion in _UP and not e.advice, text(f"state.{_state(e)}"))
            for e, end in zip(changes, ends, strict=True)
        ]
        name = _name(device, language)
        _add(body, "h3", name)
        body.append(charts.band(spans, begin, now, title=name))


def _statistics(body: ET.Element, statistics: Sequence[Statistic], language: Language) -> None:
    text = texts(language)
    _add(body, "h2", text("export.statistics"))
    for record in records(statistics):
        first, *rest = record_sentences(record, language)
        _add(body, "h3", first)
        listed = ET.SubElement(body, "ul")
        for line in rest:
            _add(listed, "li", line.strip())


def _events(body: ET.Element, events: Sequence[Event], language: Language) -> None:
    text = texts(language)
    _add(body, "h2", text("export.events"))
    rows = [
        (
            event.at.astimezone().isoformat(" ", "seconds"),
            _name(event.device, language),
            event_title(event, language),
            event_codes(event),
            " ".join(sentence_or(text, name, code_of(name)) for name in event.advice),
        )
        for event in reversed(events[-MOST_EVENTS:])
    ]
    columns = ("export.time", "watch.device", "export.event", "export.code", "watch.advice")
    _table(body, [text(name) for name in columns], rows)


def _configuration(body: ET.Element, material: Material, language: Language) -> None:
    _add(body, "h2", texts(language)("export.configuration"))
    lines = []
    for name, options in material.config.items():
        lines.append(f"[devices.{name}]")
        lines += [f"{key} = {value}" for key, value in plain_options(options).items()]
        lines.append("")
    _add(body, "pre", "\n".join(lines))


def _log(body: ET.Element, material: Material, language: Language) -> None:
    text = texts(language)
    _add(body, "h2", text("export.log"))
    kept: list[str] = []
    for entry in redacted_lines(material.log):
        kept.append(_line(entry))
        del kept[:-MOST_LINES]
    if kept:
        _add(body, "pre", "\n".join(kept))
    else:
        _add(body, "p", text("export.no_log"))


def _line(entry: Mapping[str, Any]) -> str:
    first = [str(entry.get(key, "")) for key in ("timestamp", "level", "event")]
    rest = [f"{key}={value}" for key, value in entry.items() if key not in ("timestamp", "level", "event")]
    return " ".join(part for part in (*first, *rest) if part)


def _state(event: Event) -> str:
    known = {state.value for state in DeviceStatus}
    return event.completion if event.completion in known else DeviceStatus.UNKNOWN.value


def _name(device: str, language: Language) -> str:
    return sentence_or(texts(language), f"device.{device}", device)  # the store has events of its own


def _table(
    body: ET.Element,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    fine: Sequence[bool] | None = None,
) -> None:
    table = ET.SubElement(body, "table")
    head = ET.SubElement(table, "tr")
    for column in columns:
        _add(head, "th", column)
    for number, row in enumerate(rows):
        line = ET.SubElement(table, "tr")
        for cell in row:
            added = _add(line, "td", cell)
            if fine is not None and cell is row[2]:
                added.set("class", "fine" if fine[number] else "wrong")


def _add(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = "".join(sign for sign in text if sign >= " " or sign in "\n\t")
    return element
