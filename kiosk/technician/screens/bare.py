"""Tests that need the whole window: colours, drawing, targets."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Ellipse, Line, Rectangle

from kiosk.colours import Colour
from kiosk.screens.screen import Screen
from kiosk.technician.calibration import TARGETS
from kiosk.technician.events import Touched
from kiosk.technician.pages import Colours, Drawing, Targets
from kiosk.technician.touch import felt
from kiosk.technician.wording import wording
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.widgets.box import Box
from kiosk.widgets.press import PRIMARY, Press, button
from kiosk.widgets.text import Text

SHOWN: tuple[Colour, ...] = (
    (1, 0, 0, 1),
    (0, 1, 0, 1),
    (0, 0, 1, 1),
    (1, 1, 1, 1),
    (0.5, 0.5, 0.5, 1),
    (0, 0, 0, 1),
)
"""Pure, so that a pixel that lacks one is seen; they are no part of the theme."""
CELL_MM_TOUCHES = 1.0
"""Side of a field to draw over, in least touch targets."""


class ColoursScreen(Screen[Colours]):
    """One colour over all; a touch anywhere shows the next."""

    name = "technician.colours"
    bare = True

    def draw(self) -> None:
        """Nothing but the colour; what a touch does is said on the page before."""
        colour = SHOWN[self.page.number]
        press = Press(
            self.width,
            self.height,
            look=PRIMARY,
            name="technician.next_colour",
            text=wording(self.language)("screen.next_colour"),
            touched=self.touch(did.Next()),
        )
        with press.canvas:
            Color(*colour)
            Rectangle(size=press.size)
        self.put(press, 0, 0)


class DrawingScreen(Screen[Drawing]):
    """A net of fields; each is filled in where a finger was felt, and a line follows the finger."""

    name = "technician.drawing"
    bare = True

    def draw(self) -> None:
        """The net, what to do, and a button in the middle that ends it."""
        said = wording(self.language)
        side = theme.touch * CELL_MM_TOUCHES
        self._columns = max(1, round(self.width / side))
        self._rows = max(1, round(self.height / side))
        self._felt: set[tuple[int, int]] = set()
        self._wide, self._high = self.width / self._columns, self.height / self._rows
        with self.canvas.before:
            Color(*theme.colour.surface)
            Rectangle(size=self.size)
            Color(*theme.colour.line)
            for column in range(1, self._columns):
                Rectangle(pos=(round(self._wide * column), 0), size=(1, self.height))
            for row in range(1, self._rows):
                Rectangle(pos=(0, round(self._high * row)), size=(self.width, 1))
        room = min(self.width * 0.7, theme.touch * 9)
        text = Text(said("screen.drawing.how"), room, align="centre", leading=1.35, balanced=True)
        self._left = Box(room, round(theme.type.heading * 1.4))
        done = button(
            said("screen.drawing.done"), room, name="technician.done", touched=self.touch(did.Next())
        )
        card = Box(
            room + 2 * theme.space.m,
            text.height + self._left.height + done.height + 4 * theme.space.m,
            fill=theme.colour.surface,
            edge=theme.colour.line,
        )
        top = float(theme.space.m)
        for part in (text, self._left, done):
            card.put(part, theme.space.m, top)
            top += part.height + theme.space.m
        self.put_centred(card)
        self._card = card
        self._count()

    def on_touch_down(self, touch: Any) -> Any:
        """A line begins, wherever; the button works besides."""
        self._feel(touch)
        with self.canvas:
            Color(*theme.colour.danger)
            touch.ud["line"] = Line(points=[touch.x - self.x, touch.y - self.y], width=2)
        return super().on_touch_down(touch) or True

    def on_touch_move(self, touch: Any) -> Any:
        """It follows."""
        self._feel(touch)
        if "line" in touch.ud and touch.grab_current is None:
            touch.ud["line"].points += [touch.x - self.x, touch.y - self.y]
        return super().on_touch_move(touch)

    def _feel(self, touch: Any) -> None:
        column = min(max(int((touch.x - self.x) // self._wide), 0), self._columns - 1)
        row = min(max(int((touch.y - self.y) // self._high), 0), self._rows - 1)
        if (column, row) not in self._felt:
            self._felt.add((column, row))
            with self.canvas.before:
                Color(*theme.colour.primary_pale)
                Rectangle(pos=(self._wide * column, self._high * row), size=(self._wide - 1, self._high - 1))
            self._count()

    def _count(self) -> None:
        left = self._columns * self._rows - len(self._felt)
        self._left.clear_widgets()
        self._left.put_centred(
            Text(
                wording(self.language)("screen.drawing.left", count=left),
                self._left.width,
                size=theme.type.lead,
                bold=True,
                align="centre",
                leading=1.3,
                name="technician.left",
            )
        )


class TargetsScreen(Screen[Targets]):
    """One target; wherever it is touched counts, as the screen felt it."""

    name = "technician.targets"
    bare = True

    def draw(self) -> None:
        """A cross in a ring, and in the middle what to do."""
        said = wording(self.language)
        x, y = TARGETS[self.page.touched]
        centre = self.width * x, self.height * (1 - y)
        side = theme.touch * 0.5
        with self.canvas.before:
            Color(*theme.colour.surface)
            Rectangle(size=self.size)
            Color(*theme.colour.primary)
            Line(circle=(*centre, side), width=2)
            Line(points=[centre[0] - side, centre[1], centre[0] + side, centre[1]], width=1)
            Line(points=[centre[0], centre[1] - side, centre[0], centre[1] + side], width=1)
            Color(*theme.colour.danger)
            Ellipse(pos=(centre[0] - 4, centre[1] - 4), size=(8, 8))
        text = Text(
            said("screen.target", number=self.page.touched + 1, count=len(TARGETS)),
            self.width * 0.6,
            size=theme.type.lead,
            align="centre",
            leading=1.35,
            role="heading",
            name="page.title",
            balanced=True,
        )
        self.put(text, self.width * 0.2, self.height * 0.3 - text.height / 2)

    def on_touch_up(self, touch: Any) -> bool:
        """Where the finger left is where it meant."""
        if touch.grab_current is None:
            self.send(Touched(felt(touch)))
        return True
