"""Which keyboard an answer takes, and how what was entered is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from backend_client.forms.form import Field, FieldType
from foundation.language import Language
from kiosk.input.keyboards.date import DateKeyboard
from kiosk.input.keyboards.date_either import DateEither
from kiosk.input.keyboards.digits import DigitKeyboard, IdentityKeyboard, MoneyKeyboard, PhoneKeyboard
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.theme import theme

PADS: dict[FieldType, type[DigitKeyboard | MoneyKeyboard]] = {
    FieldType.DIGITS: DigitKeyboard,
    FieldType.MONEY: MoneyKeyboard,
    FieldType.IDENTITY_NUMBER: IdentityKeyboard,
    FieldType.PHONE_NUMBER: PhoneKeyboard,
}


def pad_width(width: float) -> int:
    """Width of a pad in a screen of that width: all of it, or the right part where the window lies."""
    return round(width * (1 if theme.portrait else 0.43))


def listen(
    keyboard: Keyboard,
    *,
    insert: Callable[[str], None],
    backspace: Callable[[], None],
    done: Callable[[], None],
) -> Keyboard:
    """Has a keyboard's events done."""
    keyboard.bind(
        on_insert=lambda _, text: insert(text), on_backspace=lambda _: backspace(), on_done=lambda _: done()
    )
    return keyboard


def date_keyboard(
    width: int,
    language: Language,
    field: Field,
    *,
    text: str,
    today: date,
    entered: Callable[[str], None],
) -> Keyboard:
    """A keyboard for dates, which shows what it has; `entered` is told after each key."""
    latest = min(field.max_date, today) if field.not_in_future else field.max_date
    keyboard: DateKeyboard | DateEither
    if field.min_date <= latest:
        keyboard = DateEither(width, language, text, (field.min_date, latest), today)
    else:  # no day does, which the resident is told once one is typed
        keyboard = DateKeyboard(width, language, text)
    keyboard.bind(text=lambda _, now: entered(now))
    return keyboard


def grouped(kind: FieldType, entered: str) -> str:
    """Digits in groups that can be checked against a card or a phone: 330106 19900307 1234, 138 0013 8000."""
    sizes = {FieldType.IDENTITY_NUMBER: (6, 8, 4), FieldType.PHONE_NUMBER: (3, 4, 4)}.get(kind)
    if not sizes or not re.fullmatch(r"[0-9X]*", entered):
        return entered
    if kind is FieldType.PHONE_NUMBER and not entered.startswith("1"):
        return entered
    groups, at = [], 0
    for size in (*sizes, len(entered)):
        if at < len(entered):
            groups.append(entered[at : at + size])
        at += size
    return " ".join(groups)
