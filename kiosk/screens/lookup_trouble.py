"""Whoever keeps the records cannot tell now: what is the matter, and who else can be asked."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.sentences import sentence
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import LookupTrouble
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.text import Text


class LookupTroubleScreen(Screen[LookupTrouble]):
    """In the middle, large: the resident has come for nothing so far."""

    name = "lookup.trouble"

    def draw(self) -> None:
        """A picture, the sentence, and the department's telephone number."""
        t, c, space = theme.type, theme.colour, theme.space
        service, failure = self.page.service, self.page.failure
        top = self.heading(self.words("records.trouble"), sub=service.title[self.language])
        icon = Icon("offline", round(t.display * 1.4), c.notice, ground=c.notice_pale)
        middle = Box(self.width, icon.height)
        middle.put_centred(icon)
        why = sentence(failure, self.language) if failure else self.words("records.no_reader")
        parts: list[Box | Text] = [
            middle,
            Text(why, self.width, size=t.lead, align="centre", leading=1.4, balanced=True),
        ]
        if service.guide:
            ask = self.words(
                "records.ask", department=service.department[self.language], phone=service.guide.phone
            )
            parts.append(
                Text(
                    ask,
                    self.width,
                    size=t.lead,
                    bold=True,
                    align="centre",
                    leading=1.4,
                    balanced=True,
                    name="lookup.ask",
                )
            )
        if sum(part.height + space.l for part in parts) > self.height - top:
            del parts[0]  # the words matter more than the picture
        group = stack(self.width, parts, space.l)
        self.put(group, 0, top + max(0, (self.height - top - group.height) * 0.35))

    def actions(self) -> Sequence[Action]:
        """Once more; or home."""
        home = Action(
            "lookup.home", self.words("confirmation.home"), did.GoHome(), look=SECONDARY, icon="home"
        )
        if self.page.failure is None:
            return (home,)
        again = Action(
            "lookup.again", self.words("records.again"), did.TryAgain(), look=PRIMARY, icon="again"
        )
        return (home, again)
