"""What to know before a form."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Introduction
from kiosk.widgets.box import Box, line_up
from kiosk.widgets.icon import Icon
from kiosk.widgets.sheets import Block, text_blocks
from kiosk.widgets.text import Text


class IntroductionScreen(Screen[Introduction]):
    """The form's own words, then what is the same for every form."""

    name = "form.introduction"

    def draw(self) -> None:
        """How many questions, what the card does, what happens to what is entered."""
        form = self.page.form
        top = self.heading(form.title[self.language], sub=self.words("introduction.sub"))
        blocks: list[Block] = []
        for number, paragraph in enumerate(form.introduction[self.language].split("\n")):
            gap = theme.space.s if number else 0
            blocks += text_blocks(
                paragraph, self.width, place=number / 100, until=0.01, gap=gap, size=theme.type.lead
            )
        blocks += [
            Block(
                self._point("number", self.words("introduction.count", count=len(form.fields))),
                theme.space.l,
                1.0,
            ),
            Block(self._point("back", self.words("introduction.back")), theme.space.m, 2.0),
            Block(self._point("done", self.words("introduction.private")), theme.space.m, 3.0),
        ]
        if self.page.begun:
            blocks.append(
                Block(self._point("information", self.words("introduction.begun")), theme.space.m, 4.0)
            )
        self.sheets(blocks, top + theme.space.s)

    def actions(self) -> Sequence[Action]:
        """Start, or go on."""
        text = self.words("introduction.continue" if self.page.begun else "introduction.start")
        return (Action("form.start", text, did.Next(), icon="next", icon_after=True),)

    def _point(self, icon: str, text: str) -> Box:
        side = round(theme.type.heading)
        picture = Icon(icon, side, theme.colour.primary)
        label = Text(text, self.width - side - theme.space.m, leading=1.4)
        return line_up([picture, label], theme.space.m)
