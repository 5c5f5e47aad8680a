"""What a search found."""

from __future__ import annotations

from kiosk.screens.policy_list import origin
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import PolicyResults
from kiosk.widgets.mark import message
from kiosk.widgets.press import row, row_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class PolicyResultsScreen(Screen[PolicyResults]):
    """One row a policy, with the passage that was found."""

    name = "policies.results"

    def draw(self) -> None:
        """The best first; where nothing was found, what to do instead."""
        count = len(self.page.matches)
        many = bool(self.page.next_page_token)
        title = self.words("results.many" if many else "results.found", query=self.page.query, count=count)
        if not count:
            title = self.words("results.none", query=self.page.query)
        top = self.heading(title)
        if not count:
            c = theme.colour
            advice = message(
                self.words("results.advice"),
                self.width,
                icon="information",
                ink=c.primary,
                ground=c.primary_pale,
                size=theme.type.lead,
            )
            self.put(advice, 0, top)
            return
        self.sheets(self._rows, top, more=many)

    def _rows(self, width: float) -> list[Block]:
        room = row_room(width)
        blocks = []
        for number, match in enumerate(self.page.matches):
            passage = Text(
                match.passage, room, colour=theme.colour.soft_ink, leading=1.4, marks=match.highlights
            )
            entry = row(
                match.policy.title[self.language],
                width,
                name=f"policies.{match.policy.name.partition('/')[2]}",
                touched=self.touch(did.OpenPolicy(match.policy)),
                above="" if self.compact else origin(match.policy, self.language, self.words),
                below=passage,
            )
            blocks.append(Block(entry, theme.space.s, float(number)))
        return blocks
