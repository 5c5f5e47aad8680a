"""Getting the devices from the terminal that has them, and what it says of them without giving them away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hardware.diagnosing.report import Report
from hardware.vendor_mode.client import (
    Progress,
    RunningTerminal,
    Unresponsive,
    connected,
    running_terminals,
)
from hardware.vendor_mode.lines import Ended, Refused
from hardware.vendor_mode.places import places

Wanted = tuple[str, str]
"""A device: its class, and its port as the configuration names it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What terminals say of their devices. silent: processes of terminals that do not answer."""

    reports: dict[Wanted, Report]
    silent: tuple[int, ...]


async def known(folder: Path) -> Known:
    """Asks every terminal of this machine. No device is touched."""
    reports: dict[Wanted, Report] = {}
    silent = []
    for place in places(folder):
        try:
            async with connected(place) as terminal:
                told = [_report(one, place.process) for one in await terminal.devices()]
        except Unresponsive:
            silent.append(place.process)
        except (Ended, Refused):
            continue
        else:
            reports.update({(one.device, _port(one.port)): one for one in told if one})
    return Known(reports, tuple(silent))


@asynccontextmanager
async def borrowed(
    wanted: Collection[Wanted], folder: Path, *, now: bool, told: Callable[[Progress], None]
) -> AsyncIterator[Callable[[], None]]:
    """The terminals that have one of these devices are in vendor mode while the block runs; gives what has to
    be called whenever somebody works on. Raises Refused, Ended, Unresponsive and Reclaimed."""
    keys = {(device, _port(port)) for device, port in wanted}
    async with AsyncExitStack() as stack:
        having = [one for one in await running_terminals(folder) if keys & _devices(one)]
        connections = []
        for terminal in having:
            connection = await stack.enter_async_context(connected(terminal.place))
            await stack.enter_async_context(connection.vendor_mode(now=now, told=told))
            connections.append(connection)

        def extend() -> None:
            for connection in connections:
                connection.extend()

        yield extend


def key_of(device: str, port: str) -> Wanted:
    """As `Known.reports` has it: links lead to the same port."""
    return device, _port(port)


def _devices(terminal: RunningTerminal) -> set[Wanted]:
    return {(str(one.get("device")), _port(str(one.get("port")))) for one in terminal.devices}


def _port(port: str) -> str:
    return str(Path(port).resolve()) if port.startswith("/") else port


def _report(told: dict[str, Any], process: int) -> Report | None:
    try:
        return Report.model_validate({**told, "terminal": process})
    except ValidationError:
        return None  # of another version
