"""How the terminal is, gathered from those who know: nothing here waits, and nothing is of a resident."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

from backend_client.door import Door
from backend_client.terminal import (
    DeviceState,
    Finding,
    OutOfServiceCause,
    ReportedDevice,
    Room,
    TerminalReport,
    TerminalState,
    Versions,
    Waiting,
)
from foundation.language import Language
from hardware.diagnosing.report import Report, code_of
from hardware.interfaces.device import DeviceStatus
from hardware.registry import Devices
from hardware.wording import sentence_or, texts
from kiosk.figures import reports
from kiosk.reporting.tally import Tally
from kiosk.visit.pages import Cause
from kiosk.visit.visit import Visit

CAUSES = {
    Cause.TECHNICIAN: OutOfServiceCause.TECHNICIAN,
    Cause.MENU: OutOfServiceCause.TECHNICIAN,
    Cause.POWER: OutOfServiceCause.POWER,
    Cause.WITHDRAWN: OutOfServiceCause.WITHDRAWN,
}
_DIGEST = 12
"""Digits of the catalogue's digest: enough to tell two catalogues apart."""


class Survey:
    """Asks the visit, the devices and the door."""

    def __init__(self, name: str, visit: Visit, devices: Devices, door: Door, tally: Tally) -> None:
        """name: what the terminal calls itself."""
        self._name = name
        self.visit = visit
        self.devices = devices
        self.door = door
        self.tally = tally
        self._start = datetime.now(UTC)
        self._software = version("huimin")
        self._system = f"{platform.system()} {platform.release()} {platform.machine()}"
        self._catalogue: tuple[object, str] = ((), "")

    @property
    def service(self) -> tuple[TerminalState, OutOfServiceCause]:
        """Whether residents are served, and why not."""
        cause = self.visit.cause
        if cause is None:
            return TerminalState.IN_SERVICE, OutOfServiceCause.NONE
        return TerminalState.OUT_OF_SERVICE, CAUSES.get(cause, OutOfServiceCause.OTHER)

    def report(self, room: Room, *, stopping: bool = False) -> TerminalReport:
        """As of now."""
        state, cause = (TerminalState.STOPPING, OutOfServiceCause.NONE) if stopping else self.service
        outbox, home = self.door.outbox, self.visit.home
        return TerminalReport(
            origin=self._name,
            start_time=self._start,
            send_time=datetime.now(UTC),
            state=state,
            cause=cause,
            devices=tuple(_devices(self.devices)),
            versions=Versions(self._software, self._system, self._digest(), home.services_as_of),
            counts=self.tally.counts,
            queue=Waiting(outbox.waiting, outbox.oldest, outbox.set_aside, outbox.references),
            room=room,
            alerts=len(self.door.alerts.in_force),
            alerts_watched=self.door.alerts.connected,
        )

    def _digest(self) -> str:
        """Of what residents are offered, in whatever order; made anew only where that is another."""
        services = self.visit.home.services
        if services is not self._catalogue[0]:
            named = repr(sorted(services, key=lambda service: service.name))
            found = hashlib.sha256(named.encode()).hexdigest()[:_DIGEST] if services else ""
            self._catalogue = (services, found)
        return self._catalogue[1]


def _devices(devices: Devices) -> Iterator[ReportedDevice]:
    for one in reports(devices):
        yield ReportedDevice(
            device=one.device,
            driver=one.driver,
            simulated=one.simulated,
            state=_state(one.status),
            findings=tuple(_findings(one)),
            parts={name: _said(value) for name, value in one.parts.items() if value is not None},
        )


def _state(status: DeviceStatus) -> DeviceState:
    return DeviceState.BUSY if status is DeviceStatus.DEVICE_BUSY else DeviceState[status.name]


def _findings(one: Report) -> Iterator[Finding]:
    for name in one.findings:
        code = code_of(name)
        zh_cn, en = (sentence_or(texts(language), name, code) for language in (Language.ZH_CN, Language.EN))
        yield Finding(code, zh_cn, en)


def _said(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
