"""How to find a case: by card, or by its reference."""

from __future__ import annotations

from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import ProgressWays
from kiosk.widgets.box import Box, stack
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
        columns = 1 if theme.portrait else 2
        wide = (self.width - gap * (columns - 1)) / columns
        texts = [self._text(wide, way) for way in ways]
        tallest = max(text.height for text in texts)
        if theme.portrait:
            usual, needed = theme.type.display * 4.2, tallest
            room = (self.height - top - gap) / 2
        else:
            usual = theme.type.display * (7 if theme.large else 6)
            needed = tallest + theme.space.l + self._picture("card").height
            room = self.height - top
        high = min(room, max(usual, needed + 2 * theme.space.m))
        for number, (way, text) in enumerate(zip(ways, texts, strict=True)):
            row, column = divmod(number, columns)
            press = self._way((wide, high), way, text, tallest)
            self.put(press, column * (wide + gap), top + row * (high + gap))

    def _about(self, which: str) -> str:
        """Name of what is said of a way."""
        code = which == "reference" and self.surroundings.code_reader
        return "ways.reference.about.code" if code else f"ways.{which}.about"

    def _picture(self, which: str) -> Icon:
        return Icon(which, round(theme.type.display), theme.colour.primary, ground=theme.colour.primary_pale)

    def _text(self, width: float, way: Way) -> Box:
        """What it is called, and what it needs. width: of the way."""
        t, space, c = theme.type, theme.space, theme.colour
        which, _ = way
        title = self.words(f"ways.{which}")
        beside = self._picture(which).width + space.l if theme.portrait else 0
        room = width - 2 * space.l - beside
        size = fitting(title, room, (t.heading, t.lead, t.body), lines=2, bold=True)
        return stack(
            room,
            [
                Text(title, room, size=size, bold=True, colour=c.primary, leading=TIGHT, role=""),
                Text(self.words(self._about(which)), room, colour=c.soft_ink, leading=1.4),
            ],
            space.xs,
        )

    def _way(self, of: tuple[float, float], way: Way, text: Box, tallest: float) -> Press:
        """of: its width and height; tallest: height of the longer of both texts, so that pictures and titles

        that stand side by side do so at one height.
        """
        space = theme.space
        width, height = of
        which, event = way
        press = Press(
            width,
            height,
            look=SECONDARY,
            name=f"progress.{which}",
            text=self.words(f"ways.{which}"),
            touched=self.touch(event),
        )
        picture = self._picture(which)
        if theme.portrait:
            press.put(picture, space.l, (height - picture.height) / 2)
            press.put(text, space.l * 2 + picture.width, (height - text.height) / 2)
        else:
            top = (height - picture.height - space.l - tallest) / 2
            press.put(picture, space.l, top)
            press.put(text, space.l, top + picture.height + space.l)
        return press
