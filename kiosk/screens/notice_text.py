"""A notice to read."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.reading import section_blocks, summary_block
from kiosk.screens.screen import Action, Screen
from kiosk.screens.text_tools import put_text
from kiosk.theme import theme
from kiosk.visit.pages import NoticeText
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import pointed
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class NoticeTextScreen(Screen[NoticeText]):
    """Title, when and where it holds, summary, text."""

    name = "notices.text"
    heard = True

    def draw(self) -> None:
        """When and where come before everything else: that is what people look for."""
        notice = self.page.notice
        category = self.words(f"category.{notice.category.name}")
        sub = self.words("notice.about", category=category, time=self.when(notice.publish_time))
        top = self.heading(notice.title[self.language], sub=sub)
        self._tools = put_text(self, self._parts, top)

    def actions(self) -> Sequence[Action]:
        """What can be done with every text."""
        return self._tools

    def _parts(self, width: float) -> list[Block]:
        notice = self.page.notice
        blocks = [Block(summary_block(notice.summary[self.language], width), theme.space.m, 0.5)]
        if facts := self._facts(width):
            blocks.insert(0, Block(stack(width, facts, theme.space.xs), 0, 0.0))
        return blocks + section_blocks(notice.sections, width, self.language, first=1.0)

    def _facts(self, width: float) -> list[Box]:
        notice = self.page.notice
        facts = []
        if notice.start_time and notice.end_time:
            span = self.words(
                "notice.span", start=self.when(notice.start_time), end=self.when(notice.end_time)
            )
            facts.append(self._fact("calendar", span, width))
        elif notice.start_time:
            facts.append(
                self._fact("calendar", self.words("notice.from", start=self.when(notice.start_time)), width)
            )
        if notice.area:
            facts.append(self._fact("place", notice.area[self.language], width))
        return facts

    def _fact(self, icon: str, text: str, width: float) -> Box:
        side = round(theme.type.lead * 1.1)
        label = Text(text, width - side - theme.space.s, bold=True, leading=1.4)
        return pointed(icon, side, label, ink=theme.colour.notice, gap=theme.space.s)
