"""The headings of a text, to go straight to a part of it."""

from __future__ import annotations

from functools import partial

from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Contents
from kiosk.widgets.press import row
from kiosk.widgets.sheets import Block


class ContentsScreen(Screen[Contents]):
    """One large button a heading; the part that was being read is marked."""

    name = "contents"

    def draw(self) -> None:
        """In the order of the text."""
        title = self.page.title[self.language]
        self.sheets(self._rows, self.heading(self.words("contents.title"), sub=title))

    def _rows(self, width: float) -> list[Block]:
        headings = self.page.headings
        here = max((n for n, (_, place) in enumerate(headings) if place <= self.page.at), default=0)
        return [
            Block(
                row(
                    heading[self.language],
                    width,
                    name=f"contents.{number}",
                    touched=partial(self.send, did.Jump(place)),
                    above=self.words("contents.here") if number == here else "",
                ),
                theme.space.s,
                float(number),
            )
            for number, (heading, place) in enumerate(headings)
        ]
