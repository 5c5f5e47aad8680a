"""How the terminal looks: colours, type, spacing. The only place that knows a figure of it.

Lengths are window pixels. Two arrangements are drawn for: portrait, a panel of about 20 inches with 4.4
pixels a millimetre, and landscape, a 19-inch 5:4 panel with 3.4. Capitals are never lower than the 4.8 mm of
EN 301 549 §5.1.4, and what is touched is never smaller than 20 mm.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, 0 to 1."""

LARGER = 1.25
"""Factor of the large type."""


def colour(code: str, opacity: float = 1.0) -> Colour:
    """A colour from its code, ``#rrggbb``."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (red, green, blue, opacity)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance and contrast ratio)."""

    def luminance(of: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in of[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Colours:
    """Warm paper, dark ink, a calm pine green to act with, and the cinnabar of a seal for the house."""

    paper = colour("#f6f1e7")
    """Behind everything."""
    surface = colour("#fffdf8")
    """Cards, fields and keys, which stand on paper."""
    sunken = colour("#ebe3d3")
    """What lies below paper: the keyboard's bed, the track of a scroll bar."""
    line = colour("#d8cdb8")
    """Rules and borders that carry no meaning of their own."""
    edge = colour("#7d735f")
    """Borders of what can be touched or filled in, 3:1 on paper."""
    ink = colour("#1d211f")
    """Text."""
    soft_ink = colour("#464a43")
    """Text of less weight."""
    on_colour = colour("#ffffff")
    """Text on primary, seal, danger and the doors."""
    primary = colour("#17544d")
    """What acts."""
    primary_pressed = colour("#0e3a35")
    primary_pale = colour("#dfece6")
    """Behind what is chosen."""
    seal = colour("#97291b")
    """The seal of the house."""
    danger = colour("#8c1d0c")
    """What went wrong: words and borders."""
    danger_pale = colour("#fae4dd")
    notice = colour("#5c3c00")
    """What is marked, such as demonstration: words and borders."""
    notice_pale = colour("#fbe7bc")
    highlight = colour("#ffe08a")
    """Behind the words that a search found."""
    pressed = colour("#e6dcc7")
    """A surface under the finger."""
    disabled = colour("#e9e4d9")
    disabled_ink = colour("#66645c")
    shade = colour("#1d211f", 0.55)
    """Over the screen behind a question that must be answered first."""
    shadow = colour("#5a4a2a", 0.16)
    policy = colour("#17544d")
    """The four doors."""
    service = colour("#97291b")
    status = colour("#23476f")
    news = colour("#6a4a07")


_TYPE = {
    "caption": 29,
    "body": 34,
    "lead": 40,
    "heading": 48,
    "title": 60,
    "display": 84,
    "key": 40,
    "huge": 104,
}
_TYPE_LANDSCAPE = {
    "caption": 23,
    "body": 27,
    "lead": 31,
    "heading": 36,
    "title": 44,
    "display": 60,
    "key": 32,
    "huge": 80,
}
_NOT_LARGER = {"display", "key", "huge"}
"""What is large already."""


class TypeScale:
    """Font sizes in pixels, at the present size and arrangement."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def _size(self, name: str) -> int:
        base = (_TYPE if self._theme.portrait else _TYPE_LANDSCAPE)[name]
        return round(base * LARGER) if self._theme.large and name not in _NOT_LARGER else base

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
    """Distances, from hair to gap, each about half as much again as the one before."""

    hair = 2
    xs = 8
    s = 14
    m = 22
    l = 34  # noqa: E741 (sizes have these names)
    xl = 54
    xxl = 84
    radius = 18
    """Corner of a card or button."""


class Theme:
    """The look at present. One object for the process, changed by the application only."""

    colour = Colours()
    space = Space()

    def __init__(self) -> None:
        self._large = False
        self._portrait = True
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        self.type = TypeScale(self)

    @property
    def large(self) -> bool:
        """Whether type is larger."""
        return self._large

    @large.setter
    def large(self, value: bool) -> None:
        if value != self._large:
            self._large = value
            self._tell()

    @property
    def portrait(self) -> bool:
        """Whether the window is taller than wide."""
        return self._portrait

    @portrait.setter
    def portrait(self, value: bool) -> None:
        if value != self._portrait:
            self._portrait = value
            self._tell()

    @property
    def touch(self) -> int:
        """Least side of what is touched: 20 mm."""
        return 88 if self._portrait else 68

    def watch(self, changed: Callable[[], None]) -> None:
        """Calls a bound method after each change, as long as its object lives."""
        self._watchers.append(weakref.WeakMethod(changed))

    def _tell(self) -> None:
        alive = [(ref, method) for ref in self._watchers if (method := ref())]
        self._watchers = [ref for ref, _ in alive]
        for _, method in alive:
            method()


theme = Theme()
