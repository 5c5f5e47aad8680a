"""A date by typing its digits."""

from __future__ import annotations

from kivy.properties import StringProperty

from foundation.language import Language
from kiosk.input.keyboards import date_parts, pads
from kiosk.input.keyboards.date_entry import DateEntry
from kiosk.input.keyboards.date_steps import Part
from kiosk.input.keyboards.digits import pad_row
from kiosk.input.keyboards.keyboard import Keyboard, height_of
from kiosk.input.keyboards.layout import Act, Key
from kiosk.theme import theme
from kiosk.widgets.box import Box

PARTS = tuple(Part)


class DateKeyboard(Keyboard):
    """Year, month and day as boxes to touch and fill in, with digits below.

    `text` is what stands there, ``YYYY-MM-DD`` as far as it was typed. It may be no date, such as 30
    February: that is for those who check answers to say. Events: ``on_done()``, and before it
    ``on_date(date)`` where it is a date; ``on_turn()`` where steps are wanted instead. ``on_insert`` and
    ``on_backspace`` never happen.
    """

    __events__ = ("on_date", "on_turn")
    text = StringProperty("")

    def __init__(self, width: int, language: Language, text: str = "", *, turns: bool = False) -> None:
        """text: what stands there already; turns: there is a key for steps."""
        above = date_parts.height() + theme.space.s
        layout = pads.DATE if turns else pads.DIGITS
        super().__init__(width, height_of(layout, pad_row()) + above, language)
        self._entry = DateEntry.of(text)
        self._parts: Box | None = None
        self._show(layout, pad_row())
        self._now(self._entry)

    def on_date(self, date: object) -> None:
        """Event."""

    def on_turn(self) -> None:
        """Event."""

    def _touched(self, key: Key) -> None:
        match key.act:
            case Act.INSERT:
                self._now(self._entry.typed(key.insert))
            case Act.BACKSPACE:
                self._now(self._entry.erased())
            case Act.SCRIPT:
                self.dispatch("on_turn")
            case Act.DONE:
                self._now(self._entry.finished())
                if self._entry.date:
                    self.dispatch("on_date", self._entry.date)
                self.dispatch("on_done")

    def _now(self, entry: DateEntry) -> None:
        self._entry = entry
        if self._parts:
            self.remove_widget(self._parts)
        self._parts = date_parts.date_parts(
            self._room,
            entry.parts,
            self._words,
            lambda part: self._now(self._entry.chosen(PARTS.index(part))),
            active=PARTS[entry.active],
        )
        self.put(self._parts, theme.space.xs, theme.space.s)
        self.text = entry.text
