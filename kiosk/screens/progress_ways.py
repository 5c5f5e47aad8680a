"""How to find a case: by card, or by its reference."""

from __future__ import annotations

from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import ProgressWays
from kiosk.widgets.box import stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import SECONDARY, Press
from kiosk.widgets.text import TIGHT, Text, fitting

Way = tuple[str, Event]
"""Name of a way and what it leads to."""


class ProgressWaysScreen(Screen[ProgressWays]):
    """Two ways, equally large."""

    name = "progress.ways"

    def draw(self) -> None:
        """Below one another, or side by side where the window lies."""
        top = self.heading(self.words("door.progress"), sub=self.words("ways.sub")) + theme.space.s
        gap = theme.space.m
        ways: tuple[Way, ...] = (("card", did.ByCard()), ("reference", did.ByReference()))
        if theme.portrait:
            high = min((self.height - top - gap) / 2, theme.type.display * 4.2)
            for number, way in enumerate(ways):
                self.put(self._way(self.width, high, way), 0, top + number * (high + gap))
        else:
            wide = (self.width - gap) / 2
            high = min(self.height - top, theme.type.display * (7 if theme.large else 6))
            for number, way in enumerate(ways):
                self.put(self._way(wide, high, way), number * (wide + gap), top)

    def _about(self, which: str) -> str:
        """Name of what is said of a way."""
        code = which == "reference" and self.surroundings.code_reader
        return "ways.reference.about.code" if code else f"ways.{which}.about"

    def _way(self, width: float, height: float, way: Way) -> Press:
        t, space, c = theme.type, theme.space, theme.colour
        which, event = way
        title = self.words(f"ways.{which}")
        press = Press(
            width, height, look=SECONDARY, name=f"progress.{which}", text=title, touched=self.touch(event)
        )
        picture = Icon(which, round(t.display), c.primary, ground=c.primary_pale)
        beside = theme.portrait
        room = width - 2 * space.l - (picture.width + space.l if beside else 0)
        size = fitting(title, room, (t.heading, t.lead, t.body), lines=2, bold=True)
        text = stack(
            room,
            [
                Text(title, room, size=size, bold=True, colour=c.primary, leading=TIGHT, role=""),
                Text(self.words(self._about(which)), room, colour=c.soft_ink, leading=1.4),
            ],
            space.xs,
        )
        if beside:
            press.put(picture, space.l, (height - picture.height) / 2)
            press.put(text, space.l * 2 + picture.width, (height - text.height) / 2)
        else:
            whole = picture.height + space.l + text.height
            press.put(picture, space.l, (height - whole) / 2)
            press.put(text, space.l, (height - whole) / 2 + picture.height + space.l)
        return press
