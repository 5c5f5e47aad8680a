"""A test of devices: what to do, what is asked, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.input.keyboards.digits import DigitKeyboard
from kiosk.screens.keyboards import listen, pad_width
from kiosk.screens.screen import Action, Screen
from kiosk.technician.devices import device_name, outcome
from kiosk.technician.events import Again, Answer
from kiosk.technician.pages import Asks, RunningTest
from kiosk.technician.screens.entry_card import entry_card
from kiosk.technician.wording import wording
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.widgets.box import Box, stack
from kiosk.widgets.entry import Entry
from kiosk.widgets.overlay import Moving
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text


class RunningTestScreen(Screen[RunningTest]):
    """While it runs: the sentences of the test, the newest large. Then the results."""

    name = "technician.test"

    def draw(self) -> None:
        """From the top; a pad stands where digits are asked for."""
        page, said = self.page, wording(self.language)
        level = said(f"test.{page.level.value}")
        sub = said("test.of", device=device_name(page.device)[self.language]) if page.device else ""
        if page.done:
            self.sheets(self._results, self.heading(level, sub=said("test.done")))
            return
        room = self._put_pad() if page.asks is Asks.NUMBER else self.width
        t, c, space = theme.type, theme.colour, theme.space
        title = Text(level, room, size=t.title, bold=True, leading=TIGHT, role="heading", name="page.title")
        under = Text(sub, room, colour=c.soft_ink, leading=1.4, balanced=True)
        above = stack(room, [title, under], space.xs)
        self.put(above, 0, 0)
        top = self._put_said(above.height + space.m, room)
        if page.asks is Asks.NUMBER:
            field = Entry(
                room, name="technician.number", text=page.entered, empty=said("test.number"), wrong=False
            )
            self.put(field, 0, top + theme.space.l)
        elif page.asks is Asks.NOTHING:
            self.put(Moving(room * 0.4), 0, top + theme.space.l)

    def actions(self) -> Sequence[Action]:
        """An answer, or the test once more."""
        said = wording(self.language)
        if self.page.asks is Asks.YES_OR_NO:
            return (
                Action("test.no", said("test.no"), Answer(yes=False), look=SECONDARY),
                Action("test.yes", said("test.yes"), Answer(yes=True), look=PRIMARY, icon="check"),
            )
        if self.page.asks is Asks.NUMBER:
            return (Action("test.next", said("test.next"), did.Next(), icon="next", icon_after=True),)
        if self.page.done:
            return (Action("test.again", said("test.again"), Again(), icon="again"),)
        return ()

    def _put_pad(self) -> float:
        """Gives the room that is left for words."""
        wide = pad_width(self.width)
        keyboard = DigitKeyboard(wide, self.language)
        listen(
            keyboard,
            insert=lambda text: self.send(did.Insert(text)),
            backspace=self.touch(did.Erase()),
            done=self.touch(did.Next()),
        )
        if theme.portrait:
            self.put(keyboard, (self.width - wide) / 2, self.height - keyboard.height)
            return self.width
        self.put(keyboard, self.width - wide, 0)
        return self.width - wide - theme.space.xl

    def _put_said(self, top: float, room: float) -> float:
        """The sentences, the older ones small and only where the newest leaves room; gives where they end."""
        t, c, space = theme.type, theme.colour, theme.space
        texts = [one[self.language] for one in self.page.said]
        made = [
            Text(text, room, size=t.heading if last else t.body, bold=last, leading=1.4, balanced=True)
            if (last := number == len(texts) - 1)
            else Text(text, room, colour=c.soft_ink, leading=1.4)
            for number, text in enumerate(texts)
        ]
        most = self.height * (0.3 if self.page.asks is Asks.NUMBER else 0.7)
        while len(made) > 1 and sum(one.height + space.s for one in made) > most:
            del made[0]
        for one in made:
            self.put(one, 0, top)
            top += one.height + space.s
        return top

    def _results(self, width: float) -> list[Block]:
        return [
            Block(self._result(number, width), theme.space.s, float(number))
            for number in range(len(self.page.results))
        ]

    def _result(self, number: int, width: float) -> Box:
        return entry_card(outcome(self.page.results[number]), width, self.language, None)
