"""Digits from a keypad, for those pages that ask for digits and only while they are shown.

What is keyed in stays in the pad until its enter key is pressed, and is then what touches would have been.
The page shows how many keys were pressed, not which.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from backend_client.forms.form import FieldType
from foundation.log import logger
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.pin_pad import LONGEST_NUMBER, Digits, PinPad, PinPadError
from kiosk.visit import events as did
from kiosk.visit.pages import Page, Question, ReferenceEntry, SuffixEntry
from kiosk.visit.progress import REFERENCE_LENGTH, SUFFIX_LENGTH
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

ENTRY_SECONDS = 30.0
"""A pad waits for no entry longer; while the page is shown the next one begins at once."""
AGAIN_SECONDS = 5.0
"""After a pad failed, until it is asked again."""
LENGTHS = {FieldType.DIGITS: LONGEST_NUMBER, FieldType.IDENTITY_NUMBER: 18, FieldType.PHONE_NUMBER: 16}
"""Kinds of answers that can be keyed in, and their greatest lengths where the form sets none."""

DigitsPage = ReferenceEntry | SuffixEntry | Question


class Keypad(Chapter):
    """Owns the entry on the pad."""

    def __init__(self, visit: Visit, pad: PinPad | None) -> None:
        self._visit = visit
        self._pad = pad
        self._asker: tuple[object, ...] | None = None
        self._entering: asyncio.Task[None] | None = None

    def page_changed(self, page: Page) -> None:
        """Another page that asks begins another entry: nobody's digits get onto the next page."""
        asker = _asker(page)
        if asker == self._asker:
            return
        self._stop()
        if asker is not None and self._pad is not None:
            self._asker = asker
            self._entering = asyncio.get_running_loop().create_task(self._enter(self._pad))

    def wipe(self) -> None:
        """Ends the entry; the pad forgets what was keyed in."""
        self._stop()

    def _stop(self) -> None:
        if self._entering and self._entering is not asyncio.current_task():
            self._entering.cancel()
        self._entering = self._asker = None

    async def _enter(self, pad: PinPad) -> None:
        asker = self._asker
        while self._asker is asker:
            try:
                digits = await self._visit.turns.trying(lambda: self._keyed(pad))
            except DeviceError as error:
                if not await self._goes_on(error):
                    return
                continue
            with digits:
                self._count(0)
                self._visit.send(did.Insert(digits.text()))
            self._visit.send(did.Next())

    async def _keyed(self, pad: PinPad) -> Digits:
        most = _most(self._visit.page)
        return await pad.enter_digits(timeout=ENTRY_SECONDS, maximum=most, on_count=self._count)

    async def _goes_on(self, error: DeviceError) -> bool:
        """What an entry that failed means; whether there can be another."""
        self._count(0)
        match error.code, error.completion:
            case PinPadError.ENTRY_TIMEOUT, _:
                return True
            case PinPadError.ENTRY_CANCELED, _:
                self._visit.send(did.Back())
                return True
            case _, CompletionCode.UNSUPPORTED_COMMAND | CompletionCode.UNSUPPORTED_DATA:
                return False
        log.info("keypad_failed", completion=error.completion.value, code=error.code and error.code.value)
        await asyncio.sleep(AGAIN_SECONDS)
        return True

    def _count(self, keys: int) -> None:
        page = self._visit.page
        if _asker(page) is None or _asker(page) != self._asker:
            return
        assert isinstance(page, DigitsPage)
        if keys:
            self._visit.touched()
        if page.keyed != keys:
            self._visit.show(replace(page, keyed=keys))


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
