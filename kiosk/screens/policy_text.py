"""A policy to read."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.policy_list import origin
from kiosk.screens.reading import section_blocks, summary_block
from kiosk.screens.screen import Action, Screen
from kiosk.screens.text_tools import put_text
from kiosk.visit.pages import PolicyText
from kiosk.widgets.sheets import Block


class PolicyTextScreen(Screen[PolicyText]):
    """Title, origin, what it means for a resident, then the text."""

    name = "policies.text"
    heard = True

    def draw(self) -> None:
        """The summary is the first part, at place 0."""
        policy = self.page.policy
        sub = origin(policy, self.language, self.words)
        if policy.document_number:
            sub = self.words("policy.number", origin=sub, number=policy.document_number)
        top = self.heading(policy.title[self.language], sub=sub)
        self._tools = put_text(self, self._parts, top)

    def actions(self) -> Sequence[Action]:
        """What can be done with every text."""
        return self._tools

    def _parts(self, width: float) -> list[Block]:
        policy = self.page.policy
        return [
            Block(summary_block(policy.summary[self.language], width), 0, 0.0),
            *section_blocks(policy.sections, width, self.language, first=1.0),
        ]
