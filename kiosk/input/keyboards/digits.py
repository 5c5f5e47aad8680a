"""Numbers of every kind."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards import pads
from kiosk.input.keyboards.keyboard import Keyboard, height_of
from kiosk.input.keyboards.layout import Layout
from kiosk.theme import theme
from kiosk.widgets.text import TIGHT, Text

ROW = 1.35
"""Height of a row of a pad where the window stands, in least touch targets."""
LEAST_ROW, MOST_ROW, SHARE = 1.25, 1.6, 0.115
"""Where it lies the pad stands beside the question, and a row has that share of the height, within bounds."""


def pad_row() -> int:
    """Height of a row of a pad in pixels."""
    if theme.portrait:
        return round(theme.touch * ROW)
    return round(min(max(theme.room[1] * SHARE, theme.touch * LEAST_ROW), theme.touch * MOST_ROW))


class DigitKeyboard(Keyboard):
    """Digits, nothing else: references, codes."""

    layout: Layout = pads.DIGITS

    def __init__(self, width: int, language: Language) -> None:
        super().__init__(width, height_of(self.layout, pad_row()), language)
        self._show(self.layout, pad_row())


class PhoneKeyboard(DigitKeyboard):
    """Digits of a telephone number."""


class IdentityKeyboard(DigitKeyboard):
    """Digits, and the X that an identity number may end with (GB 11643-1999, 4.2)."""

    layout = pads.IDENTITY


class MoneyKeyboard(Keyboard):
    """Digits and the decimal point; says that yuan are meant."""

    def __init__(self, width: int, language: Language) -> None:
        strip = round(theme.type.lead * TIGHT) + 2 * theme.space.xs
        super().__init__(width, height_of(pads.MONEY, pad_row()) + strip, language)
        unit = Text(
            self._words("money.unit"),
            self._room - 2 * theme.space.s,
            size=theme.type.lead,
            colour=theme.colour.soft_ink,
            leading=TIGHT,
        )
        self.put(unit, theme.space.xs + theme.space.s, theme.space.s)
        self._show(pads.MONEY, pad_row())
