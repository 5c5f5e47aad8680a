"""Help: the page below in plain words, and how far a call to a person is."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.language import Translate
from kiosk.calling.telephone import CallState
from kiosk.screens.help_words import privacy, purposes
from kiosk.screens.reading import heading_block
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Help, HelpCall, Home, Turned
from kiosk.widgets.box import Box
from kiosk.widgets.mark import message, pointed
from kiosk.widgets.press import ALARM, PRIMARY, SECONDARY
from kiosk.widgets.sheets import Block, kept_together, text_blocks
from kiosk.widgets.text import Text


def said_of(call: HelpCall, words: Translate, *, short: bool = False) -> str:
    """How far a call is, as a sentence or in a word or two."""
    minutes, seconds = divmod(call.seconds, 60)
    name = f"call.short.{call.state.value}" if short else f"call.{call.state.value}"
    return words(name, clock=f"{minutes:02}:{seconds:02}")


class HelpScreen(Screen[Help]):
    """What the page is for, its buttons, one's data, whom to ask. The call stands above all that."""

    name = "help"

    def draw(self) -> None:
        """The call keeps its place on every sheet."""
        top = self.heading(self.words("help.title"), sub=self.words("help.sub"))
        self._top, self._call = top, self._call_box()
        if self._call is not None:
            self.put(self._call, 0, top)
            top += self._call.height + theme.space.l
        self.sheets(self._parts, top)

    def refresh(self, page: Help) -> bool:
        """Another second of talking."""
        before, now = self.page.call, page.call
        same = before and now and before.state is now.state and page == _with(self.page, now)
        if not same or self._call is None:
            return False
        high = self._call.height
        self.page = page
        self.remove_widget(self._call)
        self._call = self._call_box()
        assert self._call is not None
        self.put(self._call, 0, self._top)
        return bool(self._call.height == high)

    def actions(self) -> Sequence[Action]:
        """Back, and the call: begin it, or end it."""
        page = self.page
        close = Action("help.close", self.words("help.close"), did.Back(), icon="check")
        if page.call is not None and page.call.state.live:
            hang_up = self.words("help.hang_up")
            return (Action("help.hang_up", hang_up, did.HangUp(), look=ALARM, icon="hang_up"), close)
        if not page.can_call:
            return (close,)
        again = page.call is not None and page.call.state is not CallState.ENDED
        text = self.words("help.call_again" if again else "help.call")
        return (
            Action("help.call", text, did.CallForHelp(), look=PRIMARY if again else SECONDARY, icon="phone"),
            Action(close.name, close.text, close.event, look=SECONDARY if again else PRIMARY, icon="check"),
        )

    def _call_box(self) -> Box | None:
        call, c = self.page.call, theme.colour
        if call is None:
            return None
        text = said_of(call, self.words)
        if call.state.live or call.state is CallState.ENDED:
            return message(text, self.width, icon="phone", ink=c.primary, ground=c.primary_pale)
        return message(text, self.width, icon="warning", ink=c.notice, ground=c.notice_pale)

    def _parts(self, width: float) -> list[Block]:
        below = self.page.about
        phone = self.surroundings.help_phone
        ask = [self.words("help.phone", phone=phone) if phone else self.words("help.staff")]
        if self.page.can_call:
            ask.append(self.words("help.call_hint"))
        return [
            *self._part("help.about", [self.words(name) for name in purposes(below)], width, 0.0),
            *self._part("help.person", ask, width, 1.0),
            *self._buttons(width, 2.0),
            *self._part("help.data", [self.words(privacy(below))], width, 3.0),
        ]

    def _buttons(self, width: float, place: float) -> list[Block]:
        """What the buttons around the page do, each with its icon."""
        space, below = theme.space, self.page.about
        buttons = ["display", "language"]
        if not isinstance(below, Home):
            buttons = ["back", "leave", *buttons]
        if isinstance(below, Turned):
            buttons.insert(0, "sheets")
        blocks = [Block(heading_block(self.words("help.buttons"), width), space.l, place)]
        for number, name in enumerate(buttons):
            side = round(theme.type.lead)
            said = Text(self.words(f"help.button.{name}"), width - side - space.m, leading=1.45)
            icon = "down" if name == "sheets" else name
            row = pointed(icon, side, said, ink=theme.colour.primary, gap=space.m)
            blocks.append(Block(row, space.s if number else space.xs, place + (number + 1) / 10))
        return [kept_together(blocks[:2], width), *blocks[2:]]

    def _part(self, heading: str, texts: Sequence[str], width: float, place: float) -> list[Block]:
        """A heading with its first lines, then the rest. heading: its name."""
        space = theme.space
        blocks = [Block(heading_block(self.words(heading), width), space.l, place)]
        step = 1.0 / len(texts)
        for number, text in enumerate(texts):
            gap = space.s if number else space.xs
            blocks += text_blocks(text, width, place=place + number * step, gap=gap, until=step)
        return [kept_together(blocks[:2], width), *blocks[2:]]


def _with(page: Help, call: HelpCall) -> Help:
    return Help(page.about, page.can_call, call, place=page.place)
