"""The notices in force."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.notice import Notice
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import NoticeList
from kiosk.widgets.press import SECONDARY, row, row_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class NoticeListScreen(Screen[NoticeList]):
    """One row a notice, with what it is about."""

    name = "notices.list"
    for_everybody = True

    def draw(self) -> None:
        """The newest first, as the backend gives them."""
        top = self.heading(self.words("door.notices"))
        if not self.page.notices:
            self.put(Text(self.words("notices.none"), self.width, size=theme.type.lead), 0, top)
        self.sheets(self._rows, top, more=bool(self.page.next_page_token))

    def actions(self) -> Sequence[Action]:
        """To what the office has made public of letters and complaints."""
        text = self.words("public.title")
        return (Action("notices.public", text, did.OpenPublicCases(), look=SECONDARY, icon="open"),)

    def _rows(self, width: float) -> list[Block]:
        room = row_room(width, icon=True)
        blocks = []
        for number, notice in enumerate(self.page.notices):
            summary = Text(notice.summary[self.language], room, colour=theme.colour.soft_ink, leading=1.4)
            entry = row(
                notice.title[self.language],
                width,
                name=f"notices.{notice.name.partition('/')[2]}",
                touched=self.touch(did.OpenNotice(notice.name)),
                above=self._about(notice),
                below=None if self.compact else summary,
                icon=notice.category.name,
                tint="notice",
            )
            blocks.append(Block(entry, theme.space.s, float(number)))
        return blocks

    def _about(self, notice: Notice) -> str:
        category = self.words(f"category.{notice.category.name}")
        return self.words("notice.about", category=category, time=self.when(notice.publish_time))
