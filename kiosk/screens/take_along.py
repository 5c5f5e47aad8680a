"""A text to take along: its code for a phone, a slip, the whole of it on A4."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from kiosk.screens.payment import fitted
from kiosk.screens.printing import not_printed
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.leaflet import leaflet
from kiosk.visit.pages import Slip, TakeAlong
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import SECONDARY
from kiosk.widgets.qr import QrPicture
from kiosk.widgets.text import Text


class TakeAlongScreen(Screen[TakeAlong]):
    """The code is there at once; what is printed says how far it is."""

    name = "text.take_along"

    def draw(self) -> None:
        """The code above the words where the window stands, else beside them."""
        space = theme.space
        text = leaflet(self.page.text)
        assert text is not None
        top = self.heading(self.words("leaflet.title"), sub=text.title[self.language])
        said = text.code(self.language, self.surroundings.reading_prefix)
        room = self.height - top
        if theme.portrait:
            below = fitted(lambda size: self._said(self.width, size), room * 0.6)
            code = self._code(said, min(self.width * 0.6, room - below.height - space.l))
            self.put(code, (self.width - code.width) / 2, top)
            self.put(below, 0, top + code.height + space.l)
        else:
            code = self._code(said, min(self.width * 0.42, room))
            self.put(code, 0, top)
            left = code.width + space.xl
            self.put(fitted(lambda size: self._said(self.width - left, size), room), left, top)

    def actions(self) -> Sequence[Action]:
        """Both ways to print, where there are such printers and neither prints."""
        page = self.page
        if Slip.PRINTING in (page.slip, page.sheets):
            return ()
        found = []
        for name, state, event in (
            ("slip", page.slip, did.PrintSlip()),
            ("sheets", page.sheets, did.PrintSheets()),
        ):
            if state in (Slip.OFFERED, Slip.FAILED):
                again = "" if state is Slip.OFFERED else "_again"
                text = self.words(f"leaflet.print_{name}{again}")
                found.append(Action(f"leaflet.{name}", text, event, look=SECONDARY, icon="printer"))
        return tuple(found)

    def _code(self, said: str, side: float) -> Box:
        return QrPicture(said, side, self.words("leaflet.qr"), name="leaflet.code")

    def _said(self, width: float, size: int) -> Box:
        link = bool(self.surroundings.reading_prefix)
        scan = self.words("leaflet.scan_link" if link else "leaflet.scan_text")
        parts: list[Widget | int] = [Text(scan, width, size=size, leading=1.45)]
        if state := self._printed(width, size):
            parts = [state, theme.space.m, *parts]
        elif self.page.slip is not Slip.NO_PRINTER or self.page.sheets is not Slip.NO_PRINTER:
            parts += [theme.space.s, Text(self.words("leaflet.or_print"), width, size=size, leading=1.45)]
        return stack(width, parts)

    def _printed(self, width: float, size: int) -> Box | None:
        """How far what is printed has come; what went wrong goes first."""
        page, c = self.page, theme.colour
        if page.waits is not None:
            return error(self.words(f"paper.wait.{page.waits.name}"), width, size)
        if page.sheets is Slip.FAILED and page.sheets_fault is None:
            return error(self.words("leaflet.not_rendered"), width, size)
        if page.sheets is Slip.FAILED:
            return error(self.words("leaflet.not_printed"), width, size)
        if page.slip is Slip.FAILED:
            return error(not_printed(page.slip_fault, "text", self.words), width, size)
        said, icon = "", "done"
        if Slip.PRINTING in (page.slip, page.sheets):
            said, icon = "print.printing", "printer"
        elif page.sheets is Slip.PRINTED:
            said = "leaflet.sheets_printed"
        elif page.slip is Slip.PRINTED:
            said = "print.printed"
        if not said:
            return None
        text = self.words(said)
        return message(text, width, icon=icon, ink=c.primary, ground=c.primary_pale, size=size)
