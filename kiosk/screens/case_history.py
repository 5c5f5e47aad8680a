"""How far one case has come, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kivy.graphics import Color, Ellipse, Line
from kivy.uix.widget import Widget

from backend_client.appointment import Appointment, AppointmentState
from backend_client.case import CaseEvent, CaseState
from backend_client.forms.present import present_money, present_time
from backend_client.forms.reference import group
from backend_client.payment import Order, OrderState
from kiosk.screens.case_list import state_chip
from kiosk.screens.case_replies import REPLIES, reply_blocks
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import CaseHistory
from kiosk.widgets.box import Box, line_up, stack
from kiosk.widgets.mark import message
from kiosk.widgets.press import SECONDARY
from kiosk.widgets.sheets import Block, kept_together, told_blocks
from kiosk.widgets.text import TIGHT, Text, width_of

FEWEST = 9.0
"""Lines that the way has room for at least beside what stands above it."""
HIGHEST_CARD = 0.6
"""Share of the height that the card takes at most."""
AFTER_CARD = 0.25
"""Place of the way where the card is turned with it, which has the place before."""


class CaseHistoryScreen(Screen[CaseHistory]):
    """The state, what it means, and the way there, the latest first."""

    name = "progress.case"

    def draw(self) -> None:
        """What it means for the resident stands in a card above the way, or beside it; where that leaves

        the way no room, the card is turned with it.
        """
        case, t = self.page.case, theme.type
        top = self.heading(
            case.title[self.language], sub=self.words("case.reference", reference=group(case.reference))
        )
        side = self.width if theme.portrait else round(self.width * 0.42)
        card = self._now(side)
        least = t.lead * TIGHT + t.body * FEWEST
        if card.height + (least if theme.portrait else 0) > self.height - top:
            self.sheets(self._everything, top)
            return
        self.put(card, 0, top)
        if theme.portrait:
            left, top = 0.0, top + card.height + theme.space.l
        else:
            left = side + theme.space.xl
        label = self._label(self.width - left)
        self.put(label, left, top)
        self.sheets(self._events, top + label.height + theme.space.m, left=left)

    def _label(self, width: float) -> Text:
        return Text(
            self.words("case.replies_and_history" if self.page.case.replies else "case.history"),
            width,
            size=theme.type.lead,
            bold=True,
            leading=TIGHT,
            role="heading",
        )

    def _everything(self, width: float) -> list[Block]:
        """The card and the way, one below the other."""
        first, *others = self._events(width)
        space = theme.space
        begun = [Block(self._label(width), space.l, AFTER_CARD), replace(first, gap=space.m)]
        now = [Block(self._now(width), 0, 0.0)]
        if now[0].widget.height > self.height * HIGHEST_CARD:  # without its frame it can be parted
            parts = told_blocks(self._state(width), width)
            now = [replace(part, place=part.place * AFTER_CARD / 100) for part in parts]
            for part in now:
                part.widget.inspect_personal = True
        return [*now, kept_together(begun, width), *others]

    def actions(self) -> Sequence[Action]:
        """Not satisfied; pay what is owed, or see the receipt."""
        return (*self._again(), *self._appointment_actions(), *self._pay())

    def _appointment_actions(self) -> Sequence[Action]:
        """Another time, not at all, or here."""
        appointment = self.page.case.appointment
        if appointment is None:
            return ()
        offered = []
        if appointment.changeable:
            text = self.words("appointment.cancel")
            offered.append(Action("appointment.cancel", text, did.CancelAppointment(), look=SECONDARY))
        if appointment.changeable and not appointment.check_in_open:
            move = "choose" if appointment.state is AppointmentState.UNCONFIRMED else "move"
            text = self.words(f"appointment.{move}")
            offered.append(Action("appointment.move", text, did.MoveAppointment(), icon="calendar"))
        if appointment.check_in_open:
            text = self.words("appointment.check_in")
            offered.append(Action("appointment.check_in", text, did.CheckIn(), icon="ticket"))
        return offered

    def _again(self) -> Sequence[Action]:
        """Have it opened again, where there is a reply that it was not opened again after."""
        if not self.page.case.reopenable:
            return ()
        text = self.words("case.not_satisfied")
        return (Action("case.not_satisfied", text, did.NotSatisfied(), look=SECONDARY, icon="again"),)

    def _pay(self) -> Sequence[Action]:
        order = self.page.order
        if order is None:
            return ()
        if order.payable:
            return (Action("payment.pay", self.words("payment.pay"), did.Pay(), icon="payments"),)
        text = self.words("payment.receipt")
        return (Action("payment.receipt", text, did.Pay(), look=SECONDARY, icon="payments"),)

    def _events(self, width: float) -> list[Block]:
        blocks = self._history(width)
        for block in blocks:
            block.widget.inspect_personal = True
        return blocks

    def _history(self, width: float) -> list[Block]:
        latest = list(reversed(self.page.case.events))
        replied = reply_blocks(self.page.case, width, self.words, self.language, self.when)
        return [
            *replied,
            *(
                Block(
                    self._event(event, width, first=number == 0, last=number == len(latest) - 1),
                    theme.space.l if replied and number == 0 else 0,
                    float(number) + REPLIES,
                )
                for number, event in enumerate(latest)
            ),
        ]

    def _now(self, width: float) -> Box:
        c, space = theme.colour, theme.space
        inner = width - 2 * space.l
        body = stack(inner, self._state(inner))
        card = Box(width, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        card.inspect_personal = True
        return card

    def _state(self, width: float) -> list[Widget | int]:
        """The state, what it means, when to come and what to pay."""
        c, space = theme.colour, theme.space
        chip = state_chip(self.page.case.state, self.words)
        text = self.words("case.since", time=self.when(self.page.case.update_time))
        beside = chip.width + space.m + width_of(text, theme.type.body) + 1 <= width
        since = Text(
            text, width - chip.width - space.m if beside else width, colour=c.soft_ink, leading=TIGHT
        )
        meaning = Text(self._meaning(), width, size=theme.type.lead, leading=1.4)
        now = line_up([chip, since], space.m) if beside else stack(width, [chip, since], space.s)
        parts: list[Widget | int] = [now, space.m]
        if self.page.case.appointment is None:
            parts.append(meaning)
        else:  # which says what the state means here
            parts.append(self._appointment(self.page.case.appointment, width))
        if self.page.order is not None:
            parts += [space.m, self._order(self.page.order, width)]
        return parts

    def _meaning(self) -> str:
        """What the state means for the resident, who has nothing more to do only once it is paid."""
        order, state = self.page.order, self.page.case.state
        due = order is not None and order.payable and state is CaseState.RECEIVED
        return self.words(f"case.{state.name}.due" if due else f"case.{state.name}.meaning")

    def _appointment(self, appointment: Appointment, width: float) -> Box:
        """When and where to come, or what became of it."""
        c = theme.colour
        text = self.words(
            f"appointment.state.{appointment.state.name}",
            time=present_time(appointment.slot.start, self.language),
            place=appointment.place[self.language],
            ticket=appointment.ticket,
        )
        if appointment.state is AppointmentState.UNCONFIRMED:
            return message(text, width, icon="warning", ink=c.notice, ground=c.notice_pale)
        return message(text, width, icon="calendar", ink=c.primary, ground=c.primary_pale)

    def _order(self, order: Order, width: float) -> Box:
        """Whether it is paid."""
        c = theme.colour
        amount = present_money(order.amount_fen, self.language)
        match order.state:
            case OrderState.PAID:
                assert order.pay_time
                text = self.words("case.paid", amount=amount, time=self.when(order.pay_time))
                return message(text, width, icon="done", ink=c.primary, ground=c.primary_pale)
            case OrderState.REFUNDING | OrderState.REFUNDED:
                text = self.words("case.refunded", amount=amount)
                return message(text, width, icon="again", ink=c.primary, ground=c.primary_pale)
        text = self.words("case.due", amount=amount)
        return message(text, width, icon="payments", ink=c.notice, ground=c.notice_pale)

    def _event(self, event: CaseEvent, width: float, *, first: bool, last: bool) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        left = round(t.lead * 1.6)
        room = width - left
        parts: list[Text | int] = [
            Text(self.words(f"case.{event.state.name}"), room, size=t.lead, bold=True, leading=TIGHT),
            Text(self.when(event.event_time), room, colour=c.soft_ink, leading=1.4),
        ]
        if event.note:
            parts += [space.xs, Text(event.note, room, leading=1.4)]
        words = stack(room, parts)
        box = Box(width, words.height + (0 if last else space.l))
        box.put(words, left, 0)
        dot = round(t.body * 0.7)
        centre = (left * 0.35, box.height - t.lead * TIGHT / 2)
        with box.canvas.before:
            Color(*(c.primary if first else c.edge))
            Ellipse(pos=(round(centre[0] - dot / 2), round(centre[1] - dot / 2)), size=(dot, dot))
            if not last:
                Color(*c.line)
                Line(
                    points=[centre[0], centre[1] - dot, centre[0], -t.lead * TIGHT / 2 + dot],
                    width=space.hair,
                )
        return box
