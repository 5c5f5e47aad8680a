"""Paying: the code with its clock, and what became of the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kivy.uix.widget import Widget

from backend_client.forms.present import present_money
from backend_client.forms.reference import group
from backend_client.payment import Order, OrderState
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action, Screen
from kiosk.slip import fours
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Paying, PaymentKept, Slip
from kiosk.visit.payment import SHORT
from kiosk.widgets.box import Box, line_up, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.qr import QrPicture
from kiosk.widgets.sheets import Block, told_blocks
from kiosk.widgets.text import TIGHT, Text, fitting

LEAST_CODE = 0.24
"""Share of the width that a code takes at least before the words beside it are in smaller type."""


def clock(seconds: int) -> str:
    """Minutes and seconds: 4:05."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def fitted(made: Callable[[int], Box], room: float) -> Box:
    """What is made of type of a size, as large as there is room for."""
    t = theme.type
    box = made(t.lead)
    for size in (t.body, t.caption, t.mark):
        if box.height <= room:
            break
        box = made(size)
    return box


def _demonstration(text: str, width: float, size: int) -> Box:
    c = theme.colour
    return message(text, width, icon="information", ink=c.primary, ground=c.primary_pale, size=size)


class PayingScreen(Screen[Paying]):
    """The code and the amount are the largest things on the screen; the clock counts in place."""

    name = "payment.code"

    def draw(self) -> None:
        """Upright all below one another, lying the code beside the rest."""
        space = theme.space
        top = self.heading(self.words("payment.title"), sub=self.page.order.title[self.language])
        if theme.portrait:
            amount = self._amount(self.width)
            self.put(amount, 0, top)
            top += amount.height + space.m
            free = self.height - top - 3 * space.m
            below = fitted(lambda size: self._words(self.width, size), free - self.width * LEAST_CODE)
            side = min(self.width * 0.62, free - below.height)
            code = self._code(side)
            self.put(code, (self.width - code.width) / 2, top)
            top += code.height + space.m
            self.put(below, 0, top)
        else:
            side = min(self.width * 0.44, self.height - top)
            if self._beside(side, theme.type.body).height > self.height - top:
                side = min(side, self.width * LEAST_CODE)
            self.put(self._code(side), 0, top)
            beside = fitted(lambda size: self._beside(side, size), self.height - top)
            self.put(beside, side + space.xl, top)

    def actions(self) -> Sequence[Action]:
        """Stop paying; and more time once the code is short of it."""
        later = Action("payment.later", self.words("payment.later"), did.PayLater(), look=SECONDARY)
        if self.page.seconds_left > SHORT:
            return (later,)
        words = "payment.more_time" if self.page.seconds_left else "payment.new_code"
        return (later, Action("payment.renew", self.words(words), did.RenewCode(), icon="again"))

    def refresh(self, page: Paying) -> bool:
        """The clock goes on in place."""
        before, self.page = self.page, page
        same = (before.code, before.unsure, _stage(before)) == (page.code, page.unsure, _stage(page))
        if same:
            self._tick()
        return same

    def _beside(self, side: float, size: int) -> Box:
        """The amount and the words beside a code so wide."""
        room = self.width - side - theme.space.xl
        return stack(room, [self._amount(room), self._words(room, size)], theme.space.m)

    def _amount(self, width: float) -> Box:
        t, c = theme.type, theme.colour
        amount = present_money(self.page.order.amount_fen, self.language)
        size = fitting(amount, width, (t.huge, t.display, t.title), lines=1, bold=True)
        align = "centre" if theme.portrait else "left"
        figure = Text(
            amount,
            width,
            size=size,
            bold=True,
            align=align,
            colour=c.primary,
            leading=1.2,
            name="payment.amount",
        )
        reference = Text(
            self.words("payment.reference", reference=group(self.page.order.reference)),
            width,
            align=align,
            colour=c.soft_ink,
            leading=TIGHT,
            name="payment.reference",
        )
        return stack(width, [figure, reference], theme.space.xs)

    def _code(self, side: float) -> Box:
        """What is scanned; nothing that could be scanned once it is over."""
        c = theme.colour
        card = Box(side, side, fill=c.on_colour, edge=c.line)
        if self.page.seconds_left:
            name = self.words("payment.qr")
            card.put_centred(QrPicture(self.page.code, side - theme.space.m, name, name="payment.qr"))
        else:
            inner = side - 2 * theme.space.l
            icon = Icon("clock", round(side * 0.2), c.soft_ink)
            middle = Box(inner, icon.height)
            middle.put_centred(icon)
            t, text = theme.type, self.words("payment.over")
            over = Text(
                text,
                inner,
                size=fitting(text, inner, (t.lead, t.body, t.caption), lines=2, bold=True),
                bold=True,
                align="centre",
                leading=1.3,
                balanced=True,
            )
            card.put_centred(stack(inner, [middle, over], theme.space.m))
        return card

    def _words(self, width: float, size: int) -> Box:
        c, space = theme.colour, theme.space
        small = min(size, theme.type.body)
        self._clock_at = Box(width, round(theme.type.title * 1.4))
        self._tick()
        told = "payment.scan" if self.page.seconds_left else "payment.over_text"
        how = Text(self.words(told), width, size=size, leading=1.4, balanced=True)
        parts: list[Box | Text | int] = [self._clock_at, space.s, how]
        if self.page.unsure:
            text = self.words("payment.unsure")
            said = message(text, width, icon="offline", ink=c.notice, ground=c.notice_pale, size=small)
            parts += [space.s, said]
        elif self.page.seconds_left:
            text = self.words("payment.waiting")
            waiting = Text(text, width, size=small, colour=c.soft_ink, leading=1.4, balanced=True)
            parts += [space.xs, waiting]
        if self.page.order.demonstration:
            parts += [space.s, _demonstration(self.words("payment.demonstration"), width, small)]
        return stack(width, parts)

    def _tick(self) -> None:
        t, c = theme.type, theme.colour
        self._clock_at.clear_widgets()
        ink = c.primary if self.page.seconds_left > SHORT else c.danger
        icon = Icon("clock", round(t.title * 1.1), ink)
        room = self._clock_at.width - icon.width - theme.space.s
        text = self.words("payment.left", time=clock(self.page.seconds_left))
        left = Text(text, room, size=t.lead, bold=True, colour=ink, leading=TIGHT, name="payment.clock")
        self._clock_at.put_centred(line_up([icon, left], theme.space.s))


def _stage(page: Paying) -> int:
    """Time enough, short of it, or over."""
    return 2 if page.seconds_left > SHORT else 1 if page.seconds_left else 0


class PaymentKeptScreen(Screen[PaymentKept]):
    """Paid, with the receipt; or how it is paid later."""

    name = "payment.order"

    def draw(self) -> None:
        """What became of it, the card of the order, what can be done now; turned where there is no room."""
        t, space = theme.type, theme.space
        title = self._title()
        self.put(title, 0, 0)
        top = title.height + space.l
        side = self.width if theme.portrait else round(self.width * 0.47)
        card = self._card(side)
        left = 0.0 if theme.portrait else side + space.l
        below = top + card.height + space.l if theme.portrait else top
        room = self.width - left
        for size in (t.lead, t.body):
            words = stack(room, self._words(room, size))
            if max(below + words.height, top + card.height) <= self.height:
                self.put(card, 0, top)
                self.put(words, left, below)
                return
        self.sheets(self._everything, top)

    def _everything(self, width: float) -> list[Block]:
        """How far the slip is, the card and the words, one below the other."""
        words = told_blocks(self._words(width, theme.type.body), width, place=1.0)
        card = Block(self._card(width), 0, 0.0)
        if self.page.slip in (Slip.PRINTING, Slip.PRINTED, Slip.FAILED):
            card = replace(card, gap=theme.space.m, place=0.5)
            return [replace(words[0], place=0.0), card, *words[1:]]
        return [card, replace(words[0], gap=theme.space.l), *words[1:]]

    def actions(self) -> Sequence[Action]:
        """Print, pay where that can be done, and home."""
        order, slip = self.page.order, self.page.slip
        main: list[Action] = []
        if slip in (Slip.OFFERED, Slip.FAILED):
            kind = "receipt" if _settled(order) else "reminder"
            words = self.words(
                f"payment.print_{kind}" if slip is Slip.OFFERED else "confirmation.print_again"
            )
            look = SECONDARY if order.payable else PRIMARY
            main.append(Action("payment.print", words, did.PrintSlip(), look=look, icon="printer"))
        if order.payable:
            main.append(Action("payment.pay", self.words("payment.pay"), did.Pay(), icon="payments"))
        text = self.words("confirmation.home")
        if not main:
            return (Action("confirmation.home", text, did.GoHome(), icon="home"),)
        return (Action("confirmation.home", text, did.GoHome(), look=SECONDARY, icon="home"), *main)

    def _title(self) -> Box:
        t, c = theme.type, theme.colour
        done = self.page.order.state is OrderState.PAID
        icon = Icon("done" if done else "clock", round(t.title * 1.4), c.primary if done else c.notice)
        room = self.width - icon.width - theme.space.m
        text = self.words(f"payment.state.{self.page.order.state.name}")
        size = fitting(text, room, (t.title, t.heading, t.lead), lines=1, bold=True)
        label = Text(text, room, size=size, bold=True, leading=TIGHT, role="heading", name="page.title")
        what = Text(self.page.order.title[self.language], room, colour=c.soft_ink, leading=1.4)
        return line_up([icon, stack(room, [label, what])], theme.space.m)

    def _card(self, width: float) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        order = self.page.order
        inner = width - 2 * space.l

        def small(text: str, *, name: str = "") -> Text:
            return Text(text, inner, align="centre", colour=c.soft_ink, leading=1.4, name=name, balanced=True)

        def large(text: str, name: str, sizes: Sequence[int]) -> Text:
            size = fitting(text, inner, sizes, lines=1, bold=True)
            return Text(
                text, inner, size=size, bold=True, align="centre", colour=c.primary, leading=1.25, name=name
            )

        parts: list[Text | Box | int] = [
            small(self.words("payment.paid_amount" if order.pay_time else "payment.due_amount")),
            large(
                present_money(order.amount_fen, self.language),
                "payment.amount",
                (t.huge, t.display, t.title),
            ),
            space.s,
            small(self.words("payment.number")),
            large(group(order.reference), "payment.reference", (t.display, t.title, t.heading)),
        ]
        if order.pay_time is not None:
            parts += [space.s, small(self.words("payment.paid_at", time=self.when(order.pay_time)))]
            if order.transaction:
                text = self.words("payment.transaction", number=fours(order.transaction))
                parts.append(small(text, name="payment.transaction"))
        elif order.payable:
            parts += [space.s, small(self.words("payment.until", time=self.when(order.due_time)))]
        body = stack(inner, parts)
        card = Box(width, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        return card

    def _words(self, width: float, size: int) -> list[Widget | int]:
        c, space = theme.colour, theme.space
        small = min(size, theme.type.body)
        order = self.page.order
        parts: list[Widget | int] = []
        match self.page.slip:
            case Slip.PRINTING:
                text = self.words("print.printing")
                ink, ground = c.primary, c.primary_pale
                parts = [message(text, width, icon="printer", ink=ink, ground=ground, size=small), space.m]
            case Slip.PRINTED:
                text = self.words("print.printed")
                ink, ground = c.primary, c.primary_pale
                parts = [message(text, width, icon="done", ink=ink, ground=ground, size=small), space.m]
            case Slip.FAILED:
                text = not_printed(self.page.slip_fault, "payment", self.words)
                parts = [error(text, width, small), space.m]
        if order.payable:
            phone = self.surroundings.help_phone
            told = (
                self.words("payment.later_text", phone=phone) if phone else self.words("payment.later_here")
            )
        else:
            told = self.words(f"payment.meaning.{order.state.name}")
        parts.append(Text(told, width, size=size, leading=1.45))
        if order.state is OrderState.WAITING:
            once = Text(self.words("payment.once"), width, size=small, colour=c.soft_ink, leading=1.45)
            parts += [space.s, once]
        if order.demonstration:
            parts += [space.m, _demonstration(self.words("payment.demonstration"), width, small)]
        return parts


def _settled(order: Order) -> bool:
    """Whether there is a receipt of it."""
    return order.pay_time is not None
