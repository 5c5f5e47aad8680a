"""The policies of a topic."""

from __future__ import annotations

from datetime import date

from backend_client.policy import Policy
from foundation.language import Language, Translate
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import PolicyList
from kiosk.widgets.press import row, row_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


def day(value: date, words: Translate) -> str:
    """A day as the county writes it."""
    return words("time.day", year=value.year, month=words(f"month.{value.month}"), day=value.day)


def origin(policy: Policy, language: Language, words: Translate) -> str:
    """Who issued it and when."""
    return words("policy.origin", issuer=policy.issuer[language], date=day(policy.issue_date, words))


class PolicyListScreen(Screen[PolicyList]):
    """One row a policy, with what it means for a resident."""

    name = "policies.list"
    for_everybody = True

    def draw(self) -> None:
        """The newest first, as the backend gives them."""
        top = self.heading(self.page.topic.title[self.language])
        if not self.page.policies:
            self.put(Text(self.words("policies.none"), self.width, size=theme.type.lead), 0, top)
        self.sheets(self._rows, top, more=bool(self.page.next_page_token))

    def _rows(self, width: float) -> list[Block]:
        room = row_room(width)
        blocks = []
        for number, policy in enumerate(self.page.policies):
            summary = Text(policy.summary[self.language], room, colour=theme.colour.soft_ink, leading=1.4)
            entry = row(
                policy.title[self.language],
                width,
                name=f"policies.{policy.name.partition('/')[2]}",
                touched=self.touch(did.OpenPolicy(policy)),
                above=origin(policy, self.language, self.words),
                below=None if self.compact else summary,
            )
            blocks.append(Block(entry, theme.space.s, float(number)))
        return blocks
