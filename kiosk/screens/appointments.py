"""What can be booked or queued for, the ticket, and whether an appointment is really to be cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from backend_client.appointment import Queue
from backend_client.catalog import Service
from backend_client.forms.present import present_time
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import AppointmentServices, CancelQuestion, Slip, TicketIssued
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import ALARM, PRIMARY, SECONDARY, Press, button
from kiosk.widgets.row_of_buttons import needed
from kiosk.widgets.sheets import Block, told_blocks
from kiosk.widgets.text import TIGHT, Text, figure


class AppointmentServicesScreen(Screen[AppointmentServices]):
    """One card a matter, with a button to book a time and one to take a ticket now: two touches to either."""

    name = "appointments.list"

    def draw(self) -> None:
        """The most used first."""
        tickets = any(service.counters for service in self.page.services)
        how = self.words("door.appointments.choose" if tickets else "door.appointments.choose_booking")
        top = self.heading(self.words("door.appointments"), sub=how)
        self.sheets(self._cards, top)

    def _cards(self, width: float) -> list[Block]:
        return [
            Block(self._card(service, width), theme.space.s, float(number))
            for number, service in enumerate(self.page.services)
        ]

    def _card(self, service: Service, width: float) -> Box:
        space, c = theme.space, theme.colour
        buttons = self._buttons(service)
        inner = width - 2 * space.m
        texts = [self.words(f"appointments.{which}") for which in ("book", "ticket")]
        need = max(needed(text, theme.type.body, icon=True) for text in texts)
        upright = theme.portrait or 2 * need > inner * 0.5
        wide = (inner - space.s) / 2 if upright else max(need, inner * 0.24)
        beside = 0.0 if upright else len(buttons) * (wide + space.s)
        room = inner - beside
        parts: list[Text | int] = [
            Text(service.title[self.language], room, size=theme.type.lead, bold=True, leading=TIGHT),
            space.xs,
            Text(self._about(service), room, colour=c.soft_ink, leading=1.4),
        ]
        words = stack(room, parts)
        presses = [self._press(one, service, wide, alone=len(buttons) == 1) for one in buttons]
        tall = max((press.height for press in presses), default=0)
        high = max(words.height, tall) if not upright else words.height + (space.s + tall if presses else 0)
        card = Box(width, high + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(words, space.m, space.m + (0 if upright else (high - words.height) / 2))
        for column, press in enumerate(presses):
            if upright:
                card.put(press, space.m + column * (wide + space.s), space.m + words.height + space.s)
            else:
                left = (
                    width - space.m - (len(presses) - column) * wide - (len(presses) - column - 1) * space.s
                )
                card.put(press, left, space.m + (high - press.height) / 2)
        return card

    def _buttons(self, service: Service) -> list[str]:
        """A ticket only where one is given now."""
        queue = self.page.queues.get(service.counters)
        ticket = bool(service.counters) and (queue is None or queue.giving_tickets)
        return [*(["book"] if service.form else []), *(["ticket"] if ticket else [])]

    def _press(self, which: str, service: Service, width: float, *, alone: bool) -> Press:
        """alone: there is no other way."""
        identifier = service.name.partition("/")[2]
        event = did.OpenService(service) if which == "book" else did.TakeTicket(service)
        press = button(
            self.words(f"appointments.{which}"),
            width,
            name=f"appointments.{which}.{identifier}",
            touched=self.touch(event),
            look=PRIMARY if alone or which == "ticket" else SECONDARY,
            icon="calendar" if which == "book" else "ticket",
        )
        press.inspect_text = self.words(
            "appointments.what", title=service.title[self.language], what=press.inspect_text
        )
        return press

    def _about(self, service: Service) -> str:
        queue = self.page.queues.get(service.counters)
        return self._waiting(queue) if queue else service.department[self.language]

    def _waiting(self, queue: Queue) -> str:
        if queue.giving_tickets:
            if not queue.waiting:
                return self.words("appointments.nobody_waits")
            return self.words("appointments.waiting", count=queue.waiting, minutes=queue.wait_minutes)
        if queue.opens is None:
            return self.words("appointments.closed")
        return self.words("appointments.opens", time=present_time(queue.opens, self.language))


class TicketIssuedScreen(Screen[TicketIssued]):
    """The number is the largest thing on the screen."""

    name = "appointments.ticket"

    def draw(self) -> None:
        """Upright all below one another, lying the number beside the rest; turned where there is no room."""
        t, space = theme.type, theme.space
        top = self.heading(self.words("ticket.title"), sub=self.page.counters.title[self.language])
        if theme.portrait:
            card, left = self._number(self.width), 0.0
            below = top + card.height + space.l
        else:
            side = round(self.width * 0.45)
            card, left = self._number(side), side + space.xl
            below = top
        room = self.width - left
        for size in (t.lead, t.body):
            words = stack(room, self._words(room, size))
            if words.height <= self.height - below:
                self.put(card, 0, top)
                self.put(words, left, below)
                return
        card = self._flat_number()
        self.put(card, 0, top)
        top += card.height + space.l
        words = stack(self.width, self._words(self.width, t.body))
        if words.height <= self.height - top:
            self.put(words, 0, top)
        else:
            self.sheets(lambda width: told_blocks(self._words(width, t.body), width), top)

    def actions(self) -> Sequence[Action]:
        """Print once more where that failed; home."""
        home = Action("confirmation.home", self.words("confirmation.home"), did.GoHome(), icon="home")
        if self.page.slip not in (Slip.OFFERED, Slip.FAILED):
            return (home,)
        text = self.words("ticket.print_again")
        home = Action(home.name, home.text, home.event, look=SECONDARY, icon=home.icon)
        return (home, Action("ticket.print", text, did.PrintSlip(), icon="printer"))

    def _number(self, width: float) -> Box:
        space = theme.space
        inner = width - 2 * space.l
        body = stack(inner, [*self._large(inner), space.s, self._ahead(inner)])
        card = Box(width, body.height + 2 * space.l, fill=theme.colour.surface, edge=theme.colour.line)
        card.put(body, space.l, space.l)
        return card

    def _flat_number(self) -> Box:
        """With how many wait beside the number."""
        space = theme.space
        half = (self.width - 3 * space.l) / 2
        number, ahead = stack(half, self._large(half)), self._ahead(half)
        high = max(number.height, ahead.height) + 2 * space.s
        card = Box(self.width, high, fill=theme.colour.surface, edge=theme.colour.line)
        card.put(number, space.l, (high - number.height) / 2)
        card.put(ahead, 2 * space.l + half, (high - ahead.height) / 2)
        return card

    def _large(self, width: float) -> list[Text]:
        label = Text(
            self.words("ticket.number"), width, align="centre", colour=theme.colour.soft_ink, leading=TIGHT
        )
        return [label, figure(self.page.ticket.number, width, name="ticket.number")]

    def _ahead(self, width: float) -> Text:
        """How many wait before it."""
        ticket = self.page.ticket
        text = self.words("ticket.next")
        if ticket.ahead:
            text = self.words("ticket.ahead", count=ticket.ahead, minutes=ticket.wait_minutes)
        return Text(
            text,
            width,
            size=theme.type.lead,
            bold=True,
            align="centre",
            leading=1.4,
            name="ticket.ahead",
            balanced=True,
        )

    def _words(self, width: float, size: int) -> list[Widget | int]:
        c, space = theme.colour, theme.space
        place = self.words("ticket.place", place=self.page.counters.place[self.language])
        parts: list[Widget | int] = [
            message(place, width, icon="place", ink=c.primary, ground=c.primary_pale, size=size),
            space.m,
            Text(self.words("ticket.listen"), width, size=size, leading=1.45),
        ]
        if self.page.ticket.appointment:
            parts += [space.s, Text(self.words("ticket.first"), width, size=size, leading=1.45)]
        match self.page.slip:
            case Slip.PRINTING:
                text = self.words("ticket.printing")
                parts[:0] = [
                    message(text, width, icon="printer", ink=c.primary, ground=c.primary_pale),
                    space.m,
                ]
            case Slip.PRINTED:
                text = self.words("ticket.printed")
                parts[:0] = [message(text, width, icon="done", ink=c.primary, ground=c.primary_pale), space.m]
            case Slip.FAILED:
                text = not_printed(self.page.slip_fault, "ticket", self.words)
                parts[:0] = [error(text, width), space.m]
            case Slip.NO_PRINTER:
                parts += [
                    space.s,
                    Text(self.words("ticket.remember"), width, size=size, bold=True, leading=1.45),
                ]
        return parts


class CancelQuestionScreen(Screen[CancelQuestion]):
    """What would be given back, in large type, and two buttons."""

    name = "appointments.cancel"

    def draw(self) -> None:
        """In the middle."""
        t, c, space = theme.type, theme.colour, theme.space
        appointment = self.page.case.appointment
        assert appointment
        top = self.heading(self.words("appointment.cancel_title"), sub=self.page.case.title[self.language])
        icon = Icon("calendar", round(t.display * 1.4), c.notice, ground=c.notice_pale)
        middle = Box(self.width, icon.height)
        middle.put_centred(icon)
        when = Text(
            present_time(appointment.slot.start, self.language),
            self.width,
            size=t.heading,
            bold=True,
            align="centre",
            leading=1.4,
            balanced=True,
        )
        what = Text(
            self.words("appointment.cancel_meaning"),
            self.width,
            size=t.lead,
            align="centre",
            leading=1.4,
            balanced=True,
        )
        group = stack(self.width, [middle, when, what], space.l)
        self.put(group, 0, top + max(0, (self.height - top - group.height) * 0.35))

    def actions(self) -> Sequence[Action]:
        """Keep it; or really not come."""
        text = self.words("appointment.keep")
        keep = Action("appointment.keep", text, did.KeepAppointment(), look=SECONDARY)
        text = self.words("appointment.cancel_yes")
        return (keep, Action("appointment.cancel_yes", text, did.CancelAppointment(), look=ALARM))
