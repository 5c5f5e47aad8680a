"""What opens a case without a card: its reference, then the end of the identity number."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.reference import group
from kiosk.input.keyboards.digits import DigitKeyboard, IdentityKeyboard
from kiosk.screens.keyboards import listen, pad_width
from kiosk.screens.screen import Action, Screen
from kiosk.slip import fours
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.keypad import KEYED
from kiosk.visit.pages import OfficeCode, ReferenceEntry, SuffixEntry, TakeUpCode
from kiosk.widgets.box import Box
from kiosk.widgets.entry import Entry
from kiosk.widgets.mark import error, notice
from kiosk.widgets.press import SECONDARY
from kiosk.widgets.text import TIGHT, Text

DigitsPage = ReferenceEntry | SuffixEntry | OfficeCode | TakeUpCode


class DigitsScreen(Screen[DigitsPage]):
    """A title, a hint, a field and a pad; upright below one another, lying side by side."""

    keyboard: type[DigitKeyboard]

    def draw(self) -> None:
        """The pad stands at the lower end, or at the right."""
        space = theme.space
        wide = pad_width(self.width)
        keyboard = self.keyboard(wide, self.language)
        listen(
            keyboard,
            insert=lambda text: self.send(did.Insert(text)),
            backspace=self.touch(did.Erase()),
            done=self.touch(did.Next()),
        )
        if theme.portrait:
            self._room = self.width
            self.put(keyboard, (self.width - wide) / 2, self.height - keyboard.height)
        else:
            self._room = self.width - wide - space.xl
            self.put(keyboard, self.width - wide, 0)
        t, c = theme.type, theme.colour
        title = Text(
            self.title, self._room, size=t.title, bold=True, leading=TIGHT, role="heading", name="page.title"
        )
        hint = Text(self.hint, self._room, colour=c.soft_ink, leading=1.4, balanced=True)
        wrong = self._wrong()
        self._entry: Entry | None = None
        self._at = title.height + space.s + hint.height + space.l
        below = self._at + self._show() + space.m
        lowest = self.height - (keyboard.height if theme.portrait else 0)
        if wrong is not None and below + wrong.height > lowest:
            self._at = title.height + space.m  # what went wrong says what the hint does
            below = self._at + self._show() + space.s
        else:
            self.put(hint, 0, title.height + space.s)
        self.put(title, 0, 0)
        if wrong is not None:
            self.put(wrong, 0, below)

    def _wrong(self) -> Box | None:
        """What was wrong with the entry, or with the keypad."""
        if self.page.fault:
            minutes = self.page.minutes if isinstance(self.page, TakeUpCode) else 0
            said = self.words(f"entry.{self.page.fault.value}", count=len(self.page.entered), minutes=minutes)
            return error(said, self._room)
        if self.page.keypad:
            return notice(self.words(self.page.keypad.value), self._room)
        return None

    def actions(self) -> Sequence[Action]:
        """On."""
        return (Action("entry.next", self.words("question.next"), did.Next(), icon="next", icon_after=True),)

    def refresh(self, page: DigitsPage) -> bool:
        """Digits come and go in place."""
        same = (page.fault, page.keypad) == (self.page.fault, self.page.keypad)
        self.page = page
        if same:
            self._show()
        return same

    @property
    def title(self) -> str:
        """What is asked for."""
        raise NotImplementedError

    @property
    def hint(self) -> str:
        """Where to find it."""
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """What was entered, as it is easily checked."""
        raise NotImplementedError

    def _show(self) -> float:
        """Shows what was entered; gives the height of the field."""
        if self._entry:
            self.remove_widget(self._entry)
        self._entry = Entry(
            self._room,
            name="entry.field",
            text=self.shown + KEYED * self.page.keyed,
            empty=self.words(f"{self.name}.empty"),
            wrong=self.page.fault is not None,
        )
        self.put(self._entry, 0, self._at)
        return float(self._entry.height)


class ReferenceEntryScreen(DigitsScreen):
    """The reference, in fours."""

    name = "progress.reference"
    keyboard = DigitKeyboard

    @property
    def title(self) -> str:
        """What is asked for."""
        return self.words("reference.title")

    @property
    def hint(self) -> str:
        """Where to find it."""
        return self.words("reference.hint.code" if self.surroundings.code_reader else "reference.hint")

    @property
    def shown(self) -> str:
        """In fours."""
        return group(self.page.entered)


class OrderEntryScreen(ReferenceEntryScreen):
    """The reference of an order, in fours."""

    name = "progress.order"

    @property
    def title(self) -> str:
        """What is asked for."""
        return self.words("progress.order.title")

    @property
    def hint(self) -> str:
        """Where to find it."""
        read = self.surroundings.code_reader
        return self.words("progress.order.hint.code" if read else "progress.order.hint")


class SuffixEntryScreen(DigitsScreen):
    """The last six characters of the applicant's identity number."""

    name = "progress.suffix"
    keyboard = IdentityKeyboard

    @property
    def title(self) -> str:
        """What is asked for."""
        return self.words("suffix.title")

    @property
    def hint(self) -> str:
        """For which case."""
        assert isinstance(self.page, SuffixEntry)
        return self.words("suffix.hint", reference=group(self.page.reference))

    @property
    def shown(self) -> str:
        """As it was entered."""
        return self.page.entered

    def actions(self) -> Sequence[Action]:
        """On; or with what the office gave out to whoever has no card."""
        code = Action("entry.code", self.words("suffix.code"), did.ByOfficeCode(), look=SECONDARY)
        return (code, *super().actions())


class OfficeCodeScreen(DigitsScreen):
    """The code of the office, in fours."""

    name = "progress.code"
    keyboard = DigitKeyboard

    @property
    def title(self) -> str:
        """What is asked for."""
        return self.words("office_code.title")

    @property
    def hint(self) -> str:
        """For which case."""
        assert isinstance(self.page, OfficeCode)
        return self.words("office_code.hint", reference=group(self.page.reference))

    @property
    def shown(self) -> str:
        """In fours."""
        return fours(self.page.entered)


class TakeUpCodeScreen(DigitsScreen):
    """The code that was shown when an earlier visit was left, in fours."""

    name = "progress.resume"
    keyboard = DigitKeyboard

    @property
    def title(self) -> str:
        """What is asked for."""
        return self.words("take_up.title")

    @property
    def hint(self) -> str:
        """Where it was shown."""
        return self.words("take_up.hint")

    @property
    def shown(self) -> str:
        """In fours."""
        return fours(self.page.entered)
