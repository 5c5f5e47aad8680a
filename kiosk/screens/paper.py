"""Forms on paper: how to take one along, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from backend_client.document import LINK_MINUTES
from hardware.interfaces.device import DeviceError
from hardware.interfaces.document_printer import DocumentError
from kiosk.screens.payment import fitted
from kiosk.screens.question import QuestionScreen, Sizes
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import AddressEntry, Paper, PaperState, PaperWays
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error
from kiosk.widgets.press import SECONDARY, Press
from kiosk.widgets.qr import QrPicture
from kiosk.widgets.text import TIGHT, Text, fitting

Way = tuple[str, str, Event]
"""Name of a way, its icon, and what it leads to."""


def fault_sentence_name(fault: DeviceError | None) -> str:
    """Which sentence of the catalogue says why a form was not printed."""
    code = fault.code if fault else None
    return f"paper.{code.name}" if isinstance(code, DocumentError) else "paper.printer"


class PaperWaysScreen(Screen[PaperWays]):
    """Blank, with the card, with what was entered, or to a phone; equally large."""

    name = "paper.ways"

    def draw(self) -> None:
        """Below one another, or two side by side where the window lies."""
        page = self.page
        sub = self.words("paper.ways.sub" if page.printer else "paper.ways.no_printer")
        top = self.heading(page.form.title[self.language], sub=sub)
        gap, columns = theme.space.m, 1 if theme.portrait else 2
        ways = self._ways()
        rows = -(-len(ways) // columns)
        wide = (self.width - gap * (columns - 1)) / columns
        t, space = theme.type, theme.space
        room = (self.height - top - gap * (rows - 1)) / rows
        for size, about in ((t.heading, True), (t.lead, True), (t.body, True), (t.heading, False)):
            texts = [self._text(wide, way, size, about=about) for way in ways]
            whole = max(text.height for text in texts) + 2 * space.s
            if whole <= room:  # all of them say what they are good for, or none does
                break
        high = min(room, max(t.display * 3.4, whole + 2 * (space.m - space.s)))
        for number, (way, text) in enumerate(zip(ways, texts, strict=True)):
            row, column = divmod(number, columns)
            self.put(self._way(wide, high, way, text), column * (wide + gap), top + row * (high + gap))

    def _ways(self) -> list[Way]:
        """With the phone only where nothing is printed: what is printed can be taken along."""
        page = self.page
        ways: list[Way] = [("blank", "printer" if page.printer else "take", did.TakeBlank())]
        if page.reader:
            ways.append(("card", "card", did.ByCard()))
        if page.begun:
            ways.append(("begun", "change", did.TakeBegun()))
        if page.printer:
            ways.append(("link", "take", did.TakeLink()))
        return ways

    def _way(self, width: float, height: float, way: Way, text: Box) -> Press:
        """text: see `_text`."""
        space = theme.space
        which, icon, event = way
        press = Press(
            width,
            height,
            look=SECONDARY,
            name=f"paper.{which}",
            text=self.words(f"paper.ways.{which}"),
            touched=self.touch(event),
        )
        picture = self._icon(icon)
        press.put(picture, space.l, (height - picture.height) / 2)
        press.put(text, space.l * 2 + picture.width, (height - text.height) / 2)
        return press

    def _text(self, width: float, way: Way, size: int, *, about: bool) -> Box:
        """What it is called, in type of that size, and what it is good for. width: of the way."""
        t, space, c = theme.type, theme.space, theme.colour
        which, icon, _ = way
        title = self.words(f"paper.ways.{which}")
        room = width - 3 * space.l - self._icon(icon).width
        size = fitting(title, room, (size, t.lead, t.body), lines=2, bold=True)
        parts = [Text(title, room, size=size, bold=True, colour=c.primary, leading=TIGHT, role="")]
        if about:
            parts.append(Text(self.words(f"paper.ways.{which}.about"), room, colour=c.soft_ink, leading=1.35))
        return stack(room, parts, space.xs)

    def _icon(self, name: str) -> Icon:
        return Icon(
            name, round(theme.type.title * 1.3), theme.colour.primary, ground=theme.colour.primary_pale
        )


class AddressScreen(QuestionScreen):
    """An address of e-mail, written as any text is, in Latin letters first."""

    name = "paper.address"
    latin = True
    page: AddressEntry  # type: ignore[assignment]  # it is read as a Question is

    def actions(self) -> Sequence[Action]:
        """Send it."""
        return (Action("address.send", self.words("address.send"), did.Next(), icon="send"),)

    def _above_in(self, width: float, sizes: Sizes) -> Box:
        c, space = theme.colour, theme.space
        title = self.page.form.title[self.language]
        question = Text(
            self.words("address.title"),
            width,
            size=sizes.question,
            bold=True,
            leading=TIGHT,
            role="heading",
            name="page.title",
            balanced=True,
        )
        parts: list[Widget | int] = [
            Text(title, width, size=theme.type.caption, colour=c.soft_ink, leading=TIGHT),
            space.xs,
            question,
        ]
        if sizes.hint or not self.page.error:
            hint = self.words("address.hint")
            parts += [space.xs, Text(hint, width, size=sizes.small, colour=c.soft_ink, leading=1.4)]
        if self.page.error:
            self._error = error(self.words("address.wrong"), width, sizes.small)
            parts += [space.s, self._error]
        return stack(width, parts)


class PaperScreen(Screen[Paper]):
    """The printing, the form in the tray, or its code."""

    name = "paper"

    def draw(self) -> None:
        """The code beside the words where the window lies."""
        page, space = self.page, theme.space
        top = self.heading(self.words(f"paper.title.{page.state.value}"), sub=page.form.title[self.language])
        if page.state is not PaperState.LINK:
            said = fitted(lambda size: self._said(self.width, size), self.height - top)
            failed = page.state is PaperState.FAILED  # a sentence alone, which stands where it always does
            self.put(said, 0, top if failed else top + max(0, (self.height - top - said.height) * 0.3))
        elif theme.portrait:
            below = self._said(self.width, theme.type.lead)
            side = min(self.width * 0.62, self.height - top - below.height - 3 * space.m)
            code = self._code(side)
            self.put(code, (self.width - code.width) / 2, top)
            self.put(below, 0, top + code.height + space.l)
        else:
            code = self._code(min(self.width * 0.44, self.height - top))
            self.put(code, 0, top)
            left = code.width + space.xl
            self.put(fitted(lambda size: self._said(self.width - left, size), self.height - top), left, top)

    def actions(self) -> Sequence[Action]:
        """Home; after a fault once more, or to a phone."""
        state = self.page.state
        if state is PaperState.PRINTING:
            return ()
        home = Action("paper.home", self.words("confirmation.home"), did.GoHome(), icon="home")
        if state is PaperState.LINK and self.page.email:
            email = self.words("paper.email")
            return (Action("paper.email", email, did.ByEmail(), look=SECONDARY, icon="send"), home)
        if state is not PaperState.FAILED:
            return (home,)
        home = Action(home.name, home.text, home.event, look=SECONDARY, icon=home.icon)
        again = Action(
            "paper.again", self.words("paper.again"), did.TakeBlank(), look=SECONDARY, icon="printer"
        )
        return (home, again, Action("paper.link", self.words("paper.link"), did.TakeLink(), icon="take"))

    def _code(self, side: float) -> Box:
        return QrPicture(self.page.link, side, self.words("paper.qr"), name="paper.code")

    def _said(self, width: float, size: int) -> Box:
        """What happened, and what to do next."""
        page, space = self.page, theme.space
        match page.state:
            case PaperState.PRINTING if page.waits is not None:
                return self._picture("printer", (error(self.words(f"paper.wait.{page.waits.name}"), width),))
            case PaperState.PRINTING:
                return self._picture("printer", (self._line("paper.printing", width, size),))
            case PaperState.PRINTED:
                first = "paper.printed_filled" if page.filled else "paper.printed"
                lines = (self._line(first, width, size), self._line("paper.next", width, size))
                return self._picture("done", lines)
            case PaperState.SENT:
                name = "paper.sent_delayed" if page.delayed else "paper.sent"
                return self._picture("send", (self._line(name, width, size),))
            case PaperState.FAILED:
                return error(self.words(fault_sentence_name(page.fault)), width)
        steps = [
            Text(self.words(name, minutes=LINK_MINUTES), width, size=size, leading=1.45)
            for name in ("paper.scan", "paper.once")
        ]
        return stack(width, steps, space.s)

    def _picture(self, icon: str, parts: Sequence[Box]) -> Box:
        """Something to see above the words."""
        t, c = theme.type, theme.colour
        width = parts[0].width
        picture = Icon(
            icon, round(t.display * (2.4 if theme.portrait else 1.6)), c.primary, ground=c.primary_pale
        )
        middle = Box(width, picture.height)
        middle.put_centred(picture)
        return stack(width, [middle, *parts], theme.space.l)

    def _line(self, name: str, width: float, size: int) -> Text:
        return Text(self.words(name), width, size=size, align="centre", leading=1.45, balanced=True)
