"""What was entered is kept, is found again after a restart, or is not there any more."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.centred import CentredScreen
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action
from kiosk.slip import fours
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import KeptForLater, NothingKept, Slip, StillThere
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.text import TIGHT, Text, figure


class KeptForLaterScreen(CentredScreen[KeptForLater]):
    """The code, large; until when, and how to go on."""

    name = "kept"

    def draw(self) -> None:
        """The slip's state stands below the code."""
        c = theme.colour
        until = self.page.until.astimezone(self.surroundings.zone)
        how = "kept.how.card" if self.page.keeping.by_card else "kept.how"
        between: list[Box | Text] = [self._code()]
        if (slip := self._slip()) is not None:
            between.append(slip)
        self.say(
            self.words("kept.title", hour=until.hour, minute=f"{until:%M}"),
            (self.words(how), self.words("kept.secret")),
            icon="done",
            ink=c.primary,
            ground=c.primary_pale,
            between=between,
        )

    def actions(self) -> Sequence[Action]:
        """Print it, where there is a printer; done."""
        printable = self.page.slip in (Slip.OFFERED, Slip.FAILED)
        look = SECONDARY if printable else PRIMARY
        done = Action("kept.done", self.words("kept.done"), did.Next(), look=look, icon="check")
        if not printable:
            return (done,)
        text = self.words("kept.print" if self.page.slip is Slip.OFFERED else "kept.print_again")
        return (done, Action("kept.print", text, did.PrintSlip(), look=PRIMARY, icon="printer"))

    def _code(self) -> Box:
        c, space = theme.colour, theme.space
        inner = self.inner - 2 * space.l
        label = Text(self.words("kept.code"), inner, align="centre", colour=c.soft_ink, leading=TIGHT)
        body = stack(inner, [label, figure(fours(self.page.keeping.code), inner, name="kept.code")])
        card = Box(self.inner, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        return card

    def _slip(self) -> Box | None:
        c = theme.colour
        match self.page.slip:
            case Slip.PRINTING:
                text = self.words("print.printing")
                return message(text, self.inner, icon="printer", ink=c.primary, ground=c.primary_pale)
            case Slip.PRINTED:
                text = self.words("kept.printed")
                return message(text, self.inner, icon="done", ink=c.primary, ground=c.primary_pale)
            case Slip.FAILED:
                return error(not_printed(self.page.slip_fault, "code", self.words), self.inner)
        return None


class StillThereScreen(CentredScreen[StillThere]):
    """Nothing of what was entered is shown: it may be somebody else who reads this."""

    name = "still_there"

    def draw(self) -> None:
        """What happened, and the question."""
        c = theme.colour
        self.say(
            self.words("still_there.title"),
            (self.words("still_there.text"), self.words("still_there.other")),
            icon="again",
            ink=c.primary,
            ground=c.primary_pale,
        )

    def actions(self) -> Sequence[Action]:
        """Go on; or begin anew."""
        return (
            Action("still_there.anew", self.words("still_there.anew"), did.StartAnew(), look=SECONDARY),
            Action(
                "still_there.go_on",
                self.words("still_there.go_on"),
                did.TakeUp(),
                icon="next",
                icon_after=True,
            ),
        )


class NothingKeptScreen(CentredScreen[NothingKept]):
    """That there is nothing to go on with, and why that may be."""

    name = "nothing_kept"

    def draw(self) -> None:
        """What it may be, and what to do."""
        c = theme.colour
        self.say(
            self.words("nothing_kept.title"),
            (self.words("nothing_kept.text"),),
            icon="information",
            ink=c.notice,
            ground=c.notice_pale,
        )

    def actions(self) -> Sequence[Action]:
        """Home."""
        return (Action("nothing_kept.home", self.words("confirmation.home"), did.GoHome(), icon="home"),)
