"""How a terminal is, as it tells its backend. Nothing of it is personal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from huimin.v1 import terminal_pb2


class TerminalState(Enum):
    """Whether residents are served; the values are the numbers of the contract."""

    IN_SERVICE = 1
    OUT_OF_SERVICE = 2
    STOPPING = 3


class OutOfServiceCause(Enum):
    """Why they are not; the values are the numbers of the contract."""

    NONE = 0
    TECHNICIAN = 1
    POWER = 2
    WITHDRAWN = 3
    OTHER = 4


class DeviceState(Enum):
    """XFS4IoT's states of a device; the values are the numbers of the contract."""

    UNKNOWN = 0
    ONLINE = 1
    OFFLINE = 2
    POWER_OFF = 3
    NO_DEVICE = 4
    HARDWARE_ERROR = 5
    USER_ERROR = 6
    BUSY = 7
    FRAUD_ATTEMPT = 8
    NOT_SUPPORTED = 9


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody has to do about a device: a stable code, and the sentence in both languages."""

    code: str
    advice_zh_cn: str
    advice_en: str


@dataclass(frozen=True, slots=True)
class ReportedDevice:
    """A device of the terminal. parts: what its parts say, such as ``{"paper": "low"}``."""

    device: str
    driver: str
    simulated: bool
    state: DeviceState
    findings: tuple[Finding, ...] = ()
    parts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs at the terminal. catalogue: a digest of what residents are offered; catalogue_time: as of
    when, where it could not be renewed since."""

    software: str
    system: str
    catalogue: str = ""
    catalogue_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was done since the program was started."""

    visits: int = 0
    applications: int = 0
    slips: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the backend, since when the oldest, and how many references are left."""

    waiting: int
    oldest_time: datetime | None
    set_aside: int
    references: int


@dataclass(frozen=True, slots=True)
class Room:
    """How full the machine is, in bytes; 0 where it is not known."""

    disk_free: int = 0
    disk: int = 0
    memory_free: int = 0
    memory: int = 0
    program: int = 0


@dataclass(frozen=True, slots=True)
class TerminalReport:
    """All of it. origin: what the terminal calls itself; times are by its own clock."""

    origin: str
    start_time: datetime
    send_time: datetime
    state: TerminalState
    cause: OutOfServiceCause
    devices: tuple[ReportedDevice, ...]
    versions: Versions
    counts: Counts
    queue: Waiting
    room: Room
    alerts: int
    alerts_watched: bool


MOST_FINDINGS, MOST_PARTS, LONGEST_CODE, LONGEST_ADVICE, LONGEST_PART = 16, 64, 128, 400, 64
"""Bounds of the contract: what is beyond them is cut off, because a report has to arrive."""


def report_to_proto(report: TerminalReport) -> terminal_pb2.TerminalReport:
    """As the contract sends it."""
    message = terminal_pb2.TerminalReport(
        origin=report.origin,
        state=terminal_pb2.TerminalState.ValueType(report.state.value),
        cause=terminal_pb2.OutOfServiceCause.ValueType(report.cause.value),
        devices=[_device(device) for device in report.devices],
        versions=terminal_pb2.TerminalVersions(
            software=report.versions.software,
            system=report.versions.system[:128],
            catalogue=report.versions.catalogue,
        ),
        counts=terminal_pb2.TerminalCounts(
            visits=report.counts.visits, applications=report.counts.applications, slips=report.counts.slips
        ),
        queue=terminal_pb2.TerminalQueue(
            waiting=report.queue.waiting,
            set_aside=report.queue.set_aside,
            references=report.queue.references,
        ),
        room=terminal_pb2.TerminalRoom(
            disk_free_bytes=report.room.disk_free,
            disk_bytes=report.room.disk,
            memory_free_bytes=report.room.memory_free,
            memory_bytes=report.room.memory,
            program_bytes=report.room.program,
        ),
        alerts=report.alerts,
        alerts_watched=report.alerts_watched,
    )
    message.start_time.FromDatetime(report.start_time)
    message.send_time.FromDatetime(report.send_time)
    if report.versions.catalogue_time is not None:
        message.versions.catalogue_time.FromDatetime(report.versions.catalogue_time)
    if report.queue.oldest_time is not None:
        message.queue.oldest_time.FromDatetime(report.queue.oldest_time)
    return message


def _device(device: ReportedDevice) -> terminal_pb2.TerminalDevice:
    return terminal_pb2.TerminalDevice(
        device=device.device,
        driver=device.driver,
        simulated=device.simulated,
        state=terminal_pb2.DeviceState.ValueType(device.state.value),
        findings=[
            terminal_pb2.DeviceFinding(
                code=finding.code[:LONGEST_CODE],
                advice_zh_cn=finding.advice_zh_cn[:LONGEST_ADVICE],
                advice_en=finding.advice_en[:LONGEST_ADVICE],
            )
            for finding in device.findings[:MOST_FINDINGS]
        ],
        parts=[
            terminal_pb2.DevicePart(name=name, value=value[:LONGEST_PART])
            for name, value in list((device.parts or {}).items())[:MOST_PARTS]
        ],
    )
