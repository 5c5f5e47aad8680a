"""What the menu reaches of the terminal. Whoever puts the terminal together fills it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from backend_client.client import BackendClient
from hardware.registry import Devices
from kiosk.settings import KioskSettings
from kiosk.technician.own_settings import Matrix, SettingsKeeper
from kiosk.technician.version import Updates
from kiosk.visit.visit import Visit


@dataclass(frozen=True, slots=True)
class Reach:
    """lent: whether another program of a technician has the devices now; log: its latest lines, the oldest
    first; clock_offset: seconds by which this clock is ahead of the backend's, None where not known; correct:
    has touches corrected from now on, None: no more; restart: ends the program, which is started anew."""

    settings: KioskSettings
    visit: Visit
    devices: Devices
    client: BackendClient
    keeper: SettingsKeeper
    updates: Awaitable[Updates]
    zone: ZoneInfo
    lent: Callable[[], bool]
    log: Callable[[], Sequence[str]]
    clock_offset: Callable[[], float | None]
    correct: Callable[[Matrix | None], None]
    restart: Callable[[], None]

    @property
    def folder(self) -> Path:
        """Where the terminal keeps its data."""
        return self.settings.data / self.settings.room
