"""A date, typed or chosen: digits are quicker for a day of birth, steps for a day near today."""

from __future__ import annotations

from datetime import date

from kivy.properties import StringProperty

from foundation.language import Language
from kiosk.input.keyboards.date import DateKeyboard
from kiosk.input.keyboards.date_steps import DateSteps
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.input.keyboards.wheels import DateWheels


class DateEither(Keyboard):
    """Begins with digits; a key leads to steps, and another back. Both are of one height.

    Steps begin with the date that was typed, where the bounds allow it, else with the day nearest to today.
    What they show is entered: who sees the right day has only to go on. `text` is what stands there, as the
    keyboards say it. Events: ``on_done()``.
    """

    text = StringProperty("")
    _now: DateKeyboard | DateWheels

    def __init__(self, width: int, language: Language, text: str, bounds: tuple[date, date], today: date):
        """text: what stands there already; bounds: the earliest and the latest day that can be chosen."""
        self._language = language
        self._bounds = bounds
        self._today = today
        typed = DateKeyboard(width, language, text, turns=True)
        super().__init__(width, typed.height, language, bed=False)
        self._put(typed)

    def _turn(self) -> None:
        wide = round(self.width)
        self.remove_widget(self._now)
        if isinstance(self._now, DateWheels):
            self._put(DateKeyboard(wide, self._language, self.text, turns=True))
        else:
            self._put(DateWheels(wide, self._language, self._steps(), turns=True))

    def _put(self, keyboard: DateKeyboard | DateWheels) -> None:
        self._now = keyboard
        self.add_widget(keyboard)
        keyboard.bind(
            text=lambda _, now: setattr(self, "text", now),
            on_done=lambda _: self.dispatch("on_done"),
            on_turn=lambda _: self._turn(),
        )
        self.text = keyboard.text

    def _steps(self) -> DateSteps:
        earliest, latest = self._bounds
        try:
            typed = date.fromisoformat(self.text)
        except ValueError:
            typed = self._today
        if not earliest <= typed <= latest:
            typed = self._today
        return DateSteps(max(earliest, min(typed, latest)), earliest, latest)
