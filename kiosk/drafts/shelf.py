"""The folder of drafts: one sealed file each, on the disk when it says so, gone after its hour.

In memory stands only by what a draft is found: keyed hashes of its code and of the persons whose card opens
it, and when it is over. The disk has a thread of its own; of several states that come while one is being
written, the last is written.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from foundation.keys import OVERHEAD, CannotOpen, KeyRing
from foundation.log import logger
from foundation.private_file import write_private
from kiosk.drafts.lifetime import Moment, moment
from kiosk.drafts.record import MAX_BYTES, KeptVisit

KEPT_SECONDS = 3600.0
MOST = 40
"""Drafts that are kept at once; of more the oldest goes."""
SWEEP_SECONDS = 20.0
"""How often it is looked for what is over."""
SUFFIX = ".draft"
_CODE, _PERSON = "kiosk.draft.code", "kiosk.draft.person"

T = TypeVar("T")
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Ticket:
    """By what a draft is found."""

    name: str
    kept_at: Moment
    under_way: bool
    code: bytes = field(repr=False)
    persons: frozenset[bytes] = field(repr=False)


class Shelf:
    """The owner of the folder. `open` it first, `close` it last."""

    def __init__(
        self,
        folder: Path,
        keys: KeyRing,
        *,
        now: Callable[[], Moment] = moment,
        seconds: float = KEPT_SECONDS,
        sweep: float = SWEEP_SECONDS,
    ) -> None:
        """seconds: for which a draft is kept after its last entry, or after the end of its visit; sweep:
        between two looks for old ones."""
        self._folder = folder
        self._keys = keys
        self._now = now
        self._seconds = seconds
        self._sweep_every = sweep
        self._thread = ThreadPoolExecutor(1, "drafts")
        self._tickets: dict[str, Ticket] = {}
        self._wanted: dict[str, KeptVisit | None] = {}
        self._writing: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self.failing = False
        """Whether the disk did not take the last one."""
        self.changed: Callable[[], None] = lambda: None
        """Is told when drafts come or go."""

    async def open(self, standing: float) -> None:
        """Reads what lies there; what is over, damaged or sealed with a lost key is removed. Never raises.

        standing: seconds after its last entry for which whoever broke off a visit may still stand there.
        """
        found = await self._in_thread(lambda: self._read_all(standing))
        for name, kept in found.items():
            self._tickets[name] = self._ticket(name, kept)
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    async def close(self) -> None:
        """Once everything is on the disk."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self.settle()
        self._thread.shutdown()

    async def settle(self) -> None:
        """Waits until the disk is as it should be."""
        while self._writing is not None:
            await asyncio.wait({self._writing})

    def new_name(self) -> str:
        """A name that no draft has."""
        return uuid4().hex

    def put(self, name: str, kept: KeptVisit) -> None:
        """Has a draft brought to the disk, in place of the state before."""
        self._tickets[name] = self._ticket(name, kept)
        self._want(name, kept)
        others = sorted(
            (one for one in self._tickets.values() if one.name != name),
            key=lambda one: one.kept_at.age(self._now()),
        )
        for old in others[MOST - 1 :]:
            log.warning("draft_pushed_out")
            self.remove(old.name)

    def remove(self, name: str) -> None:
        """Has a draft wiped."""
        if self._tickets.pop(name, None) is not None or name in self._wanted:
            self._want(name, None)

    async def take(self, name: str) -> KeptVisit | None:
        """What a draft says, or None where it is over or cannot be read. It stays on the disk."""
        await self.settle()
        if name not in self._tickets or self._over(self._tickets[name].kept_at):
            self.remove(name)
            return None
        kept = await self._in_thread(lambda: self._read(self._folder / f"{name}{SUFFIX}"))
        if kept is None:
            self.remove(name)
        return kept

    def by_code(self, code: str) -> str | None:
        """The draft that a code opens."""
        wanted = self._keys.index(code, _CODE)
        return next((one.name for one in self._left() if one.code == wanted), None)

    def of_person(self, identity_number: str) -> str | None:
        """The latest draft that a card opens."""
        wanted = self._keys.index(identity_number, _PERSON)
        return next((one.name for one in self._left() if wanted in one.persons), None)

    @property
    def broken_off(self) -> str | None:
        """The draft of a visit that nobody ended."""
        return next((one.name for one in self._fresh() if one.under_way), None)

    @property
    def any_left(self) -> bool:
        """Whether somebody left a draft here."""
        return any(True for _ in self._left())

    def _fresh(self) -> Iterator[Ticket]:
        """Those that are not over, the latest first."""
        now = self._now()
        for one in sorted(self._tickets.values(), key=lambda one: one.kept_at.age(now)):
            if not self._over(one.kept_at):
                yield one

    def _left(self) -> Iterator[Ticket]:
        return (one for one in self._fresh() if not one.under_way)

    def _over(self, kept_at: Moment) -> bool:
        return kept_at.age(self._now()) >= self._seconds

    def _ticket(self, name: str, kept: KeptVisit) -> Ticket:
        persons = frozenset(self._keys.index(number, _PERSON) for number in kept.persons)
        return Ticket(name, kept.kept_at, kept.under_way, self._keys.index(kept.code, _CODE), persons)

    async def _sweep(self) -> None:
        """Removes what is over, but for the draft of the visit under way: its resident may have been reading
        for an hour, and is promised that it can be taken up again."""
        while True:
            await asyncio.sleep(self._sweep_every)
            for one in tuple(self._tickets.values()):
                if not one.under_way and self._over(one.kept_at):
                    self.remove(one.name)
                    self.changed()

    # The disk.

    def _want(self, name: str, kept: KeptVisit | None) -> None:
        self._wanted[name] = kept
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_wanted())

    async def _write_wanted(self) -> None:
        try:
            while self._wanted:
                name, kept = next(iter(self._wanted.items()))
                del self._wanted[name]
                self.failing = not await self._in_thread(partial(self._write, name, kept))
        finally:
            self._writing = None

    def _write(self, name: str, kept: KeptVisit | None) -> bool:
        """Whether the disk is now so."""
        file = self._folder / f"{name}{SUFFIX}"
        plain = None if kept is None else _encoded(kept)
        try:
            if plain is None:
                file.unlink(missing_ok=True)
                _sync(self._folder)
                return kept is None
            write_private(file, self._keys.seal(plain, _context(name)))
        except OSError as error:
            log.error("draft_not_kept", reason=error.strerror)
            return False
        return True

    def _read_all(self, standing: float) -> dict[str, KeptVisit]:
        found: dict[str, KeptVisit] = {}
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for file in (*self._folder.glob(f"*{SUFFIX}"), *self._folder.glob(f"*{SUFFIX}.*.part")):
                kept = self._read(file) if file.suffix == SUFFIX else None
                if kept is None or self._over(kept.kept_at):
                    file.unlink(missing_ok=True)
                    continue
                # From here on the clock that nobody can set measures it.
                kept_at = kept.kept_at.carried(self._now())
                there = kept.under_way and kept_at.spent <= standing
                kept = kept.model_copy(update={"kept_at": kept_at, "under_way": there})
                self._write(file.stem, kept)
                found[file.stem] = kept
        return found

    def _read(self, file: Path) -> KeptVisit | None:
        try:
            with file.open("rb") as opened:
                sealed = opened.read(MAX_BYTES + OVERHEAD + 1)
            return KeptVisit.decode(self._keys.open(sealed, _context(file.stem)))
        except (OSError, CannotOpen, ValueError) as error:
            log.warning("draft_unreadable", reason=type(error).__name__)
            return None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _encoded(kept: KeptVisit) -> bytes | None:
    """As it is to lie on the disk; None where it cannot."""
    try:
        plain = kept.encode()
    except ValueError as error:  # its text may quote what was entered
        log.error("draft_not_kept", reason=type(error).__name__)
        return None
    return plain if len(plain) <= MAX_BYTES else None


def _context(name: str) -> str:
    return f"kiosk.drafts {name}"


def _sync(folder: Path) -> None:
    """Brings the names in a folder to the disk."""
    if not folder.exists():
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
