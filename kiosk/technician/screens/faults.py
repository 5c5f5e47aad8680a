"""Failed commands over thirty days: stacked bars, one a day, and what their colours mean."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle

from kiosk.colours import Colour
from kiosk.screens.screen import Screen
from kiosk.technician.pages import Faults
from kiosk.technician.wording import wording
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.text import TIGHT, Text

HIGH = {True: 0.42, False: 0.5}
"""Of the screen the chart takes so much of the height, where it stands and where it lies."""
LABELS = 6
"""Days that are named below."""


def round_up(value: int) -> int:
    """The next even number of few figures."""
    step = 2
    while step * 5 < value:
        step *= 10
    return max(2, -(-value // step) * step)


class FaultsScreen(Screen[Faults]):
    """What a technician sees first: when it began, and which code it is."""

    name = "technician.faults"

    def draw(self) -> None:
        """The chart, then its legend in two columns where there is room."""
        said = wording(self.language)
        top = self.heading(said("menu.faults"), sub=said("faults.sub", days=len(self.page.days)))
        high = self.height * HIGH[theme.portrait]
        self.put(self._chart(self.width, high), 0, top)
        self._put_legend(top + high + theme.space.m)

    def _chart(self, width: float, high: float) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        box = Box(width, high)
        days, series = self.page.days, self.page.series
        most = round_up(max(sum(one.counts[at] for one in series) for at in range(len(days))))
        line = round(t.caption * TIGHT)
        left, low = round(t.caption * 2.5), line + space.xs
        tall = high - low - line / 2
        for part in range(3):
            y = low + tall * part / 2
            with box.canvas:
                Color(*c.line)
                Rectangle(pos=(left, round(y)), size=(width - left, space.hair))
            label = Text(str(most * part // 2), left - space.s, size=t.caption, align="right", leading=TIGHT)
            box.put(label, 0, high - y - line / 2)
        step = (width - left) / len(days)
        for at in range(len(days)):
            below = float(low)
            for one, colour in zip(series, self._colours(), strict=True):
                part_high = tall * one.counts[at] / most
                with box.canvas:
                    Color(*colour)
                    Rectangle(pos=(left + step * (at + 0.15), below), size=(step * 0.7, part_high))
                below += part_high
        every = -(-len(days) // LABELS)
        for at in range(0, len(days) - every // 2, every):
            label = Text(f"{days[at]:%m-%d}", step * every, size=t.caption, leading=TIGHT)
            box.put(label, left + step * at, high - line)
        return box

    def _put_legend(self, top: float) -> None:
        t, space = theme.type, theme.space
        columns = 1 if theme.portrait else 2
        width = (self.width - space.xl * (columns - 1)) / columns
        side = round(t.caption * 0.9)
        each = -(-len(self.page.names) // columns)
        for number, (name, one, colour) in enumerate(
            zip(self.page.names, self.page.series, self._colours(), strict=True)
        ):
            text = f"{name[self.language]}  ×{sum(one.counts)}"
            left = (width + space.xl) * (number // each)
            if number % each == 0:
                at = top
            label = Text(text, width - side - space.s, size=t.caption, leading=TIGHT)
            self.put(Box(side, side, fill=colour, radius=space.xs), left, at + (label.pitch - side) / 2)
            self.put(label, left + side + space.s, at)
            at += label.height + space.xs

    def _colours(self) -> list[Colour]:
        *apart, rest = theme.colour.series
        return [
            colour if one.code else rest
            for one, colour in zip(self.page.series, (*apart, rest), strict=False)
        ]
