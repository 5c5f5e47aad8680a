"""What can be booked or queued for, the ticket, and whether an appointment is really to be cancelled."""

from __future__ import annotations

from collections.abc import Sequence

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
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, figure


class AppointmentServicesScreen(Screen[AppointmentServices]):
    """One card a matter, with a button to book a time and one to take a ticket now: two touches to either."""

    name = "appointments.list"

    def draw(self) -> None:
        """The most used first."""
        top = self.heading(self.words("door.appointments"), sub=self.words("door.appointments.choose"))
        self.sheets(self._cards, top)

    def _cards(self, width: float) -> list[Block]:
        return [
            Block(self._card(service, width), theme.space.s, float(number))
            for number, service in enumerate(self.page.services)
        ]

    def _card(self, service: Service, width: float) -> Box:
        space, c = theme.space, theme.colour
        buttons = self._buttons(service)
        upright = theme.portrait
        inner = width - 2 * space.m
        wide = (inner - space.s) / 2 if upright else inner * 0.24
        beside = 0.0 if upright else len(buttons) * (wide + space.s)
        room = inner - beside
        parts: list[Text | int] = [
            Text(service.title[self.language], room, size=theme.type.lead, bold=True, leading=TIGHT),
            space.xs,
            Text(self._about(service), room, colour=c.soft_ink, leading=1.4),
        ]
        words = stack(room, parts)
        presses = [self._press(one, service, wide) for one in buttons]
        high = words.height + (space.s + presses[0].height if upright else 0)
        if not upright:
            high = max(high, presses[0].height)
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
        return [*(["book"] if service.form else []), *(["ticket"] if service.counters else [])]

    def _press(self, which: str, service: Service, width: float) -> Press:
        identifier = service.name.partition("/")[2]
        event = did.OpenService(service) if which == "book" else did.TakeTicket(service)
        return button(
            self.words(f"appointments.{which}"),
            width,
            name=f"appointments.{which}.{identifier}",
            touched=self.touch(event),
            look=SECONDARY if which == "book" else PRIMARY,
            icon="calendar" if which == "book" else "ticket",
        )

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
        """Upright all below one another, lying the number beside the rest."""
        t, space = theme.type, theme.space
        top = self.heading(self.words("ticket.title"), sub=self.page.counters.title[self.language])
        if theme.portrait:
            card = self._number(self.width)
            self.put(card, 0, top)
            self.put(self._words(self.width, t.lead), 0, top + card.height + space.l)
        else:
            side = round(self.width * 0.45)
            card = self._number(side)
            self.put(card, 0, top)
            left = side + space.xl
            words = self._words(self.width - left, t.lead)
            if words.height > self.height - top:
                words = self._words(self.width - left, t.body)
            self.put(words, left, top)

    def actions(self) -> Sequence[Action]:
        """Print once more where that failed; home."""
        home = Action("confirmation.home", self.words("confirmation.home"), did.GoHome(), icon="home")
        if self.page.slip not in (Slip.OFFERED, Slip.FAILED):
            return (home,)
        text = self.words("ticket.print_again")
        home = Action(home.name, home.text, home.event, look=SECONDARY, icon=home.icon)
        return (home, Action("ticket.print", text, did.PrintSlip(), icon="printer"))

    def _number(self, width: float) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        inner = width - 2 * space.l
        number = self.page.ticket.number
        large = figure(number, inner, name="ticket.number")
        label = Text(self.words("ticket.number"), inner, align="centre", colour=c.soft_ink, leading=TIGHT)
        ahead = Text(
            self._ahead(),
            inner,
            size=t.lead,
            bold=True,
            align="centre",
            leading=1.4,
            name="ticket.ahead",
            balanced=True,
        )
        body = stack(inner, [label, large, space.s, ahead])
        card = Box(width, body.height + 2 * space.l, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.l)
        return card

    def _ahead(self) -> str:
        ticket = self.page.ticket
        if not ticket.ahead:
            return self.words("ticket.next")
        return self.words("ticket.ahead", count=ticket.ahead, minutes=ticket.wait_minutes)

    def _words(self, width: float, size: int) -> Box:
        c, space = theme.colour, theme.space
        place = self.words("ticket.place", place=self.page.counters.place[self.language])
        parts: list[Box | Text | int] = [
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
        return stack(width, parts)


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
