"""Who is there: a PIN, or a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kiosk.input.keyboards.digits import DigitKeyboard
from kiosk.screens.keyboards import listen, pad_width
from kiosk.screens.screen import Action, Screen
from kiosk.technician.pages import PinEntry, Refused
from kiosk.technician.wording import wording
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.keypad import KEYED
from kiosk.widgets.box import stack
from kiosk.widgets.entry import Entry
from kiosk.widgets.mark import error
from kiosk.widgets.text import TIGHT, Text, fitting


class PinEntryScreen(Screen[PinEntry]):
    """A field of dots and a pad; nothing says what was typed."""

    name = "technician.pin"

    def draw(self) -> None:
        """The pad stands at the lower end, or at the right where the window lies."""
        said, space, t, c = wording(self.language), theme.space, theme.type, theme.colour
        wide = pad_width(self.width)
        room = self.width if theme.portrait else self.width - wide - space.xl
        keyboard = DigitKeyboard(wide, self.language)
        listen(
            keyboard,
            insert=lambda text: self.send(did.Insert(text)),
            backspace=self.touch(did.Erase()),
            done=self.touch(did.Next()),
        )
        if theme.portrait:
            self.put(keyboard, (self.width - wide) / 2, self.height - keyboard.height)
        else:
            self.put(keyboard, self.width - wide, 0)
        title = Text(
            said("pin.title"), room, size=t.title, bold=True, leading=TIGHT, role="heading", name="page.title"
        )
        hint = said("pin.hint_card" if self.page.card else "pin.hint")
        if self.page.checking:
            hint = said("pin.checking")
        under = Text(hint, room, colour=c.soft_ink, leading=1.4, balanced=True)
        above = stack(room, [title, under], space.s)
        self.put(above, 0, 0)
        self._room, self._at = room, above.height + space.l
        self._entry: Entry | None = None
        below = self._at + self._show() + space.l
        if self.page.refused is not None:
            self.put(error(self._why(self.page.refused), room), 0, below)

    def actions(self) -> Sequence[Action]:
        """In."""
        said = wording(self.language)
        return (Action("technician.enter", said("pin.enter"), did.Next(), icon="next", icon_after=True),)

    def refresh(self, page: PinEntry) -> bool:
        """Digits come and go in place."""
        same = replace(page, digits=0) == replace(self.page, digits=0)
        self.page = page
        if same:
            self._show()
        return same

    def _show(self) -> float:
        """Shows a dot for each digit; gives the height of the field."""
        if self._entry is not None:
            self.remove_widget(self._entry)
        t, dots = theme.type, KEYED * self.page.digits
        self._entry = Entry(
            self._room,
            name="technician.pin",
            text=dots,
            size=fitting(
                dots, self._room - 3 * theme.space.m, (t.title, t.heading, t.body), lines=1, bold=True
            ),
            empty=wording(self.language)("pin.empty"),
            wrong=self.page.refused is not None,
        )
        self.put(self._entry, 0, self._at)
        return float(self._entry.height)

    def _why(self, refused: Refused) -> str:
        locked = self.page.locked
        return wording(self.language)(
            f"refused.{refused.value}", count=self.page.left, time=locked[self.language] if locked else ""
        )
