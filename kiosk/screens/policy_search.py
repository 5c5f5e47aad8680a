"""What to search for."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from kiosk.input.keyboards.text import TextKeyboard
from kiosk.screens.keyboards import listen
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import PolicySearch
from kiosk.widgets.entry import TextEntry
from kiosk.widgets.mark import error
from kiosk.widgets.text import Text


class PolicySearchScreen(Screen[PolicySearch]):
    """A field and the keyboard for Chinese, pinyin, initials and English."""

    name = "policies.search"

    def draw(self) -> None:
        """The keyboard stands at the lower end."""
        space, t = theme.space, theme.type
        top = self.heading(self.words("search.title"), sub=self.words("search.how"))
        high = round(t.lead * 1.5) + 2 * space.s
        self._field = TextEntry(
            self.width,
            high,
            name="search.entry",
            text=self.page.entered,
            changed=lambda text: self.send(did.Enter(text)),
            wrong=self.page.empty,
        )
        self.put(self._field, 0, top)
        top += high + space.m
        self._below: Widget = (
            error(self.words("search.empty"), self.width)
            if self.page.empty
            else Text(self.words("search.examples"), self.width, colour=theme.colour.soft_ink)
        )
        self.put(self._below, 0, top)
        keyboard = TextKeyboard(round(self.width), self.language, self.surroundings.pinyin)
        self.put(keyboard, 0, self.height - keyboard.height)
        listen(
            keyboard, insert=self._field.insert, backspace=self._field.backspace, done=self.touch(did.Next())
        )

    def actions(self) -> Sequence[Action]:
        """Search."""
        return (Action("search.go", self.words("search.go"), did.Next(), icon="search"),)

    def refresh(self, page: PolicySearch) -> bool:
        """The field shows what was entered already; what was said about it goes."""
        if page.empty:
            return False
        if self.page.empty:
            self.remove_widget(self._below)
            self._field.right_again()
        self.page = page
        return True

    def settle(self) -> None:
        """Takes what is being composed."""
        self._field.insert(self.surroundings.pinyin.accept().committed)
