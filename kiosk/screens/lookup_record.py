"""One record in full: every value beside its name, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.present import present_money
from backend_client.forms.present_record import present_record
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import LookupRecord, Slip
from kiosk.widgets.box import Box
from kiosk.widgets.mark import error, message, rule
from kiosk.widgets.press import SECONDARY
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text, width_of


class LookupRecordScreen(Screen[LookupRecord]):
    """Names on the left, values on the right."""

    name = "lookup.record"

    def draw(self) -> None:
        """What is owed, or what became of the print, stands above."""
        page, space = self.page, theme.space
        when = self.words("records.as_of", time=self.when(page.found.ask_time))
        top = self.heading(page.lookup.title[self.language], sub=when)
        if told := self._slip():
            told.inspect_personal = page.record.payable is not None and page.slip is Slip.OFFERED
            self.put(told, 0, top)
            top += told.height + space.m
        self.sheets(self._values, top)

    def actions(self) -> Sequence[Action]:
        """Another search, print, and pay where something is owed."""
        anew = Action(
            "lookup.anew", self.words("records.anew"), did.SearchAnew(), look=SECONDARY, icon="search"
        )
        offered = [anew]
        owed = self.page.record.payable
        if self.page.slip in (Slip.OFFERED, Slip.FAILED):
            text = self.words(
                "records.print" if self.page.slip is Slip.OFFERED else "confirmation.print_again"
            )
            offered.append(Action("lookup.print", text, did.PrintSlip(), look=SECONDARY, icon="printer"))
        if owed:
            text = self.words("payment.pay")
            offered.append(Action("lookup.pay", text, did.Pay(owed), icon="payments"))
        return offered

    def _values(self, width: float) -> list[Block]:
        space, t, c = theme.space, theme.type, theme.colour
        told = present_record(self.page.lookup, self.page.record, self.language, self.surroundings.zone)
        column = round(min(max(width_of(label, t.body) for label, _ in told) + space.l, width * 0.42))
        blocks = []
        for number, (label, value) in enumerate(told):
            name = Text(label, column - space.m, colour=c.soft_ink, leading=1.4)
            words = Text(value, width - column, size=t.lead, leading=1.4, name=f"lookup.value.{number}")
            words.inspect_personal = True
            high = max(name.height, words.height) + space.s
            box = Box(width, high + space.hair)
            box.put(name, 0, (words.pitch - name.pitch) / 2)
            box.put(words, column, 0)
            box.put(rule(width), 0, high)
            blocks.append(Block(box, space.s, float(number)))
        return blocks

    def _slip(self) -> Box | None:
        c = theme.colour
        owed, paid = self.page.record.payable, self.page.record.pay_time
        match self.page.slip:
            case Slip.PRINTING:
                text, icon = self.words("print.printing"), "printer"
            case Slip.PRINTED:
                text, icon = self.words("print.printed"), "done"
            case Slip.FAILED:
                return error(not_printed(self.page.slip_fault, "record", self.words), self.width)
            case _ if owed:
                text = self.words(
                    "records.owed",
                    title=owed.title[self.language],
                    amount=present_money(owed.amount_fen, self.language),
                )
                return message(text, self.width, icon="payments", ink=c.notice, ground=c.notice_pale)
            case _ if paid:
                text, icon = self.words("records.paid", time=self.when(paid)), "done"
            case _:
                return None
        return message(text, self.width, icon=icon, ink=c.primary, ground=c.primary_pale)
