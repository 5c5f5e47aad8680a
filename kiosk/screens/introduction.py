"""What to know before a form."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Introduction
from kiosk.widgets.box import Box
from kiosk.widgets.mark import pointed
from kiosk.widgets.sheets import Block, text_blocks
from kiosk.widgets.text import Text


class IntroductionScreen(Screen[Introduction]):
    """The form's own words, then what is the same for every form."""

    name = "form.introduction"

    def draw(self) -> None:
        """How many questions, what the card does, what happens to what is entered."""
        form = self.page.form
        top = self.heading(form.title[self.language], sub=self.words("introduction.sub"))
        self.sheets(self._parts, top + theme.space.s)

    def _parts(self, width: float) -> list[Block]:
        form = self.page.form
        blocks: list[Block] = []
        for number, paragraph in enumerate(form.introduction[self.language].split("\n")):
            gap = theme.space.s if number else theme.space.l if self.page.changed else 0
            blocks += text_blocks(
                paragraph, width, place=number / 100, until=0.01, gap=gap, size=theme.type.lead
            )
        blocks += [
            Block(
                self._point("number", self.words("introduction.count", count=len(form.fields)), width),
                theme.space.l,
                1.0,
            ),
            Block(self._point("back", self.words("introduction.back"), width), theme.space.m, 2.0),
            Block(self._point("done", self.words("introduction.private"), width), theme.space.m, 3.0),
        ]
        if self.page.changed:
            text = self.words("introduction.changed")
            blocks.insert(0, Block(self._point("information", text, width), 0, 0.0))
        elif self.page.begun:
            blocks.append(
                Block(self._point("information", self.words("introduction.begun"), width), theme.space.m, 4.0)
            )
        return blocks

    def actions(self) -> Sequence[Action]:
        """Start, or go on."""
        text = self.words("introduction.continue" if self.page.begun else "introduction.start")
        return (Action("form.start", text, did.Next(), icon="next", icon_after=True),)

    def _point(self, icon: str, text: str, width: float) -> Box:
        side = round(theme.type.heading)
        label = Text(text, width - side - theme.space.m, leading=1.4)
        return pointed(icon, side, label, ink=theme.colour.primary, gap=theme.space.m)
