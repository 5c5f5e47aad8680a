"""The cases of the holder of a card."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.case import Case, CaseState
from backend_client.forms.reference import group
from foundation.language import Translate
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import CaseList
from kiosk.widgets.box import Box
from kiosk.widgets.mark import chip, message
from kiosk.widgets.press import row
from kiosk.widgets.sheets import Block

GROUNDS = {
    CaseState.NEEDS_MATERIAL: ("notice", "notice_pale"),
    CaseState.REJECTED: ("danger", "danger_pale"),
    CaseState.WITHDRAWN: ("soft_ink", "sunken"),
    CaseState.APPROVED: ("on_colour", "primary"),
    CaseState.COMPLETED: ("on_colour", "primary"),
}
"""Names of the ink and ground of a state's mark; the others are on their way."""


def state_chip(state: CaseState, words: Translate) -> Box:
    """A state in a word."""
    ink, ground = GROUNDS.get(state, ("primary", "primary_pale"))
    return chip(words(f"case.{state.name}"), ink=theme.colour.named(ink), ground=theme.colour.named(ground))


class CaseListScreen(Screen[CaseList]):
    """One row a case, with how far it has come."""

    name = "progress.cases"

    def draw(self) -> None:
        """The newest first, as the backend gives them."""
        cases = self.page.cases
        top = self.heading(
            self.words("cases.title"), sub=self.words("cases.count", count=len(cases)) if cases else ""
        )
        if not cases:
            advice = message(
                self.words("cases.none"),
                self.width,
                icon="information",
                ink=theme.colour.primary,
                ground=theme.colour.primary_pale,
                size=theme.type.lead,
            )
            self.put(advice, 0, top)
            return
        self.sheets(self._rows, top, more=bool(self.page.next_page_token))

    def actions(self) -> Sequence[Action]:
        """Where none was found, the way by the number, which opens somebody else's."""
        if self.page.cases:
            return ()
        return (Action("cases.reference", self.words("ways.reference"), did.ByReference(), icon="reference"),)

    def _rows(self, width: float) -> list[Block]:
        return [
            Block(self._row(case, width), theme.space.s, float(number))
            for number, case in enumerate(self.page.cases)
        ]

    def _row(self, case: Case, width: float) -> Box:
        press = row(
            case.title[self.language],
            width,
            name=f"cases.{case.reference}",
            touched=self.touch(did.OpenCase(case.reference)),
            above=self.words(
                "cases.received", reference=group(case.reference), time=self.when(case.create_time)
            ),
            beside=state_chip(case.state, self.words),
        )
        press.inspect_personal = True
        return press
