"""How a terminal stands: when it was heard of, and what somebody has to look after there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from huimin.v1 import terminal_pb2 as told

LATE_AFTER = timedelta(seconds=75)
"""Two reports of it have not come."""
LOST_AFTER = timedelta(minutes=3)
LONGEST_WAIT = timedelta(hours=1)
"""An application that has waited at a terminal for longer needs somebody to look at the line."""
CLOCK_OFF = timedelta(minutes=1)
"""A clock that is wrong by more prints wrong times on slips."""
LEAST_DISK = 500 * 2**20
"""Bytes: with less, what waits for the backend may soon find no room."""
LEAST_MEMORY = 0.05
"""Of the machine's."""

_WORKING = frozenset({told.DEVICE_STATE_UNSPECIFIED, told.DEVICE_STATE_ONLINE, told.DEVICE_STATE_BUSY})


class Hearing(StrEnum):
    """How long ago something was heard of it."""

    WELL = "well"
    LATE = "late"
    LOST = "lost"


class Problem(StrEnum):
    """What somebody has to look after; the most urgent first."""

    LOST = "lost"
    OUT_OF_SERVICE = "out_of_service"
    SET_ASIDE = "set_aside"
    QUEUE_OLD = "queue_old"
    DISK_LOW = "disk_low"
    DEVICE_FAILS = "device_fails"
    DEVICE_NEEDS = "device_needs"
    """It works still, and wants something, such as paper."""
    CLOCK_OFF = "clock_off"
    MEMORY_LOW = "memory_low"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal as it is known.

    name: of its door, or, where it shows no certificate, what it calls itself; first_time, last_time: when
    it was heard of first and last, by the backend's clock; report: the last one.
    """

    name: str
    door: str
    first_time: datetime
    last_time: datetime
    report: told.TerminalReport

    @property
    def clock_offset(self) -> timedelta:
        """By how much its clock is ahead, and the way of the report behind."""
        return self.report.send_time.ToDatetime(UTC) - self.last_time

    @property
    def oldest_waiting(self) -> datetime | None:
        """Since when its oldest application waits, by its own clock."""
        queue = self.report.queue
        return queue.oldest_time.ToDatetime(UTC) if queue.HasField("oldest_time") else None

    def hearing(self, now: datetime) -> Hearing:
        """How it stands with hearing of it."""
        silent = now - self.last_time
        if silent > LOST_AFTER:
            return Hearing.LOST
        return Hearing.LATE if silent > LATE_AFTER else Hearing.WELL

    def problems(self, now: datetime) -> list[Problem]:
        """What somebody has to look after, the most urgent first."""
        return sorted(set(self._problems(now)), key=list(Problem).index)

    def _problems(self, now: datetime) -> Iterator[Problem]:
        report = self.report
        if self.hearing(now) is Hearing.LOST:
            yield Problem.LOST
        if report.state == told.TERMINAL_STATE_OUT_OF_SERVICE:
            yield Problem.OUT_OF_SERVICE
        if report.queue.set_aside:
            yield Problem.SET_ASIDE
        if (since := self.oldest_waiting) and now - since + self.clock_offset > LONGEST_WAIT:
            yield Problem.QUEUE_OLD
        if report.room.disk_bytes and report.room.disk_free_bytes < LEAST_DISK:
            yield Problem.DISK_LOW
        for device in report.devices:
            if not works(device):
                yield Problem.DEVICE_FAILS
            elif device.findings:
                yield Problem.DEVICE_NEEDS
        if abs(self.clock_offset) > CLOCK_OFF:
            yield Problem.CLOCK_OFF
        if report.room.memory_free_bytes < LEAST_MEMORY * report.room.memory_bytes:
            yield Problem.MEMORY_LOW


def works(device: told.TerminalDevice) -> bool:
    """Whether a resident can use it, as far as is known."""
    return device.state in _WORKING


def wanting(devices: Sequence[told.TerminalDevice]) -> list[told.TerminalDevice]:
    """Those that somebody has to look after: first what does not work."""
    return sorted((one for one in devices if one.findings or not works(one)), key=works)
