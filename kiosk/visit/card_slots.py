"""Cards that are still in a reader when their owner goes: shown, flashed and said until they are taken.

A reader that knows whether a card is in it is asked from the moment in which one may have come, read or not,
until it is gone. At the end of a visit the reminder stands for a while; then a reader with a motor takes the
card in. From one without, the card has to come out before another is read there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from foundation.log import logger
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.identity_card_reader import IdentityCardReader
from hardware.interfaces.media import Media
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import CardKind, CardLeft, Page
from kiosk.visit.visit import Chapter, Signal, Visit

log = logger(__name__)

Reader = IdentityCardReader | CardReader
_THERE = (Media.PRESENT, Media.ENTERING, Media.LATCHED, Media.JAMMED)
_AWAY = (DeviceStatus.OFFLINE, DeviceStatus.NO_DEVICE, DeviceStatus.POWER_OFF)


@dataclass(frozen=True, slots=True)
class SlotPace:
    """Seconds. look: between two looks into a reader; left: for which the reminder stands; again: between two
    tones; told: for which it is said that a card was taken in."""

    look: float = 0.5
    left: float = 30.0
    again: float = 5.0
    told: float = 20.0


class CardSlots(Chapter):
    """Owns what is known of cards in readers, and the reminder."""

    def __init__(
        self, visit: Visit, readers: Mapping[CardKind, Reader | None], pace: SlotPace = SlotPace()
    ) -> None:
        self._visit = visit
        self._readers = {kind: reader for kind, reader in readers.items() if reader is not None}
        self._pace = pace
        self._reading: set[CardKind] = set()
        self._inside: set[CardKind] = set()
        self._away: set[CardKind] = set()
        """Readers that did not answer at the last look."""
        self._old: set[CardKind] = set()
        """Where a card may be in of a visit that is over."""
        self._reminded: set[CardKind] = set()
        self._watching: dict[CardKind, asyncio.Task[None]] = {}
        self._reminding: asyncio.Task[None] | None = None
        self._looked = asyncio.Event()

    @contextmanager
    def reading(self, kind: CardKind) -> Iterator[None]:
        """A card may come in while the block runs; whatever came of it, the reader is looked into then."""
        self._reading.add(kind)
        try:
            yield
        finally:
            self._reading.discard(kind)
            self._begin_to_watch(kind)

    def came(self, kind: CardKind) -> None:
        """A card is in there, and is still being read."""
        self._inside.add(kind)
        self._begin_to_watch(kind)

    @property
    def inside(self) -> frozenset[CardKind]:
        """Where a card was seen at the last look."""
        return frozenset(self._inside)

    async def empty(self, kind: CardKind) -> None:
        """Waits until no card of an earlier visit is in a reader. DeviceError where it does not answer."""
        while kind in self._old:
            if kind in self._away:
                raise DeviceError(CompletionCode.CONNECTION_LOST)
            self._looked.clear()
            await self._looked.wait()

    def wipe(self) -> None:
        """What is in a reader now is of nobody who comes."""
        self._old |= self._reading | set(self._watching)

    def left_behind(self) -> Page | None:
        """The reminder, once for each card."""
        kind = next((kind for kind in CardKind if kind in self._inside - self._reminded), None)
        return self._reminder(kind) if kind else None

    def take(self, page: Page, event: Event) -> bool:
        """Knows the reminder."""
        if isinstance(page, CardLeft) and isinstance(event, did.Next):
            self._visit.end("card left")
            return True
        return False

    async def settle(self) -> None:
        """Looks no more."""
        tasks = [*self._watching.values(), *([self._reminding] if self._reminding else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin_to_watch(self, kind: CardKind) -> None:
        if kind not in self._watching:
            self._watching[kind] = asyncio.get_running_loop().create_task(self._watch(kind))

    async def _watch(self, kind: CardKind) -> None:
        """Looks until no card is there. A reader that cannot tell is not asked again."""
        try:
            while (there := await self._look(kind)) is not False:
                if there:
                    self._inside.add(kind)
                    self._remind_late(kind)
                self._looked.set()
                await asyncio.sleep(self._pace.look)
        finally:
            for kinds in (self._inside, self._away, self._old, self._reminded):
                kinds.discard(kind)
            del self._watching[kind]
            self._looked.set()

    async def _look(self, kind: CardKind) -> bool | None:
        """Whether a card is in there; None where nobody can say just now."""
        if kind in self._reading:
            return None
        status = await self._readers[kind].status()
        if kind in self._reading or status.device is DeviceStatus.DEVICE_BUSY:
            return None
        if status.device in _AWAY:
            self._away.add(kind)
            return None
        self._away.discard(kind)
        return status.media in _THERE

    # The reminder.

    def _reminder(self, kind: CardKind) -> CardLeft:
        self._reminded.add(kind)
        log.info("card_left", reader=kind.value)
        self._reminding = asyncio.get_running_loop().create_task(self._remind(kind))
        return CardLeft(kind)

    def _remind_late(self, kind: CardKind) -> None:
        """Whoever went in the middle of the reading is reminded once the card is seen, unless somebody else
        has come."""
        served = self._visit.under_way or self._visit.out_of_service
        if kind in self._old - self._reminded and not served:
            self._visit.open(self._reminder(kind))

    async def _remind(self, kind: CardKind) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._pace.left
        while (left := end - loop.time()) > 0:
            self._visit.signal(Signal.CARD_LEFT)
            watching = self._watching.get(kind)
            if watching is None:
                break
            await asyncio.wait({watching}, timeout=min(self._pace.again, left))
        kept = kind in self._inside and await self._taken_in(kind)
        if not isinstance(self._visit.page, CardLeft):
            return
        if kept:
            self._visit.show(CardLeft(kind, kept=True))
            await asyncio.sleep(self._pace.told)
        if isinstance(self._visit.page, CardLeft):
            self._visit.end("card left" if kind in self._inside or kept else "card taken")

    async def _taken_in(self, kind: CardKind) -> bool:
        """Whether the reader could take the card in."""
        reader = self._readers[kind]
        if not isinstance(reader, CardReader):
            return False
        try:
            if not (await reader.capabilities()).retains:
                return False
            async with self._visit.turns.using():
                await reader.retain_card()
        except DeviceError as error:
            log.warning("card_not_taken_in", completion=error.completion.value)
            return False
        log.info("card_taken_in")
        return True
