"""A date by steps: a later or earlier year, month, day."""

from __future__ import annotations

from functools import partial

from kivy.properties import StringProperty

from foundation.language import Language
from kiosk.input.keyboards import date_parts, pads
from kiosk.input.keyboards.board import Board
from kiosk.input.keyboards.date_steps import DateSteps, Part
from kiosk.input.keyboards.digits import pad_row
from kiosk.input.keyboards.key_cap import KeyCap
from kiosk.input.keyboards.keyboard import Keyboard, height_of
from kiosk.input.keyboards.layout import Act, Key, Tone
from kiosk.theme import theme
from kiosk.widgets.box import Box

YEAR_DIGITS = 4


class DateWheels(Keyboard):
    """Above and below year, month and day a key that steps, also while it is held; the year can be typed.

    Only dates that exist, between the bounds, can be reached. `text` is the date as ``YYYY-MM-DD``. Events:
    ``on_done()``, and before it ``on_date(date)``; ``on_turn()`` where digits are wanted instead.
    ``on_insert`` and ``on_backspace`` never happen.
    """

    __events__ = ("on_date", "on_turn")
    text = StringProperty("")

    def __init__(self, width: int, language: Language, steps: DateSteps, *, turns: bool = False) -> None:
        """steps: the date to begin with, and its bounds; turns: there is a key for digits."""
        above = date_parts.height() + theme.space.s
        super().__init__(width, height_of(pads.DIGITS, pad_row()) + above, language)
        self._steps = steps
        self._parts: Box | None = None
        self._year: str | None = None
        self._pad = Board(pads.DIGITS, self._room, pad_row(), self._words, self._touched)
        self._pad.say("done", "key.take")
        self._pad.pos = (theme.space.xs, theme.space.xs)
        self._keys = [*self._step_keys(), *self._last_row(turns=turns)]
        self._show_steps()

    def on_date(self, date: object) -> None:
        """Event."""

    def on_turn(self) -> None:
        """Event."""

    def _step_keys(self) -> list[KeyCap]:
        """Plus above the boxes, minus below."""
        row, edge = pad_row(), theme.space.xs
        high = round(row * 1.5)
        bottoms = {-1: edge + row, 1: edge + row + high + date_parts.height() + theme.space.s}
        caps = []
        left = float(edge)
        for part in Part:
            wide = self._room * date_parts.SHARES[part]
            for by, icon, which in ((1, "plus", "more"), (-1, "minus", "less")):
                cap = KeyCap(
                    wide,
                    high,
                    name=f"{part.value}.{which}",
                    touched=partial(self._step, part, by),
                    icon=icon,
                    text=self._words(f"date.{which}.{part.value}"),
                    largest=theme.type.title,
                    repeats=True,
                )
                cap.pos = (round(left), bottoms[by])
                caps.append(cap)
            left += wide
        return caps

    def _last_row(self, *, turns: bool) -> list[KeyCap]:
        """To the digits where they are wanted, and the end over the rest of the width."""
        row, edge = pad_row(), theme.space.xs
        beside = self._room * date_parts.SHARES[Part.YEAR] if turns else 0
        done = KeyCap(
            self._room - beside,
            row,
            name="done",
            touched=self._finish,
            label=self._words("key.done"),
            tone=Tone.STRONG,
        )
        done.pos = (round(edge + beside), edge)
        if not turns:
            return [done]
        digits = KeyCap(
            beside,
            row,
            name=pads.TO_DIGITS.name,
            touched=lambda: self.dispatch("on_turn"),
            label=self._words(pads.TO_DIGITS.message),
            tone=pads.TO_DIGITS.tone,
        )
        digits.pos = (edge, edge)
        return [digits, done]

    def _step(self, part: Part, by: int) -> None:
        self._steps = self._steps.stepped(part, by)
        self._show_parts()

    def _finish(self) -> None:
        self.dispatch("on_date", self._steps.chosen)
        self.dispatch("on_done")

    def _touched(self, key: Key) -> None:
        """A key of the pad that the year is typed on."""
        typed = self._year or ""
        match key.act:
            case Act.INSERT:
                typed += key.insert
            case Act.BACKSPACE:
                typed = typed[:-1]
        self._year = typed
        if key.act is Act.DONE or len(typed) == YEAR_DIGITS:
            self._show_steps()
        else:
            self._show_parts()

    def _part_touched(self, part: Part) -> None:
        if part is Part.YEAR and self._year is None:
            self._year = ""
            self.clear_widgets()
            self.add_widget(self._pad)
            self._show_parts()
        elif part is not Part.YEAR and self._year is not None:
            self._show_steps()

    def _show_steps(self) -> None:
        """Ends typing the year: one with all its digits is taken, as far as the bounds allow."""
        if self._year and len(self._year) == YEAR_DIGITS:
            self._steps = self._steps.in_year(int(self._year))
        self._year = None
        self.clear_widgets()
        for cap in self._keys:
            self.add_widget(cap)
        self._show_parts()

    def _show_parts(self) -> None:
        if self._parts:
            self.remove_widget(self._parts)
        date = self._steps.chosen
        typing = self._year is not None
        self._parts = date_parts.date_parts(
            self._room,
            (self._year if self._year is not None else f"{date:%Y}", f"{date:%m}", f"{date:%d}"),
            self._words,
            self._part_touched,
            active=Part.YEAR if typing else None,
        )
        top = theme.space.s if typing else theme.space.xs + round(pad_row() * 1.5) + theme.space.s / 2
        self.put(self._parts, theme.space.xs, top)
        self.text = date.isoformat()
