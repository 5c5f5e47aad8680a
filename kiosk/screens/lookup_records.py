"""What a lookup found, one row a record; or that it found nothing."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.lookup import Record
from backend_client.forms.present import present_money
from backend_client.forms.present_record import present_line
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import LookupRecords
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import chip, message
from kiosk.widgets.press import PRIMARY, SECONDARY, row
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class LookupRecordsScreen(Screen[LookupRecords]):
    """In the order of whoever keeps them."""

    name = "lookup.records"

    def draw(self) -> None:
        """Where there is nothing, what that may mean and who else can be asked."""
        found = self.page.found
        count = len(found.records)
        when = self.words("records.as_of", time=self.when(found.ask_time))
        sub = f"{self.words('records.count', count=count)} · {when}" if count else when
        top = self.heading(self.page.lookup.title[self.language], sub=sub)
        if count:
            self.sheets(self._rows, top)
        else:
            self.put(self._nothing(), 0, top)

    def actions(self) -> Sequence[Action]:
        """Look something else up."""
        look = SECONDARY if self.page.found.records else PRIMARY
        return (
            Action("lookup.anew", self.words("records.anew"), did.SearchAnew(), look=look, icon="search"),
        )

    def _rows(self, width: float) -> list[Block]:
        found = self.page.found
        blocks = [
            Block(self._row(record, number, width), theme.space.s, float(number))
            for number, record in enumerate(found.records)
        ]
        if found.more and (guide := self.page.service.guide):
            text = self.words(
                "records.more",
                count=len(found.records),
                department=self.page.service.department[self.language],
                phone=guide.phone,
            )
            more = Text(text, width, colour=theme.colour.soft_ink, leading=1.4)
            blocks.append(Block(more, theme.space.s, float(len(found.records))))
        return blocks

    def _row(self, record: Record, number: int, width: float) -> Box:
        c = theme.colour
        owed = record.payable
        line = present_line(self.page.lookup, record, self.language, self.surroundings.zone)
        mark = None
        if owed:
            amount = present_money(owed.amount_fen, self.language)
            mark = chip(amount, ink=c.notice, ground=c.notice_pale)
        elif record.pay_time:
            mark = chip(self.words("records.paid_mark"), ink=c.primary, ground=c.primary_pale, icon="done")
        press = row(
            line,
            width,
            name=f"lookup.record.{number}",
            touched=self.touch(did.OpenRecord(record)),
            beside=mark,
        )
        press.inspect_personal = True
        return press

    def _nothing(self) -> Box:
        c, t = theme.colour, theme.type
        text = self.page.lookup.nothing[self.language]
        told = message(
            text, self.width, icon="information", ink=c.primary, ground=c.primary_pale, size=t.lead
        )
        guide = self.page.service.guide
        if guide is None:
            return told
        ask = self.words(
            "records.ask", department=self.page.service.department[self.language], phone=guide.phone
        )
        return stack(self.width, [told, Text(ask, self.width, leading=1.4)], theme.space.l)
