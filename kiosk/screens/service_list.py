"""The matters of the county."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.catalog import Service
from kiosk.initials import groups
from kiosk.screens.indexed import put_indexed
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Door, ServiceList
from kiosk.widgets.box import Box
from kiosk.widgets.mark import chip
from kiosk.widgets.press import SECONDARY, Press, row, row_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text

OFTEN = 6
"""Services that stand before the others where there is an index: the most used."""


class ServiceListScreen(Screen[ServiceList]):
    """One row a matter; those that can be applied for here say so."""

    name = "services.list"
    for_everybody = True

    def draw(self) -> None:
        """The most used first; a long list has only these first, and an index."""
        top = self.heading(
            self.words(f"door.{self.page.door.value}"), sub=self.words(f"door.{self.page.door.value}.choose")
        )
        titles = [service.title[self.language] for service in self.page.services]
        found = groups(titles, self.language, self.surroundings.typing.words, often=OFTEN)
        if found:
            put_indexed(
                self, found, lambda members, width: [(self._row(one, width), 1) for one in members], top
            )
        else:
            self.sheets(self._rows, top)

    def actions(self) -> Sequence[Action]:
        """Where there is something to pay, also what was begun before."""
        if self.page.door is not Door.PAYMENTS:
            return ()
        text = self.words("payment.by_reference")
        return (Action("payment.by_reference", text, did.ByReference(), look=SECONDARY, icon="reference"),)

    def _rows(self, width: float) -> list[Block]:
        return [
            Block(self._row(number, width), theme.space.s, float(number))
            for number in range(len(self.page.services))
        ]

    def _row(self, number: int, width: float) -> Press:
        service = self.page.services[number]
        mark = self._mark(service)
        room = row_room(width, beside=mark.width)
        summary = Text(service.summary[self.language], room, colour=theme.colour.soft_ink, leading=1.4)
        return row(
            service.title[self.language],
            width,
            name=f"services.{service.name.partition('/')[2]}",
            touched=self.touch(did.OpenService(service)),
            above="" if theme.very_large else service.department[self.language],
            below=None if self.compact else summary,
            beside=mark,
        )

    def _mark(self, service: Service) -> Box:
        c = theme.colour
        if service.lookup:
            return chip(self.words("services.look_up"), ink=c.on_colour, ground=c.primary)
        if service.form:
            return chip(self.words("services.here"), ink=c.on_colour, ground=c.primary)
        return chip(self.words("services.guide"), ink=c.soft_ink, ground=c.sunken)
