"""Digits from a keypad, for those pages that ask for digits and only while they are shown.

What is keyed in stays in the pad until its enter key is pressed, and is then what touches would have been.
The page shows how many keys were pressed, not which.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from backend_client.forms.form import FieldType
from foundation.log import logger
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.pin_pad import LONGEST_NUMBER, Digits, PinPad, PinPadError
from kiosk.visit import events as did
from kiosk.visit.pages import KeypadTrouble, Page, Question, ReferenceEntry, SuffixEntry
from kiosk.visit.progress import REFERENCE_LENGTH, SUFFIX_LENGTH
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

ENTRY_SECONDS = 30.0
"""A pad waits for no entry longer; while the page is shown the next one begins at once."""
AGAIN_SECONDS = 2.0
"""After a pad failed twice, until it is asked again."""
UNUSABLE = frozenset(
    {
        DeviceStatus.OFFLINE,
        DeviceStatus.POWER_OFF,
        DeviceStatus.NO_DEVICE,
        DeviceStatus.HARDWARE_ERROR,
        DeviceStatus.FRAUD_ATTEMPT,
    }
)
"""Of a pad that is not waited for. One that was opened may tell what is keyed in to somebody else."""
LENGTHS = {FieldType.DIGITS: LONGEST_NUMBER, FieldType.IDENTITY_NUMBER: 18, FieldType.PHONE_NUMBER: 16}
"""Kinds of answers that can be keyed in, and their greatest lengths where the form sets none."""

DigitsPage = ReferenceEntry | SuffixEntry | Question


class OutOfOrder(Exception):
    """The pad says of itself that it is not to be used."""


class Keypad(Chapter):
    """Owns the entry on the pad, and what is said of the pad."""

    def __init__(self, visit: Visit, pad: PinPad | None) -> None:
        self._visit = visit
        self._pad = pad
        self._asker: tuple[object, ...] | None = None
        self._entered = ""
        self._trouble: KeypadTrouble | None = None
        self._entering: asyncio.Task[None] | None = None
        """The latest; it may have to end yet."""

    def page_changed(self, page: Page) -> None:
        """Another page that asks begins another entry: nobody's digits get onto the next page."""
        asker = _asker(page)
        if asker == self._asker:
            self._keep_saying(page)
            return
        before = self._entering
        self._stop()
        if asker is not None and self._pad is not None:
            assert isinstance(page, DigitsPage)
            self._asker, self._entered = asker, page.entered
            self._entering = asyncio.get_running_loop().create_task(self._enter(self._pad, before))

    def wipe(self) -> None:
        """Ends the entry; the pad forgets what was keyed in."""
        self._stop()

    def _stop(self) -> None:
        if self._entering and self._entering is not asyncio.current_task():
            self._entering.cancel()
        self._asker = self._trouble = None
        self._entered = ""

    async def _enter(self, pad: PinPad, before: asyncio.Task[None] | None) -> None:
        """before: the entry of another page, which has to end first."""
        asker = self._asker
        failures = 0
        if before is not None:
            await asyncio.wait({before})
        while self._asker is asker:
            try:
                digits = await self._visit.turns.trying(lambda: self._keyed(pad))
            except OutOfOrder:
                self._say(KeypadTrouble.OUT)
            except DeviceError as error:
                if _nothing_wrong(error):
                    failures = 0
                    self._count(0)
                    if error.code is PinPadError.ENTRY_CANCELED:
                        self._visit.send(did.Back())
                    continue
                if error.completion in (CompletionCode.UNSUPPORTED_COMMAND, CompletionCode.UNSUPPORTED_DATA):
                    return
                self._failed(error)
                failures += 1
                if failures == 1:  # one that came to harm on the line does not come to harm again
                    continue
                self._say(self._trouble or KeypadTrouble.OUT)
            else:
                failures = 0
                with digits:
                    self._count(0)
                    self._visit.send(did.Insert(digits.text()))
                self._visit.send(did.Next())
                continue
            await asyncio.sleep(AGAIN_SECONDS)

    async def _keyed(self, pad: PinPad) -> Digits:
        if (await pad.status()).device in UNUSABLE:
            raise OutOfOrder
        if self._trouble is KeypadTrouble.OUT:
            self._say(None)
        most = _most(self._visit.page)
        return await pad.enter_digits(timeout=ENTRY_SECONDS, maximum=most, on_count=self._count)

    def _failed(self, error: DeviceError) -> None:
        """Whoever keyed something in is told that it is gone."""
        page = self._visit.page
        keyed = isinstance(page, DigitsPage) and page.keyed > 0
        self._count(0)
        log.info("keypad_failed", completion=error.completion.value, code=error.code and error.code.value)
        if keyed or error.completion is CompletionCode.INVALID_DATA:  # a key that came to harm is not counted
            self._say(KeypadTrouble.LOST)

    def _count(self, keys: int) -> None:
        page = self._visit.page
        if _asker(page) is None or _asker(page) != self._asker:
            return
        assert isinstance(page, DigitsPage)
        if keys:
            self._visit.touched()
            self._trouble = None
        if page.keyed != keys:
            self._visit.show(replace(page, keyed=keys, keypad=self._trouble))

    # What is said of the pad.

    def _say(self, trouble: KeypadTrouble | None) -> None:
        self._trouble = trouble
        self._keep_saying(self._visit.page)

    def _keep_saying(self, page: Page) -> None:
        """The page may have been made anew. What was lost is no news once something was entered."""
        if self._asker is None or _asker(page) != self._asker:
            return
        assert isinstance(page, DigitsPage)
        if page.entered != self._entered:
            self._entered = page.entered
            if self._trouble is KeypadTrouble.LOST:
                self._trouble = None
        if page.keypad is not self._trouble:
            self._visit.show(replace(page, keypad=self._trouble))


def _nothing_wrong(error: DeviceError) -> bool:
    """Whether an entry ended as entries may: nobody pressed a key, or the cancel key."""
    return error.code in (PinPadError.ENTRY_TIMEOUT, PinPadError.ENTRY_CANCELED)


def _asker(page: Page) -> tuple[object, ...] | None:
    """Who asks for digits, the same for as long as it is the same question; None where nobody does."""
    match page:
        case ReferenceEntry():
            return (type(page),)
        case SuffixEntry(reference=reference):
            return (type(page), reference)
        case Question(field=field) if field.type in LENGTHS:
            return (type(page), field.id)
        case _:
            return None


def _most(page: Page) -> int:
    """How many digits the page takes."""
    match page:
        case ReferenceEntry():
            return REFERENCE_LENGTH
        case SuffixEntry():
            return SUFFIX_LENGTH
        case Question(field=field):
            return min(field.max_length or LENGTHS[field.type], LONGEST_NUMBER)
        case _:
            return LONGEST_NUMBER
