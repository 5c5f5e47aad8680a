"""What a form costs, line by line, before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.charge import BillLine
from backend_client.forms.form import ChargeRole
from backend_client.forms.present import present_money
from backend_client.forms.present_charge import present_how
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import ChargeReview
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import rule
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, figure, width_of


class ChargeReviewScreen(Screen[ChargeReview]):
    """The total in a card, large; the lines below it, or beside it where the window lies."""

    name = "form.charge"

    def draw(self) -> None:
        """As many sheets as the lines need; the card is turned with them where height is dear."""
        top = self.heading(self.words("charge.title"), sub=self.words("charge.sub"))
        if theme.very_large and not theme.portrait:
            self.sheets(lambda width: [Block(self._total(width), 0, 0.0), *self._lines(width)], top)
        elif theme.portrait:
            card = self._total(self.width)
            self.put(card, 0, top)
            self.sheets(self._lines, top + card.height + theme.space.l)
        else:
            side = round(self.width * 0.38)
            self.put(self._total(side), 0, top)
            self.sheets(self._lines, top, left=side + theme.space.xl)

    def actions(self) -> Sequence[Action]:
        """On to the declaration."""
        return (Action("form.next", self.words("charge.next"), did.Next(), icon="next", icon_after=True),)

    def _total(self, width: float) -> Box:
        c, space = theme.colour, theme.space
        inner = width - 2 * space.l
        charge = self.page.form.charge
        assert charge
        amount = present_money(self.page.bill.total_fen, self.language)
        label = Text(charge.total[self.language], inner, colour=c.soft_ink, align="centre", leading=TIGHT)
        t = theme.type
        sizes = (t.huge, t.display, t.title, t.heading, t.lead, t.body)
        large = figure(amount, inner, name="charge.total", sizes=sizes)
        told = "charge.pay_after" if self.page.bill.total_fen else "charge.nothing"
        after = Text(self.words(told), inner, align="centre", leading=1.4, balanced=True)
        body = stack(inner, [label, large, space.xs, after])
        card = Box(width, body.height + 2 * space.m, fill=c.surface, edge=c.line)
        card.put(body, space.l, space.m)
        return card

    def _lines(self, width: float) -> list[Block]:
        return [
            Block(self._line(line, width), theme.space.s, float(number))
            for number, line in enumerate(self.page.bill.lines, 1)
        ]

    def _line(self, line: BillLine, width: float) -> Box:
        """The label and how it came about at the left, the amount at the right; what is only computed with
        in softer ink, what is taken off with its sign."""
        t, c, space = theme.type, theme.colour, theme.space
        basis = line.line.role is ChargeRole.BASIS
        amount = present_money(line.amount_fen, self.language)
        if line.line.role is ChargeRole.RELIEF:
            amount = self.words("charge.relief", amount=amount)
        side = width_of(amount, t.lead, bold=not basis) + 4
        room = width - side - space.l
        label = Text(line.line.label[self.language], room, size=t.lead, bold=not basis, leading=TIGHT)
        parts: list[Text | Box | int] = [label]
        how = present_how(self.page.form, self.page.bill, line, self.language)
        if basis:
            how = self.words("charge.basis_how", how=how) if how else self.words("charge.basis")
        if how:
            parts += [space.xs, Text(how, room, size=t.caption, colour=c.soft_ink, leading=1.4)]
        words = stack(room, parts)
        cost = Text(
            amount,
            side,
            size=t.lead,
            bold=not basis,
            colour=c.soft_ink if basis else c.ink,
            align="right",
            leading=TIGHT,
            name=f"charge.{line.line.id}",
        )
        high = max(words.height, cost.height) + space.s + space.hair
        box = Box(width, high)
        box.put(words, 0, 0)
        box.put(cost, width - side, 0)
        box.put(rule(width), 0, high - space.hair)
        return box
