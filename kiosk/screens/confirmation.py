"""The form was taken: the reference, what happens next, the slip."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from backend_client.forms.present import present_date, present_money, present_time
from backend_client.forms.reference import group
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation, Slip
from kiosk.widgets.box import Box, line_up, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.qr import QrPicture
from kiosk.widgets.sheets import told_blocks
from kiosk.widgets.text import TIGHT, Text, figure, fitting

QR_SHARES = (5.4, 4.6, 3.8, 3.0, 2.4)
"""Sides that the code may have."""


class ConfirmationScreen(Screen[Confirmation]):
    """The reference is the largest thing on the screen."""

    name = "form.confirmation"

    def draw(self) -> None:
        """Upright all below one another, lying the reference beside what happens next.

        Where that leaves too little room for what happens next in type of the size that was chosen, the
        reference stands in a flat card above it, and the rest is turned to.
        """
        title = self._title(self.width)
        self.put(title, 0, 0)
        top = title.height + theme.space.l
        if not (self._put_below(top) if theme.portrait else self._put_beside(top)):
            if theme.portrait:
                card = self._flat_reference(self.width)
                self.put(card, 0, top)
                top += card.height + theme.space.l
            else:
                self.remove_widget(title)
                top = self._put_title_and_reference() + theme.space.l
            if (whole := self._next(self.width, self.height - top)) is not None:
                self.put(whole, 0, top)
            else:
                self.sheets(lambda width: told_blocks(self._parts(width, theme.type.body), width), top)

    def _put_below(self, top: float) -> bool:
        """The card, and below it what happens next, where there is room."""
        card = self._fitting_reference(self.width, self.height * 0.5)
        below = top + card.height + theme.space.l
        what_next = self._next(self.width, self.height - below)
        if what_next is None:
            return False
        self.put(card, 0, top)
        self.put(what_next, 0, below)
        return True

    def _put_title_and_reference(self) -> float:
        """Side by side, where height is dear; gives the height of both."""
        space = theme.space
        wide = round(self.width * 0.54)
        card, title = self._flat_reference(wide), self._title(self.width - wide - space.l, short=True)
        high = max(card.height, title.height)
        self.put(title, 0, (high - title.height) / 2)
        self.put(card, self.width - wide, (high - card.height) / 2)
        return float(high)

    def _put_beside(self, top: float) -> bool:
        """The card, and what happens next beside it, where there is room."""
        side = round(self.width * 0.47)
        card = self._fitting_reference(side, self.height - top)
        left = side + theme.space.l
        what_next = self._next(self.width - left, self.height - top)
        if what_next is None or card.height > self.height - top:
            return False
        self.put(card, 0, top)
        self.put(what_next, left, top)
        return True

    def actions(self) -> Sequence[Action]:
        """Print; then, what the resident came for next."""
        home = Action("confirmation.home", self.words("confirmation.home"), did.GoHome(), icon="home")
        pay = Action("payment.pay", self.words("payment.pay"), did.Pay(), icon="payments")
        due = (pay,) if self.page.due_fen and self.page.accepted.delivered else ()
        if self.page.slip is Slip.NO_PRINTER and not due:
            return (home,)
        home = Action(home.name, home.text, home.event, look=SECONDARY, icon=home.icon)
        if self.page.slip in (Slip.OFFERED, Slip.FAILED):
            text = self.words(
                "confirmation.print" if self.page.slip is Slip.OFFERED else "confirmation.print_again"
            )
            look = SECONDARY if due else PRIMARY
            slip = Action("confirmation.print", text, did.PrintSlip(), look=look, icon="printer")
            return (home, slip, *due)
        return (home, *due)

    def _title(self, width: float, *, short: bool = False) -> Box:
        """short: in two lines, and without what the form is called."""
        t, c = theme.type, theme.colour
        icon = Icon("done", round(t.title * 1.4), c.primary)
        room = width - icon.width - theme.space.m
        booked = self.page.booked and self.page.accepted.delivered
        text = self.words("confirmation.booked_title" if booked else "confirmation.title")
        size = fitting(text, room, (t.title, t.heading, t.lead), lines=1 + short, bold=True)
        label = Text(text, room, size=size, bold=True, leading=TIGHT, role="heading", name="page.title")
        form = Text(self.page.form.title[self.language], room, colour=c.soft_ink, leading=1.4)
        return line_up([icon, label if short else stack(room, [label, form])], theme.space.m)

    def _fitting_reference(self, width: float, room: float) -> Box:
        """With the largest code that leaves it no higher than that; a small one is read from near by too."""
        card = Box(0, 0)
        for share in QR_SHARES:
            card = self._reference(width, share)
            if card.height <= room:
                break
        return card

    def _reference(self, width: float, share: float) -> Box:
        """share: side of the code, by the type of a greeting."""
        c, space = theme.colour, theme.space
        inner = width - 2 * space.l
        label = Text(
            self.words("confirmation.reference"), inner, align="centre", colour=c.soft_ink, leading=TIGHT
        )
        number = figure(group(self.page.accepted.reference), inner, name="confirmation.reference")
        qr = self._code(share)
        middle = Box(inner, qr.height)
        middle.put_centred(qr)
        keep = Text(self.words("confirmation.keep"), inner, align="centre", leading=1.4, balanced=True)
        body = stack(inner, [label, number, space.s, middle, space.s, keep])
        card = Box(width, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        return card

    def _flat_reference(self, width: float) -> Box:
        """With the code beside the number, and nothing said of keeping it."""
        t, c, space = theme.type, theme.colour, theme.space
        qr = self._code(QR_SHARES[-1])
        inner = width - 3 * space.l - qr.width
        label = Text(
            self.words("confirmation.reference"), inner, align="centre", colour=c.soft_ink, leading=TIGHT
        )
        number = figure(
            group(self.page.accepted.reference),
            inner,
            name="confirmation.reference",
            sizes=(t.huge, t.display, t.title, t.heading),
        )
        words = stack(inner, [label, number], space.xs)
        card = Box(width, max(qr.height, words.height) + 2 * space.s, fill=c.surface, edge=c.line)
        card.put(words, space.l, (card.height - words.height) / 2)
        card.put(qr, width - space.l - qr.width, (card.height - qr.height) / 2)
        return card

    def _code(self, share: float) -> QrPicture:
        return QrPicture(
            self.surroundings.qr_text(self.page.accepted),
            theme.type.display * share,
            self.words("confirmation.qr"),
            name="confirmation.qr",
        )

    def _next(self, width: float, room: float) -> Box | None:
        """As large as there is room for; what the slip says too goes first. None where none is enough."""
        t = theme.type
        for size, ask in ((t.lead, True), (t.body, True), (t.body, False)):
            box = stack(width, self._parts(width, size, ask=ask))
            if box.height <= room:
                return box
        return None

    def _parts(self, width: float, size: int, *, ask: bool = True) -> list[Widget | int]:
        heading = Text(
            self.words("confirmation.next"),
            width,
            size=theme.type.lead,
            bold=True,
            leading=TIGHT,
            role="heading",
        )
        steps = Text(self.page.form.next_steps[self.language], width, size=size, leading=1.45)
        parts: list[Widget | int] = [heading, theme.space.xs, steps]
        if takes := self.page.takes:
            told = self.words("confirmation.takes", duration=takes[self.language])
            parts += [theme.space.xs, Text(told, width, size=size, bold=True, leading=1.45)]
        if due := self.page.due_date:
            told = self.words("confirmation.by", date=present_date(due, self.language))
            parts += [
                theme.space.xs,
                Text(told, width, size=size, bold=True, leading=1.45, name="confirmation.by"),
            ]
        if later := self._later(width, min(size, theme.type.body)):
            parts = [later, theme.space.m, *parts]
        if booked := self._booked(width, size):
            parts = [booked, theme.space.m, *parts]
        if due := self._due(width, min(size, theme.type.body)):
            parts = [due, theme.space.m, *parts]
        if slip := self._slip(width):
            parts = [slip, theme.space.m, *parts]
        if ask:
            hint = Text(self.words("confirmation.ask"), width, colour=theme.colour.soft_ink, leading=1.45)
            parts += [theme.space.s, hint]
        return parts

    def _later(self, width: float, size: int) -> Box | None:
        """That the office has it only once the line is back."""
        if self.page.accepted.delivered:
            return None
        c = theme.colour
        text = self.words("confirmation.later")
        return message(text, width, icon="clock", ink=c.notice, ground=c.notice_pale, size=size)

    def _booked(self, width: float, size: int) -> Box | None:
        """When and where to come; or that this time is only wished for."""
        booked, c = self.page.booked, theme.colour
        if booked is None:
            return None
        time = present_time(booked.at, self.language)
        if not self.page.accepted.delivered:
            text = self.words("confirmation.not_confirmed", time=time)
            return message(text, width, icon="warning", ink=c.notice, ground=c.notice_pale, size=size)
        place = booked.place[self.language] if booked.place else ""
        text = self.words(
            "confirmation.booked" if place else "confirmation.booked_when", time=time, place=place
        )
        return message(text, width, icon="calendar", ink=c.primary, ground=c.primary_pale, size=size)

    def _due(self, width: float, size: int) -> Box | None:
        """What is still to be paid, and when it can be."""
        if not self.page.due_fen:
            return None
        c = theme.colour
        name = "confirmation.due" if self.page.accepted.delivered else "confirmation.due_later"
        text = self.words(name, amount=present_money(self.page.due_fen, self.language))
        return message(text, width, icon="payments", ink=c.primary, ground=c.primary_pale, size=size)

    def _slip(self, width: float) -> Box | None:
        c = theme.colour
        match self.page.slip:
            case Slip.PRINTING:
                text = self.words("print.printing")
                return message(text, width, icon="printer", ink=c.primary, ground=c.primary_pale)
            case Slip.PRINTED:
                text = self.words("print.printed")
                return message(text, width, icon="done", ink=c.primary, ground=c.primary_pale)
            case Slip.FAILED:
                return error(not_printed(self.page.slip_fault, "form", self.words), width)
        return None
