"""The form was taken: the reference, what happens next, the slip."""

from __future__ import annotations

from collections.abc import Sequence

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
from kiosk.widgets.text import TIGHT, Text, figure, fitting

QR_SHARES = (5.4, 4.6, 3.8, 3.0, 2.4)
"""Sides that the code may have."""


class ConfirmationScreen(Screen[Confirmation]):
    """The reference is the largest thing on the screen."""

    name = "form.confirmation"

    def draw(self) -> None:
        """Upright all below one another, lying the reference beside what happens next."""
        space = theme.space
        title = self._title()
        self.put(title, 0, 0)
        top = title.height + space.l
        if theme.portrait:
            card = self._fitting_reference(self.width, self.height * 0.5)
            below = top + card.height + space.l
            what_next = self._next(self.width, self.height - below)
            if below + what_next.height > self.height:  # it matters more than a large code
                card = self._reference(self.width, QR_SHARES[-1], plain=True)
                below = top + card.height + space.l
                what_next = self._next(self.width, self.height - below)
            self.put(card, 0, top)
            self.put(what_next, 0, below)
        else:
            side = round(self.width * 0.47)
            card = self._fitting_reference(side, self.height - top)
            self.put(card, 0, top)
            left = side + space.l
            self.put(self._next(self.width - left, self.height - top), left, top)

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

    def _title(self) -> Box:
        t, c = theme.type, theme.colour
        icon = Icon("done", round(t.title * 1.4), c.primary)
        room = self.width - icon.width - theme.space.m
        booked = self.page.booked and self.page.accepted.delivered
        text = self.words("confirmation.booked_title" if booked else "confirmation.title")
        size = fitting(text, room, (t.title, t.heading, t.lead), lines=1, bold=True)
        label = Text(text, room, size=size, bold=True, leading=TIGHT, role="heading", name="page.title")
        form = Text(self.page.form.title[self.language], room, colour=c.soft_ink, leading=1.4)
        return line_up([icon, stack(room, [label, form])], theme.space.m)

    def _fitting_reference(self, width: float, room: float) -> Box:
        """With the largest code that leaves it no higher than that; a small one is read from near by too."""
        card = Box(0, 0)
        for share in QR_SHARES:
            card = self._reference(width, share)
            if card.height <= room:
                break
        return card

    def _reference(self, width: float, share: float, *, plain: bool = False) -> Box:
        """share: side of the code, by the type of a greeting; plain: the number no larger than a title,

        and nothing said of keeping it."""
        t, c, space = theme.type, theme.colour, theme.space
        inner = width - 2 * space.l
        reference = group(self.page.accepted.reference)
        label = Text(
            self.words("confirmation.reference"), inner, align="centre", colour=c.soft_ink, leading=TIGHT
        )
        number = figure(reference, inner, name="confirmation.reference", sizes=(t.title,) if plain else ())
        qr = QrPicture(
            self.surroundings.qr_text(self.page.accepted),
            t.display * share,
            self.words("confirmation.qr"),
            name="confirmation.qr",
        )
        middle = Box(inner, qr.height)
        middle.put_centred(qr)
        keep = Text(self.words("confirmation.keep"), inner, align="centre", leading=1.4, balanced=True)
        body = stack(inner, [label, number, space.s, middle, *(() if plain else (space.s, keep))])
        card = Box(width, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        return card

    def _next(self, width: float, room: float) -> Box:
        """As large as there is room for; what the slip says too goes first."""
        t = theme.type
        box = Box(0, 0)
        for size, ask in (
            (t.lead, True),
            (t.body, True),
            (t.body, False),
            (t.caption, False),
            (t.mark, False),
        ):
            box = self._next_in(width, size, ask=ask)
            if box.height <= room:
                break
        return box

    def _next_in(self, width: float, size: int, *, ask: bool) -> Box:
        heading = Text(
            self.words("confirmation.next"),
            width,
            size=theme.type.lead,
            bold=True,
            leading=TIGHT,
            role="heading",
        )
        steps = Text(self.page.form.next_steps[self.language], width, size=size, leading=1.45)
        parts: list[Text | Box | int] = [heading, theme.space.xs, steps]
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
        return stack(width, parts)

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
