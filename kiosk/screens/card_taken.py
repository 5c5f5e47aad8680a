"""What a card filled in."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import CardTaken
from kiosk.widgets.box import Box, line_up, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import message
from kiosk.widgets.text import Text


class CardTakenScreen(Screen[CardTaken]):
    """Which answers, not what they are: they are checked later. And: take the card."""

    name = "card.taken"

    def draw(self) -> None:
        """One line an answer."""
        fields = self.page.fields
        title = "taken.title" if fields else "taken.nothing"
        top = self.heading(
            self.words(title, count=len(fields)), sub=self.words("taken.sub") if fields else ""
        )
        lines: list[Box] = [self._line(field.label[self.language]) for field in fields]
        c, t = theme.colour, theme.type
        said = self.words("taken.take_card")
        take = message(said, self.width, icon="card", ink=c.primary, ground=c.primary_pale, size=t.lead)
        group = stack(self.width, [*lines, theme.space.xl, take], theme.space.m)
        self.put(group, 0, top + theme.space.m)

    def actions(self) -> Sequence[Action]:
        """On to what the card does not know."""
        return (Action("card.next", self.words("taken.next"), did.Next(), icon="next", icon_after=True),)

    def _line(self, label: str) -> Box:
        side = round(theme.type.lead * 1.2)
        icon = Icon("done", side, theme.colour.primary)
        text = Text(label, self.width - side - theme.space.m, size=theme.type.lead, leading=1.3)
        return line_up([icon, text], theme.space.m)
