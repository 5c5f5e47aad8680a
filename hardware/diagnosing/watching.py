"""``huimin-diagnose watch``: how the devices are, live in the terminal, or a line for each change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from foundation.language import Language
from hardware.diagnosing.borrowing import Known, key_of, known
from hardware.diagnosing.listing import of_silent, part_sentences
from hardware.diagnosing.report import GONE_TERMINAL, SILENT_TERMINAL, Report, report
from hardware.holder import holder_of
from hardware.interfaces.device import AnyDevice, DeviceOptions, DeviceStatus
from hardware.registry import Devices
from hardware.vendor_mode.settings import VendorModeSettings
from hardware.wording import texts

LOOK_SECONDS = 1.0
"""From one look to the next."""


async def looks(
    config: Mapping[str, DeviceOptions], lending: VendorModeSettings, seconds: float | None
) -> AsyncIterator[list[Report]]:
    """How the devices are, again and again, for so many seconds or for ever.

    What a terminal has is told by it, and stays with it; the others are opened and asked. A terminal that
    starts meanwhile gets the ports of its devices at the next look.
    """
    end = None if seconds is None else time.monotonic() + seconds
    told = await known(lending.folder)
    own = {
        name: options for name, options in config.items() if key_of(name, options.port) not in told.reports
    }
    devices = Devices(own)
    ours = dict(devices.all)
    try:
        await devices.open()
        while True:
            yield [await _look(name, options, told, ours.get(name)) for name, options in config.items()]
            if end is not None and time.monotonic() + LOOK_SECONDS > end:
                return
            await asyncio.sleep(LOOK_SECONDS)
            told = await known(lending.folder)
            claimed = [name for name in ours if key_of(name, config[name].port) in told.reports]
            await asyncio.gather(*(ours.pop(name).close() for name in claimed))
    finally:
        await devices.close()


async def _look(name: str, options: DeviceOptions, told: Known, device: AnyDevice | None) -> Report:
    if (found := told.reports.get(key_of(name, options.port))) is not None:
        return found
    if device is None:  # the terminal that had it is gone, or hangs
        return Report(
            device=name,
            driver=options.driver,
            port=options.port,
            simulated=False,
            status=DeviceStatus.UNKNOWN,
            findings=(SILENT_TERMINAL,) if told.silent else (GONE_TERMINAL,),
        )
    status = await device.status()
    busy = status.device is DeviceStatus.DEVICE_BUSY
    found = report(device, status, None, holder=holder_of(options.port) if busy else None)
    return of_silent(found, told.silent)


class Changes:
    """Which devices are not as they were at the last look."""

    def __init__(self) -> None:
        self._last: dict[str, Report] = {}

    def of(self, reports: Sequence[Report]) -> list[Report]:
        """Those that changed; at the first look all."""
        changed = [one for one in reports if self._last.get(one.device) != one]
        self._last = {one.device: one for one in reports}
        return changed


def table(reports: Sequence[Report], since: Mapping[str, datetime], language: Language) -> Table:
    """What is shown. since: when each device became as it is."""
    text = texts(language)
    shown = Table(expand=True, show_lines=True)
    for column in ("device", "state", "parts", "since", "advice"):
        shown.add_column(text(f"watch.{column}"), overflow="fold")  # Chinese has no spaces to break at
    for one in reports:
        colour = "green" if one.fine else "red"
        mark = f"\n[{text('diagnose.simulated')}]" if one.simulated else ""
        shown.add_row(
            Text(f"{text(f'device.{one.device}')}\n{one.port}{mark}"),
            Text(text(f"state.{one.status.value}"), style=colour),
            Text("\n".join(part_sentences(one.parts, language))),
            Text(f"{since[one.device]:%H:%M:%S}"),
            Text("\n".join(one.advised(language))),
        )
    return shown
