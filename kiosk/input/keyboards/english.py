"""Letters for English, names and numbers mixed with letters."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards import letters
from kiosk.input.keyboards.keyboard import Keyboard, height_of
from kiosk.input.keyboards.layout import Act, Key
from kiosk.theme import theme


class EnglishKeyboard(Keyboard):
    """QWERTY with capitals, digits and symbols.

    Shift is for one letter; touched twice it stays.
    """

    def __init__(self, width: int, language: Language, height: int = 0) -> None:
        """height: in pixels, where another keyboard stands in the same place; its keys grow to fill it."""
        super().__init__(width, height or height_of(letters.ENGLISH), language)
        self._row = (round(self.height) - 2 * theme.space.xs) // letters.ENGLISH.rows
        self._locked = False
        self._show(letters.ENGLISH, self._row)

    def _touched(self, key: Key) -> None:
        match key.act:
            case Act.SHIFT:
                self._shift()
            case Act.SYMBOLS:
                self._show(letters.ENGLISH_SYMBOLS, self._row)
            case Act.LETTERS:
                self._lower()
            case Act.SCRIPT:
                self._lower()
                super()._touched(key)
            case _:
                if self._capitals and not self._locked and key.insert.isalpha():
                    self._lower()
                super()._touched(key)

    @property
    def _capitals(self) -> bool:
        return self._board is self._boards.get(letters.ENGLISH_CAPITALS.name)

    def _shift(self) -> None:
        if not self._capitals:
            shift = self._show(letters.ENGLISH_CAPITALS, self._row).cap("shift")
            shift.set_icon("shift_once")
        elif not self._locked:
            self._locked = True
            shift = self._show(letters.ENGLISH_CAPITALS, self._row).cap("shift")
            shift.set_icon("shift_locked")
        else:
            self._lower()
            return
        shift.inspect_chosen = True

    def _lower(self) -> None:
        self._locked = False
        self._show(letters.ENGLISH, self._row)
