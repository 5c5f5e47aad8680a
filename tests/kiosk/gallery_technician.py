"""Pages of the hidden menu, in every state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from foundation.language import Language
from hardware.diagnosing.check import CheckResult, Level, Outcome
from hardware.diagnosing.report import Report
from hardware.interfaces.device import DeviceStatus
from hardware.store import Event, Statistic
from kiosk.settings import KioskSettings
from kiosk.technician import devices, history, machine, pages, preferences, screen_tests
from kiosk.technician.events import Section
from kiosk.technician.menu import menu_page
from kiosk.technician.network import NetworkState
from kiosk.technician.own_settings import OwnSettings, Reason, Withdrawn
from kiosk.technician.pages import Asks, PinEntry, Refused, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.version import Update, Version
from kiosk.technician.wording import as_it_is, of_hardware, written
from kiosk.visit.pages import Page

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
PLUGGED_IN = "advice.receipt_printer.paperOut"
OUT = Withdrawn(reason=Reason.SUPPLIES, since=NOW, who="wang")
LINES = (
    '{"event": "backend_left_out", "backend": "backend-1:50051", "failures": 3, "level": "warning",'
    ' "timestamp": "2026-11-22T06:29:01.123456Z"}',
    '{"event": "visit_ended", "reason": "left", "level": "info", "timestamp": "2026-11-22T06:29:07Z"}',
    "a line that is none",
)


def technician_pages() -> Iterator[Page]:
    """All of them."""
    yield from _entering()
    for withdrawn in (None, OUT):
        yield menu_page(_reach(OwnSettings(withdrawn=withdrawn)))
    yield from _devices()
    yield from _history()
    yield from _machine()
    yield from _set()
    yield pages.Colours()
    yield pages.Drawing()
    yield pages.Targets(4)


def _reach(now: OwnSettings) -> Reach:
    """As much of it as pages need that are made without asking anybody."""
    keeper = SimpleNamespace(now=now)
    settings = KioskSettings.model_validate({})
    return cast(Reach, cast(Any, SimpleNamespace(keeper=keeper, settings=settings, zone=ZONE)))


def _entering() -> Iterator[Page]:
    yield PinEntry(digits=6, card=True)
    yield PinEntry(digits=12, checking=True)
    yield PinEntry(refused=Refused.WRONG, left=4)
    yield PinEntry(refused=Refused.LOCKED, locked=as_it_is("14:35"))
    yield PinEntry(refused=Refused.NOBODY)
    yield PinEntry(refused=Refused.UNUSABLE)


def _report(device: str, status: DeviceStatus, *findings: str, **more: Any) -> Report:
    port = f"/dev/serial/by-id/usb-Prolific_Technology_Inc._USB-Serial_Controller-if00-{device}"
    return Report(
        device=device, driver="escpos", port=port, simulated=True, status=status, findings=findings, **more
    )


def _devices() -> Iterator[Page]:
    printer = _report(
        "receipt_printer",
        DeviceStatus.OFFLINE,
        PLUGGED_IN,
        parts={"paper": "out"},
        details={"serial_number": "AB-0042", "firmware": "2.11"},
    )
    known = (
        _report("identity_card_reader", DeviceStatus.ONLINE),
        printer,
        _report("pin_pad", DeviceStatus.NO_DEVICE, "advice.port.absent"),
        _report("auxiliaries", DeviceStatus.DEVICE_BUSY),
    )
    yield devices.listing(())
    yield devices.listing(known)
    yield devices.device_page(printer)
    names = tuple(one.device for one in known)
    said = (
        of_hardware("check.printing"),
        of_hardware("check.identity_card", name="李**", number="1199************2X"),
        of_hardware("check.lift_card"),
    )
    yield pages.RunningTest(names, Level.INTERNAL, device="receipt_printer")
    yield pages.RunningTest(names, Level.INTERACTIVE, device="identity_card_reader", said=said)
    asked = (*said, of_hardware("check.was_it_right"))
    yield pages.RunningTest(
        names, Level.INTERACTIVE, device="identity_card_reader", said=asked, asks=Asks.YES_OR_NO
    )
    typed = (said[0], of_hardware("check.type_number"))
    yield pages.RunningTest(names, Level.INTERACTIVE, "receipt_printer", typed, Asks.NUMBER, entered="42")
    results = tuple(
        CheckResult(
            device=name,
            driver="escpos",
            port="/dev/ttyUSB0",
            simulated=True,
            level=Level.EXTERNAL,
            outcome=outcome,
            findings=findings,
        )
        for name, outcome, findings in zip(
            names, Outcome, ((), (PLUGGED_IN, "advice.check.wrong_print"), (), ()), strict=True
        )
    )
    yield pages.RunningTest(names, Level.EXTERNAL, results=results, done=True)


def _history() -> Iterator[Page]:
    codes = ("paperOut", "readFailed", "entryTimeout", "cutterFail", "mediaJam", "noCode", "a", "b", "c", "d")
    failed = tuple(
        Event(
            NOW - timedelta(days=day, hours=number),
            "receipt_printer",
            "print_slip",
            "hardwareError",
            code,
            (PLUGGED_IN,),
            "status 0x12 where 0x10 was expected",
        )
        for number, code in enumerate(codes)
        for day in range(0, 30 - number, number + 1)
    )
    status = Event(NOW, "identity_card_reader", "status", "online")
    counted = [
        Statistic("receipt_printer", name, reason, value, NOW)
        for name, reason, value in (
            ("commands", "print_slip", 812),
            ("failures", "paperOut", 3),
            ("lines_printed", "", 20411),
            ("seconds_online", "", 86000),
            ("seconds_watched", "", 86400),
        )
    ]
    yield history.statistics_page(())
    yield history.statistics_page(counted)
    yield history.events_page((), ZONE)
    yield history.events_page((*failed[:30], status), ZONE)
    yield history.faults_page(())
    yield history.faults_page(_of_late(failed))
    yield history.log_page((), ZONE)
    yield history.log_page(LINES * 8, ZONE)


def _of_late(events: tuple[Event, ...]) -> list[Event]:
    """The chart ends today."""
    late = datetime.now(UTC) - NOW
    return [
        Event(one.at + late, one.device, one.name, one.completion, one.code, one.advice) for one in events
    ]


def _machine() -> Iterator[Page]:
    well = NetworkState(
        {"eth0": ("192.0.2.17/24", "2001:db8::17/64"), "wwan0": ("198.51.100.7/30",)},
        {"backend-1.huimin.example:50051": 0.012, "backend-2.huimin.example:50051": 0.9},
        NOW + timedelta(days=80),
        0.04,
    )
    ill = NetworkState({}, {"backend-1.huimin.example:50051": None}, NOW + timedelta(days=3), -312.5)
    yield machine.looking(Section.NETWORK)
    yield machine.network_page(well, NOW)
    yield machine.network_page(ill, NOW)
    yield machine.network_page(NetworkState(None, {}, None, None), NOW)
    here, there = Version("0.1.0", "8f1c2d3e4b5a"), Version("0.2.0", "")
    for installed, reboot in ((here, False), (there, True)):
        yield machine.version_page(Update(here, installed, NOW, reboot), _reach(OwnSettings()))
    yield machine.restart_page()
    folder = Path("/var/lib/huimin/kiosk/exports")
    file = folder / "huimin-terminal-1-20261122-143000.html"
    yield machine.export_listing(folder, written("export.written", file=str(file)))
    told = written("export.failed", folder=str(folder), reason="No space left on device")
    yield machine.export_listing(folder, told, Tone.WRONG)


def _set() -> Iterator[Page]:
    kept = written("set.not_kept")
    yield preferences.language_page(OwnSettings(), Language.ZH_CN, None, Tone.FINE)
    yield preferences.language_page(OwnSettings(language=Language.EN), Language.ZH_CN, kept, Tone.WRONG)
    yield preferences.sound_page(OwnSettings(), None, Tone.FINE)
    yield preferences.sound_page(OwnSettings(volume=3), written("sound.none"), Tone.WRONG)
    yield preferences.service_page(OwnSettings(), _reach(OwnSettings()), None, Tone.FINE)
    yield preferences.service_page(OwnSettings(withdrawn=OUT), _reach(OwnSettings()), kept, Tone.WRONG)
    yield screen_tests.screen_page(None)
    matrix = (1.02, 0.001, -0.01, 0.0, 0.98, 0.012)
    yield screen_tests.screen_page(matrix, told="screen.calibrated")
    yield screen_tests.screen_page(None, told="screen.not_calibrated", tone=Tone.WRONG)
