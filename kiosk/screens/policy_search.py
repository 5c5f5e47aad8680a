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
from kiosk.widgets.box import stack
from kiosk.widgets.entry import TextEntry, text_entry_height
from kiosk.widgets.mark import error
from kiosk.widgets.text import TIGHT, Text


class PolicySearchScreen(Screen[PolicySearch]):
    """A field and the keyboard for Chinese, pinyin, initials and English."""

    name = "policies.search"

    def draw(self) -> None:
        """The field stands below the title, or beside it where the window lies; the keyboard at the end."""
        space, t = theme.space, theme.type
        if theme.portrait:
            left, wide = 0.0, self.width
            top = self.heading(self.words("search.title"), sub=self.words("search.how"))
        else:
            side = round(self.width * 0.4)
            left, wide, top = side + space.l, self.width - side - space.l, 0.0
            title = Text(
                self.words("search.title"),
                side,
                size=t.title,
                bold=True,
                leading=TIGHT,
                role="heading",
                name="page.title",
            )
            how = Text(self.words("search.how"), side, colour=theme.colour.soft_ink, leading=1.4)
            self.put(stack(side, [title, how], space.xs), 0, 0)
        high = text_entry_height(1)
        self._field = TextEntry(
            wide,
            high,
            name="search.entry",
            text=self.page.entered,
            changed=lambda text: self.send(did.Enter(text)),
            wrong=self.page.empty,
        )
        self.put(self._field, left, top)
        self._below: Widget = (
            error(self.words("search.empty"), wide)
            if self.page.empty
            else Text(self.words("search.examples"), wide, colour=theme.colour.soft_ink)
        )
        self.put(self._below, left, top + high + space.m)
        self._keyboard = keyboard = TextKeyboard(round(self.width), self.language, self.surroundings.typing)
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
        self._keyboard.settle()
