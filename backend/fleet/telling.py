"""The terminals in words for an operator, and as objects for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict
from huimin.v1 import terminal_pb2 as told

from backend.clock import COUNTY_TIME
from backend.fleet.changes import Change, What, device_word, state_word
from backend.fleet.standing import Hearing, Problem, Terminal, wanting
from backend.storage.terminals import Entry
from foundation.language import Language, Translate

_MIB = 2**20
_OF_DEVICES = frozenset({Problem.DEVICE_FAILS, Problem.DEVICE_NEEDS})
"""The devices themselves are told of instead."""


class Teller:
    """Tells of terminals in one language, as they stand at one moment."""

    def __init__(self, language: Language, translate: Translate, now: datetime) -> None:
        self._language = language
        self._translate = translate
        self._now = now

    def all(self, terminals: Sequence[Terminal]) -> Iterator[str]:
        """The list: how many there are, then each with what somebody has to do there."""
        if not terminals:
            yield self._translate("terminals.none")
            return
        hearing = Counter(one.hearing(self._now) for one in terminals)
        yield self._translate(
            "terminals.count",
            count=len(terminals),
            lost=hearing[Hearing.LOST],
            late=hearing[Hearing.LATE],
            wanting=sum(bool(one.problems(self._now)) for one in terminals),
        )
        for one in terminals:
            yield self._line(one)
            yield from self._to_do(one)

    def whole(self, one: Terminal) -> Iterator[str]:
        """All that is known of a terminal."""
        report, queue, room = one.report, one.report.queue, one.report.room
        yield self._line(one)
        yield from self._to_do(one)
        if report.origin != one.name:
            yield self._detail("origin", origin=report.origin)
        yield self._detail("since", time=self._time(one.first_time))
        started = report.start_time.ToDatetime(COUNTY_TIME)
        yield self._detail("started", time=self._time(started), period=self._period(self._now - started))
        yield self._detail(
            "versions",
            software=report.versions.software or "–",
            system=report.versions.system or "–",
            catalogue=report.versions.catalogue or "–",
        )
        if report.versions.HasField("catalogue_time"):
            as_of = report.versions.catalogue_time.ToDatetime(COUNTY_TIME)
            yield self._detail("catalogue_time", time=self._time(as_of))
        counts = report.counts
        yield self._detail(
            "counts", visits=counts.visits, applications=counts.applications, slips=counts.slips
        )
        yield self._detail("queue", waiting=queue.waiting, aside=queue.set_aside, references=queue.references)
        yield self._detail(
            "room",
            disk=room.disk_free_bytes // _MIB,
            disk_all=room.disk_bytes // _MIB,
            memory=room.memory_free_bytes // _MIB,
            memory_all=room.memory_bytes // _MIB,
            program=room.program_bytes // _MIB,
        )
        yield self._detail("clock", seconds=f"{one.clock_offset.total_seconds():+.1f}")
        watched = "watched" if report.alerts_watched else "not_watched"
        yield self._detail(f"alerts_{watched}", count=report.alerts)
        for device in report.devices:
            yield self._detail(
                "device",
                device=self._device(device.device),
                driver=device.driver + (f" {self._translate('terminals.simulated')}" * device.simulated),
                state=self._translate(f"terminals.device_state.{device_word(device.state)}"),
                parts=" ".join(f"{part.name}={part.value}" for part in device.parts),
            ).rstrip()

    def history(self, entries: Sequence[Entry]) -> Iterator[str]:
        """What changed, the latest first."""
        if entries:
            yield self._translate("terminals.history")
        for entry in entries:
            yield f"  {self._time(entry.time)}  {self._change(entry.change)}"

    def _line(self, one: Terminal) -> str:
        report = one.report
        hearing = one.hearing(self._now)
        return self._translate(
            "terminals.line",
            name=one.name,
            heard=self._translate(
                f"terminals.heard.{hearing.value}", period=self._period(self._now - one.last_time)
            ),
            service=self._service(
                state_word(report.state),
                told.OutOfServiceCause.Name(report.cause).removeprefix("OUT_OF_SERVICE_CAUSE_").lower(),
            ),
            version=report.versions.software or "–",
            waiting=report.queue.waiting,
        )

    def _to_do(self, one: Terminal) -> Iterator[str]:
        """What somebody has to do, a line each."""
        report = one.report
        for problem in one.problems(self._now):
            if problem in _OF_DEVICES:
                continue
            since = one.oldest_waiting
            yield "    " + self._translate(
                f"terminals.problem.{problem.value}",
                time=self._time(one.last_time),
                count=report.queue.set_aside,
                waiting=report.queue.waiting,
                oldest=self._period(self._now - since) if since else "",
                free=report.room.disk_free_bytes // _MIB,
                memory=report.room.memory_free_bytes // _MIB,
                seconds=f"{one.clock_offset.total_seconds():+.0f}",
            )
        for device in wanting(report.devices):
            advice = [self._advice(finding) for finding in device.findings]
            yield (
                "    "
                + self._translate(
                    "terminals.problem.device",
                    device=self._device(device.device),
                    state=self._translate(f"terminals.device_state.{device_word(device.state)}"),
                    advice=("" if self._language is Language.ZH_CN else " ").join(advice),
                ).rstrip()
            )

    def _advice(self, finding: told.DeviceFinding) -> str:
        text = finding.advice_zh_cn if self._language is Language.ZH_CN else finding.advice_en
        return text or finding.code

    def _change(self, change: Change) -> str:
        match change.what:
            case What.SERVICE:
                return self._service(change.subject, change.value)
            case What.DEVICE:
                state, _, codes = change.value.partition(" ")
                said = self._translate(f"terminals.device_state.{state}")
                return f"{self._device(change.subject)}: {said} {codes}".rstrip()
            case What.SILENT:
                period = self._period(timedelta(seconds=int(change.value)))
                return self._translate("terminals.change.silent", period=period)
        return self._translate(
            f"terminals.change.{change.what.value}", subject=change.subject, value=change.value or "–"
        )

    def _service(self, state: str, cause: str) -> str:
        if state == "out_of_service" and cause != "unspecified":
            return self._translate(f"terminals.cause.{cause or 'other'}")
        return self._translate(f"terminals.state.{state}")

    def _device(self, name: str) -> str:
        """In words where the class is one that there was when this was written."""
        try:
            return self._translate(f"terminals.device.{name}")
        except KeyError:
            return name

    def _detail(self, name: str, **values: object) -> str:
        return "  " + self._translate(f"terminals.detail.{name}", **values)

    def _period(self, period: timedelta) -> str:
        seconds = max(0, round(period.total_seconds()))
        for unit, length in (("days", 172_800), ("hours", 7200), ("minutes", 120)):
            if seconds >= length:
                return self._translate(f"terminals.period.{unit}", count=seconds // (length // 2))
        return self._translate("terminals.period.seconds", count=seconds)

    @staticmethod
    def _time(moment: datetime) -> str:
        return f"{moment.astimezone(COUNTY_TIME):%Y-%m-%d %H:%M:%S}"


def as_object(one: Terminal, now: datetime, history: Sequence[Entry] | None = None) -> dict[str, Any]:
    """For programs. Names of fields and words are stable; times are RFC 3339, UTC."""
    found: dict[str, Any] = {
        "name": one.name,
        "door": one.door,
        "first_time": _rfc(one.first_time),
        "last_time": _rfc(one.last_time),
        "hearing": one.hearing(now).value,
        "problems": [problem.value for problem in one.problems(now)],
        "clock_offset_seconds": round(one.clock_offset.total_seconds(), 3),
        "report": MessageToDict(
            one.report, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        ),
    }
    if history is not None:
        found["history"] = [
            {
                "time": _rfc(entry.time),
                "what": entry.change.what.value,
                "subject": entry.change.subject,
                "value": entry.change.value,
            }
            for entry in history
        ]
    return found


def _rfc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
