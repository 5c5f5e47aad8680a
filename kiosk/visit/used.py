"""What is used most stands first: how often each door and service was opened here, by day.

Nothing is kept of who opened it, or when on that day. The order goes by the 30 days before today: it is the
same from one midnight to the next, so that nothing moves under a hand, and over a start in between. What is
used alike stands as the catalogue has it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend_client.catalog import Service
from foundation.log import logger
from foundation.private_file import write_private
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Door, Home, Page, RatingServices
from kiosk.visit.visit import Chapter

FILE = "used.json"
DAYS = 30
"""Before today, that count."""
KEPT_DAYS = 60
"""The latest that were counted: more than count, because a clock may be wrong for a while."""
MOST_NAMES = 500
"""That are counted on a day."""
_MAX_FILE = 1 << 21
_DOOR = "doors/"

T = TypeVar("T")
log = logger(__name__)

_Counts = Annotated[Mapping[str, Annotated[int, Field(ge=1)]], Field(max_length=MOST_NAMES)]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    days: Annotated[Mapping[date, _Counts], Field(max_length=KEPT_DAYS)] = {}


class Used(Chapter):
    """The owner of the counts and their file. In one visit each door and service counts once."""

    def __init__(self, folder: Path, today: Callable[[], date]) -> None:
        """today: the local date of the county."""
        self._file = folder / FILE
        self._today = today
        self._days: dict[date, Counter[str]] = self._read()
        self._opened: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    # The order.

    def services(self, there: Iterable[Service]) -> tuple[Service, ...]:
        """The most used first."""
        return self._ordered(there, lambda service: service.name)

    def doors(self, there: Iterable[Door]) -> tuple[Door, ...]:
        """Likewise; what was kept of a visit is no door of the catalogue, and stays the last."""
        return self._ordered(there, lambda door: "" if door is Door.CONTINUE else _DOOR + door.value)

    def _ordered(self, there: Iterable[T], name: Callable[[T], str]) -> tuple[T, ...]:
        today = self._today()
        counted: Counter[str] = Counter()
        for day, counts in self._days.items():
            if today - timedelta(DAYS) <= day < today:
                counted.update(counts)
        return tuple(sorted(there, key=lambda one: -counted[name(one)]))

    # The counts.

    def take(self, page: Page, event: Event) -> bool:
        """Looks on: what it leads to is for others."""
        match page, event:
            case Home(), did.OpenDoor(door) if door is not Door.CONTINUE:
                self._opened.add(_DOOR + door.value)
            case RatingServices(), _:  # a service that is rated is not used
                pass
            case _, did.OpenService(service) | did.TakeTicket(service):
                self._opened.add(service.name)
        return False

    def wipe(self) -> None:
        """The visit is over: what was opened in it counts for today."""
        if not self._opened:
            return
        day = self._days.setdefault(self._today(), Counter())
        day.update(name for name in self._opened if name in day or len(day) < MOST_NAMES)
        self._opened.clear()
        for old in sorted(self._days)[:-KEPT_DAYS]:
            del self._days[old]
        written = _Kept(days=self._days).model_dump_json().encode()
        self._writing = asyncio.get_running_loop().create_task(self._write(written, self._writing))

    async def settle(self) -> None:
        """Waits until the counts are on the disk."""
        if self._writing:
            await asyncio.wait({self._writing})

    async def _write(self, written: bytes, before: asyncio.Task[None] | None) -> None:
        if before:
            await asyncio.wait({before})
        try:
            await asyncio.to_thread(write_private, self._file, written)
        except OSError as error:  # the order of a menu is worth no more than this
            log.warning("used_not_kept", reason=error.strerror)

    def _read(self) -> dict[date, Counter[str]]:
        """Nothing, where the file cannot be read: the catalogue's order is a good one."""
        try:
            with self._file.open("rb") as opened:
                kept = _Kept.model_validate_json(opened.read(_MAX_FILE))
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            log.warning("used_unreadable", reason=type(error).__name__)
            return {}
        return {day: Counter(counts) for day, counts in kept.days.items()}
