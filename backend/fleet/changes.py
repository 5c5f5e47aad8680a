"""What changed at a terminal from one report to the next: the entries of its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from huimin.v1 import terminal_pb2 as told

from backend.fleet.standing import LOST_AFTER, works


class What(StrEnum):
    """What an entry is about."""

    FIRST = "first"
    """It was heard of for the first time."""
    SILENT = "silent"
    """Nothing had been heard of it for `value` seconds."""
    STARTED = "started"
    """Its program was started anew; `value` is the version."""
    VERSION = "version"
    """`value` is the version of `subject`, which is another one than before."""
    SERVICE = "service"
    """`subject` is the state, ``in_service`` and so on, `value` the cause."""
    DEVICE = "device"
    """`subject` is the device, `value` its state and the codes of what is to be done, words apart."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry; `What` says what `subject` and `value` hold."""

    what: What
    subject: str = ""
    value: str = ""


def changes(
    before: told.TerminalReport | None, now: told.TerminalReport, silence: timedelta = timedelta()
) -> list[Change]:
    """What is to be kept of a report. silence: between the two."""
    return list(_changes(before, now, silence))


def _changes(
    before: told.TerminalReport | None, now: told.TerminalReport, silence: timedelta
) -> Iterator[Change]:
    if before is None:
        yield Change(What.FIRST, value=now.versions.software)
        before = told.TerminalReport(state=told.TERMINAL_STATE_IN_SERVICE)
        before.versions.CopyFrom(now.versions)
    else:
        if silence > LOST_AFTER:
            yield Change(What.SILENT, value=str(round(silence.total_seconds())))
        if before.start_time != now.start_time:
            yield Change(What.STARTED, value=now.versions.software)
    for part in ("software", "system"):
        version = getattr(now.versions, part)
        if version != getattr(before.versions, part):
            yield Change(What.VERSION, part, version)
    if (before.state, before.cause) != (now.state, now.cause):
        cause = told.OutOfServiceCause.Name(now.cause) if now.cause else ""
        yield Change(What.SERVICE, state_word(now.state), cause.removeprefix("OUT_OF_SERVICE_CAUSE_").lower())
    yield from _of_devices(before, now)


def _of_devices(before: told.TerminalReport, now: told.TerminalReport) -> Iterator[Change]:
    known = {device.device: _look(device) for device in before.devices}
    for device in now.devices:
        look = _look(device)
        if look != known.pop(device.device, _FINE):
            yield Change(What.DEVICE, device.device, look)
    for gone, look in known.items():
        if look != _FINE:
            yield Change(What.DEVICE, gone, _FINE)


_FINE = "online"


def _look(device: told.TerminalDevice) -> str:
    """A device that is being used, or was not asked yet, is like one that works."""
    state = _FINE if works(device) else device_word(device.state)
    return " ".join((state, *(finding.code for finding in device.findings)))


def state_word(state: int) -> str:
    """``in_service``, ``out_of_service`` or ``stopping``."""
    return (
        told.TerminalState.Name(told.TerminalState.ValueType(state)).removeprefix("TERMINAL_STATE_").lower()
    )


def device_word(state: int) -> str:
    """``online``, ``no_device`` and so on."""
    return told.DeviceState.Name(told.DeviceState.ValueType(state)).removeprefix("DEVICE_STATE_").lower()
