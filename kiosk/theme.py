"""How the terminal looks: colours, type, spacing. The only place that knows a figure of it.

Lengths are window pixels. Three arrangements are drawn for: portrait, a panel of about 20 inches with 4.4
pixels a millimetre; landscape, a 19-inch 5:4 panel with 3.4; and wide, a 16:9 panel of 24 inches with 3.6.
Capitals are never lower than the 4.8 mm of EN 301 549 §5.1.4, and what is touched is never smaller than
20 mm. Colours are read when something is drawn, never before: a resident may choose others.
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

from kiosk.colours import CONTRAST, STANDARD, Colours
from kiosk.look import Look, TypeSize


class Arrangement(IntEnum):
    """Which of the drawn arrangements a window takes; the figure is its column in what follows."""

    PORTRAIT = 0
    LANDSCAPE = 1
    WIDE = 2


_DRAWN = ((1080, 1920), (1280, 1024), (1920, 1080))
"""The windows that they are drawn for, pixels."""
_DENSITY = (4.4, 3.4, 3.6)
"""Pixels a millimetre there."""
_LEAST = ((1080, 1600), (1280, 1024), (1700, 1000))
"""The smallest rooms, in pixels as drawn, in which every page finds its place in very large type."""
_REACH = 1220.0
"""Millimetres above the floor that somebody who sits reaches (EN 301 549 §8.3.2, ADA 308)."""
_WIDE_FROM = 1.5
"""Width in heights from which a window is wide."""
_TOUCH = (88, 68, 73)
_TYPE = {
    "bar": (34, 27, 29),
    "mark": (29, 23, 25),
    "caption": (29, 23, 25),
    "body": (34, 27, 29),
    "lead": (40, 31, 34),
    "heading": (48, 37, 40),
    "title": (60, 44, 48),
    "display": (84, 60, 66),
    "key": (40, 32, 34),
    "huge": (104, 80, 86),
}
"""Font sizes by name."""
_GROWTH = {
    TypeSize.STANDARD: {},
    TypeSize.LARGE: {"caption": 1.25, "body": 1.25, "lead": 1.25, "heading": 1.2, "title": 1.15},
    TypeSize.VERY_LARGE: {"caption": 1.5, "body": 1.5, "lead": 1.5, "heading": 1.4, "title": 1.25},
}
"""Factors of larger type; what is not named is large already, or stands around every screen."""


def _arrangement(width: int, height: int) -> Arrangement:
    if height > width:
        return Arrangement.PORTRAIT
    return Arrangement.WIDE if width >= height * _WIDE_FROM else Arrangement.LANDSCAPE


def _times(room: tuple[int, int], drawn: tuple[int, int]) -> float:
    """How many times a drawn window fits."""
    return min(room[0] / drawn[0], room[1] / drawn[1])


class TypeScale:
    """Font sizes in pixels, at the present size and arrangement."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def at(self, name: str, size: TypeSize) -> int:
        """One of them, as it is or would be where everything is of that size."""
        base = _TYPE[name][self._theme.arrangement]
        return round(base * _GROWTH[size].get(name, 1.0) * self._theme.scale)

    def _size(self, name: str) -> int:
        return self.at(name, self._theme.look.size)

    @property
    def bar(self) -> int:
        """Buttons of the header."""
        return self._size("bar")

    @property
    def mark(self) -> int:
        """Small print of the header."""
        return self._size("mark")

    @property
    def caption(self) -> int:
        """Marks, units, what stands beside a text."""
        return self._size("caption")

    @property
    def body(self) -> int:
        """Running text."""
        return self._size("body")

    @property
    def lead(self) -> int:
        """Buttons, choices, what is entered."""
        return self._size("lead")

    @property
    def heading(self) -> int:
        """Headings in a text."""
        return self._size("heading")

    @property
    def title(self) -> int:
        """Title or question of a page."""
        return self._size("title")

    @property
    def display(self) -> int:
        """The greeting."""
        return self._size("display")

    @property
    def key(self) -> int:
        """Keys of a keyboard."""
        return self._size("key")

    @property
    def huge(self) -> int:
        """The reference."""
        return self._size("huge")


class Space:
    """Distances in pixels, each about half as much again as the one before."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def _of(self, *drawn: int) -> int:
        return round(drawn[self._theme.arrangement] * self._theme.scale)

    @property
    def hair(self) -> int:
        """Thickness of a rule or border."""
        return self._of(2, 2, 2)

    @property
    def xs(self) -> int:
        """Between what belongs together."""
        return self._of(8, 6, 6)

    @property
    def s(self) -> int:
        """Between keys, between a label and its mark."""
        return self._of(14, 10, 11)

    @property
    def m(self) -> int:
        """Between the parts of a card."""
        return self._of(22, 16, 17)

    @property
    def l(self) -> int:  # noqa: E743 (sizes have these names)
        """Inside a card."""
        return self._of(34, 24, 26)

    @property
    def xl(self) -> int:
        """At the edges of the window."""
        return self._of(54, 40, 64)

    @property
    def radius(self) -> int:
        """Corner of a card or button."""
        return self._of(18, 14, 15)


class Theme:
    """The look at present. One object for the process, changed by the stage only."""

    def __init__(self) -> None:
        self._look = Look()
        self._window = _DRAWN[Arrangement.PORTRAIT]
        self._panel_width: float | None = None
        self._panel_bottom = 0.0
        self.type = TypeScale(self)
        self.space = Space(self)
        self._lay_out()

    @property
    def look(self) -> Look:
        """What the resident chose."""
        return self._look

    @look.setter
    def look(self, value: Look) -> None:
        if value != self._look:
            self._look = value
            self._lay_out()

    def take_smaller_type(self) -> bool:
        """One size down, for a page that has no room for the one chosen; False where there is none."""
        sizes = list(TypeSize)
        smaller = sizes.index(self._look.size) - 1
        if smaller < 0:
            return False
        self.look = replace(self._look, size=sizes[smaller])
        return True

    @property
    def colour(self) -> Colours:
        """The colours at present."""
        return CONTRAST if self._look.contrast else STANDARD

    @property
    def large(self) -> bool:
        """Whether type is larger than usual."""
        return self._look.size is not TypeSize.STANDARD

    @property
    def very_large(self) -> bool:
        """Whether it is as large as it gets."""
        return self._look.size is TypeSize.VERY_LARGE

    def fit(self, width: int, height: int) -> None:
        """Takes the arrangement and scale of a window of that many pixels."""
        if (width, height) != self._window:
            self._window = (width, height)
            self._lay_out()

    def mount(self, width: float | None, bottom: float) -> None:
        """Takes the panel's width and the height of its lower edge above the floor, in millimetres.

        width: None for a panel as dense as those that are drawn for.
        """
        if (width, bottom) != (self._panel_width, self._panel_bottom):
            self._panel_width, self._panel_bottom = width, bottom
            self._lay_out()

    @property
    def density(self) -> float:
        """Pixels a millimetre."""
        if self._panel_width is not None:
            return self._window[0] / self._panel_width
        drawn = _arrangement(*self._window)
        return _DENSITY[drawn] * _times(self._window, _DRAWN[drawn])

    @property
    def out_of_reach(self) -> int:
        """Pixels at the upper edge of the window that somebody who sits does not reach."""
        above = self._panel_bottom + self._window[1] / self.density - _REACH
        return min(max(0, round(above * self.density)), self._window[1] // 2)

    def _lay_out(self) -> None:
        """Works out what a page asks for some thousand times."""
        width, height = self._window
        self.room = (width, height - self.out_of_reach) if self._look.low else (width, height)
        """Width and height of what is laid out: the window, or its lower part in the low mode."""
        self.arrangement = _arrangement(*self.room)
        """How a room of that shape is laid out."""
        drawn = self.arrangement
        usual = _times(self.room, _DRAWN[drawn])
        as_large = self.density / _DENSITY[drawn]
        self.scale = max(usual, min(as_large, _times(self.room, _LEAST[drawn])))
        """How many times larger than drawn: 2.0 on a panel of 2160×3840.

        On a panel whose pixels are smaller than on the one that was drawn for, and where part of it is out
        of reach, everything stays as large in millimetres as long as the pages have room for that.
        """

    @property
    def portrait(self) -> bool:
        """Whether there is more height than width."""
        return self.arrangement is Arrangement.PORTRAIT

    @property
    def wide(self) -> bool:
        """Whether there is much more width than height."""
        return self.arrangement is Arrangement.WIDE

    @property
    def touch(self) -> int:
        """Least side of what is touched: 20 mm."""
        return round(_TOUCH[self.arrangement] * self.scale)


theme = Theme()
