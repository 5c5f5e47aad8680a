"""A card is still in the reader, and its owner is about to go."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.centred import CentredScreen
from kiosk.screens.screen import Action
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import CardLeft
from kiosk.widgets.press import SECONDARY


class CardLeftScreen(CentredScreen[CardLeft]):
    """Which card, and where it is; or that the reader has taken it in, and where to get it."""

    name = "card.left"

    def draw(self) -> None:
        """Large enough to be read from some steps away."""
        c = theme.colour
        if self.page.kept:
            phone = self.surroundings.help_phone
            ask = (
                self.words("card_left.kept.phone", phone=phone) if phone else self.words("card_left.kept.ask")
            )
            self.say(self.words("card_left.kept"), (ask,), icon="warning", ink=c.notice, ground=c.notice_pale)
            return
        self.say(
            self.words(f"card_left.{self.page.kind.value}"),
            (self.words(f"card_left.{self.page.kind.value}.text"), self.words("card_left.wiped")),
            icon="card",
            ink=c.danger,
            ground=c.danger_pale,
        )

    def actions(self) -> Sequence[Action]:
        """It goes by itself once the card is taken."""
        return (Action("card_left.done", self.words("card_left.done"), did.Next(), look=SECONDARY),)
