"""What is declared by sending."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Declaration
from kiosk.widgets.box import framed, stack
from kiosk.widgets.mark import message
from kiosk.widgets.text import Text


class DeclarationScreen(Screen[Declaration]):
    """The form's declaration, and the one button that sends."""

    name = "form.declaration"

    def draw(self) -> None:
        """Nothing else is here, so that it is read."""
        top = self.heading(self.words("declaration.title"), sub=self.page.form.title[self.language])
        c, space, t = theme.colour, theme.space, theme.type
        text = Text(
            self.page.form.declaration[self.language], self.width - 2 * space.l, size=t.lead, leading=1.5
        )
        card = framed(text, space.l, fill=c.surface, edge=c.line)
        hint = Text(self.words("declaration.hint"), self.width, colour=c.soft_ink, leading=1.4)
        told = []
        if self.page.told:
            sentence = self.words("declaration.told")
            told = [message(sentence, self.width, icon="phone", ink=c.primary, ground=c.primary_pale)]
        self.put(stack(self.width, [card, *told, hint], space.l), 0, top + space.s)

    def actions(self) -> Sequence[Action]:
        """Send."""
        return (Action("form.send", self.words("declaration.send"), did.Send(), icon="send"),)
