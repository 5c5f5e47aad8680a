"""Digits from a keypad, for those pages that ask for digits and only while they are shown.

What is keyed in stays in the pad until its enter key is pressed, and is then what touches would have been.
The page shows how many keys were pressed, not which.

Whoever listens to the terminal (`Keypad.listen`) also walks through pages with the keys that are no digits,
and keys in dates, amounts and letters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from backend_client.forms.form import FieldType
from foundation.log import logger
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.pin_pad import LONGEST_NUMBER, Digits, FunctionKey, PinPad, PinPadError
from kiosk.visit import events as did
from kiosk.visit.keyed_in import joined
from kiosk.visit.pages import (
    AddressEntry,
    KeypadTrouble,
    OfficeCode,
    Page,
    PolicySearch,
    Question,
    ReasonEntry,
    ReferenceEntry,
    SuffixEntry,
    TakeUpCode,
)
from kiosk.visit.progress import OFFICE_CODE_LENGTH, REFERENCE_LENGTH, SUFFIX_LENGTH
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

KEYED = "•"
"""On the screen, a digit that a keypad holds: that there is one, not which."""
ENTRY_SECONDS = 30.0
"""A pad waits so long for a key; while the page is shown the next entry begins at once."""
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

DATE_DIGITS = 8
LONGEST_WAIT = 32.0
"""Seconds between two tries to hear keys from a pad that does not answer."""

DigitsPage = ReferenceEntry | SuffixEntry | OfficeCode | TakeUpCode | Question


class Entering(Enum):
    """What is keyed in as digits; the values name sentences of the catalogue that say how."""

    DIGITS = "speak.key_digits"
    DATE = "speak.key_date"
    MONEY = "speak.key_money"
    LETTERS = "speak.key_letters"


class OutOfOrder(Exception):
    """The pad says of itself that it is not to be used."""


class Keypad(Chapter):
    """Owns the entry on the pad, and what is said of the pad."""

    def __init__(self, visit: Visit, pad: PinPad | None) -> None:
        self._visit = visit
        self._pad = pad
        self._asker: tuple[object, ...] | None = None
        self._entered = ""
        self._held = 0
        """How many digits the pad holds."""
        self._trouble: KeypadTrouble | None = None
        self._entering: asyncio.Task[None] | None = None
        """The latest; it may have to end yet."""
        self._question: tuple[object, ...] = ()
        self._walking = False
        self._lost = False
        """Whether the pad held digits when something came to lie over the page."""
        self._pressed: Callable[[FunctionKey], None] | None = None
        self._letters: Callable[[str], None] = lambda digits: None
        self._counted: Callable[[int | None], None] = lambda keys: None

    def listen(
        self,
        *,
        pressed: Callable[[FunctionKey], None],
        letters: Callable[[str], None],
        counted: Callable[[int | None], None],
    ) -> None:
        """Has somebody told of keys. pressed: one that is no digit, where no digits are keyed in; letters:
        the digits that stand for them; counted: how many digits the pad holds, None where somebody who
        listens is done with keying in."""
        self._pressed, self._letters, self._counted = pressed, letters, counted
        self.renew()

    @property
    def entering(self) -> Entering | None:
        """What is being keyed in, where somebody listens."""
        if self._pad is None or self._asker is None or self._asker == _KEYS:
            return None
        return _entering(self._visit.page, listened=True)

    def walk(self) -> None:
        """From now on the keys walk through this page."""
        self._walking = True
        self._begin(self._visit.page)

    def enter(self) -> None:
        """From now on digits are keyed in again, where this page asks for what they can say."""
        self._walking = False
        self._begin(self._visit.page)

    def renew(self) -> None:
        """Somebody began to listen, or ended."""
        self._walking = False
        self._begin(self._visit.page)

    def covered(self, *, covered: bool) -> None:
        """Meanwhile keys work on what lies over the page. Digits that the pad held then are gone, which the
        page says once it can be seen again."""
        page = self._visit.page
        if covered and isinstance(page, DigitsPage) and page.keyed:
            self._lost, self._held = True, 0
            self._visit.show(replace(page, keyed=0))
        self._begin(self._visit.page)
        if self._lost and not covered:
            self._lost = False
            self._say(KeypadTrouble.LOST)

    def page_changed(self, page: Page) -> None:
        """Another page that asks begins another entry: nobody's digits get onto the next page."""
        if self._question != (question := _question(page)):
            self._question, self._walking, self._lost = question, False, False
        self._begin(page)

    def _begin(self, page: Page) -> None:
        asker = self._wanted(page)
        if asker == self._asker:
            self._keep_saying(page)
            return
        before = self._entering
        self._stop()
        if asker is None or self._pad is None:
            return
        self._asker = asker
        if asker == _KEYS:
            work = self._hear(self._pad, before)
        else:
            self._entered = page.entered if isinstance(page, DigitsPage) else ""
            work = self._enter(self._pad, before)
        self._entering = asyncio.get_running_loop().create_task(work)

    def _wanted(self, page: Page) -> tuple[object, ...] | None:
        """What the pad is to wait for: digits for a page, else keys where somebody hears of them."""
        listened = self._visit.hearing.speaking
        if not self._walking and not self._visit.covered and _entering(page, listened=listened):
            return _question(page)
        return _KEYS if self._pressed else None

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
                    forgotten = self._held > 0 and error.code is PinPadError.ENTRY_TIMEOUT
                    self._count(0)
                    if forgotten:
                        self._say(KeypadTrouble.FORGOTTEN)
                    if error.code is PinPadError.ENTRY_CANCELED:
                        self._cancelled()
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
                    self._take(digits.text())
                continue
            await asyncio.sleep(AGAIN_SECONDS)

    def _cancelled(self) -> None:
        """Whoever listens comes to the buttons of the page first."""
        if self._visit.hearing.speaking and self._pressed:
            self.walk()
            self._counted(None)
        else:
            self._visit.send(did.Back())

    def _take(self, digits: str) -> None:
        page, most = self._visit.page, _most(self._visit.page)
        match _entering(page, listened=True):
            case Entering.LETTERS:
                self._letters(digits)
                return
            case Entering.DATE:
                self._visit.send(did.Enter(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}".strip("-")))
            case _ if isinstance(page, Question):
                self._visit.send(did.Enter(joined(page.field, page.entered, digits, most)))
            case _:
                before = len(page.entered) if isinstance(page, DigitsPage) else 0
                for _ in range(before if before + len(digits) > most else 0):
                    self._visit.send(did.Erase())
                self._visit.send(did.Insert(digits))
        self._visit.send(did.Next())

    async def _hear(self, pad: PinPad, before: asyncio.Task[None] | None) -> None:
        """Tells of every key that is no digit."""
        if before is not None:
            await asyncio.wait({before})
        wait = AGAIN_SECONDS
        while self._asker == _KEYS and self._pressed:
            try:
                key = await self._visit.turns.trying(lambda: pad.function_key(timeout=ENTRY_SECONDS))
            except DeviceError as error:
                if error.completion is CompletionCode.UNSUPPORTED_COMMAND:
                    return
                if not _nothing_wrong(error):
                    await asyncio.sleep(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
            else:
                wait = AGAIN_SECONDS
                self._pressed(key)

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
        self._held = keys
        page = self._visit.page
        if self._asker is None or _question(page) != self._asker:
            return
        if keys:
            self._visit.touched()
            self._trouble = None
        self._counted(keys)
        if isinstance(page, DigitsPage) and page.keyed != keys:
            self._visit.show(replace(page, keyed=keys, keypad=self._trouble))

    # What is said of the pad.

    def _say(self, trouble: KeypadTrouble | None) -> None:
        self._trouble = trouble
        self._keep_saying(self._visit.page)

    def _keep_saying(self, page: Page) -> None:
        """The page may have been made anew. What was lost is no news once something was entered."""
        if self._asker is None or _question(page) != self._asker or not isinstance(page, DigitsPage):
            return
        if page.entered != self._entered:
            self._entered = page.entered
            if self._trouble in (KeypadTrouble.LOST, KeypadTrouble.FORGOTTEN):
                self._trouble = None
        if page.keypad is not self._trouble:
            self._visit.show(replace(page, keypad=self._trouble))


def _nothing_wrong(error: DeviceError) -> bool:
    """Whether an entry ended as entries may: nobody pressed a key, or the cancel key."""
    return error.code in (PinPadError.ENTRY_TIMEOUT, PinPadError.ENTRY_CANCELED)


_KEYS = ("keys",)
"""Stands for the keys that are no digits, for whoever listens."""


def _question(page: Page) -> tuple[object, ...]:
    """The same for as long as it is the same question."""
    match page:
        case SuffixEntry(reference=reference) | OfficeCode(reference=reference):
            return (type(page), reference)
        case Question(field=field):
            return (type(page), field.id)
        case _:
            return (type(page),)


def _entering(page: Page, *, listened: bool) -> Entering | None:
    """What can be keyed in as digits. listened: somebody hears how."""
    match page:
        case ReferenceEntry() | SuffixEntry() | OfficeCode() | TakeUpCode():
            return Entering.DIGITS
        case Question(field=field) if field.type in LENGTHS:
            return Entering.DIGITS
        case Question(field=field) if listened and field.type in _LISTENED:
            return _LISTENED[field.type]
        case PolicySearch() | ReasonEntry() | AddressEntry() if listened:
            return Entering.LETTERS
        case _:
            return None


_LISTENED = {
    FieldType.DATE: Entering.DATE,
    FieldType.MONEY: Entering.MONEY,
    FieldType.TEXT: Entering.LETTERS,
}


def _most(page: Page) -> int:
    """How many digits the page takes."""
    match page:
        case ReferenceEntry():
            return REFERENCE_LENGTH
        case SuffixEntry():
            return SUFFIX_LENGTH
        case OfficeCode() | TakeUpCode():
            return OFFICE_CODE_LENGTH
        case Question(field=field) if field.type in LENGTHS:
            return min(field.max_length or LENGTHS[field.type], LONGEST_NUMBER)
        case Question(field=field) if field.type is FieldType.DATE:
            return DATE_DIGITS
        case _:
            return LONGEST_NUMBER
