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
    danger_pressed = colour("#5f1206")
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
    dark = colour("#000000", 0.94)
    """Over everything while nobody is near."""
    shadow = colour("#5a4a2a", 0.16)
    policy = colour("#17544d")
    """The doors."""
    service = colour("#97291b")
    status = colour("#23476f")
    news = colour("#6a4a07")
    lookup = colour("#3f3a73")
    payment = colour("#7a2c50")
    appointment = colour("#1f5568")
    document = colour("#4d4a33")


_TYPE = {
    "bar": (34, 27),
    "mark": (29, 23),
    "caption": (29, 23),
    "body": (34, 27),
    "lead": (40, 31),
    "heading": (48, 37),
    "title": (60, 44),
    "display": (84, 60),
    "key": (40, 32),
    "huge": (104, 80),
}
"""Font sizes by name, portrait and landscape."""
_NOT_LARGER = {"bar", "mark", "display", "key", "huge"}
"""What is large already, and what stands around every screen."""
_TOUCH = (88, 68)
_PORTRAIT_SIZE = (1080, 1920)
_LANDSCAPE_SIZE = (1280, 1024)


class TypeScale:
    """Font sizes in pixels, at the present size and arrangement."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def _size(self, name: str) -> int:
        base = _TYPE[name][0 if self._theme.portrait else 1]
        factor = LARGER if self._theme.large and name not in _NOT_LARGER else 1.0
        return round(base * factor * self._theme.scale)

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

    def _of(self, portrait: int, landscape: int) -> int:
        return round((portrait if self._theme.portrait else landscape) * self._theme.scale)

    @property
    def hair(self) -> int:
        """Thickness of a rule or border."""
        return self._of(2, 2)

    @property
    def xs(self) -> int:
        """Between what belongs together."""
        return self._of(8, 6)

    @property
    def s(self) -> int:
        """Between keys, between a label and its mark."""
        return self._of(14, 10)

    @property
    def m(self) -> int:
        """Between the parts of a card."""
        return self._of(22, 16)

    @property
    def l(self) -> int:  # noqa: E743 (sizes have these names)
        """Inside a card."""
        return self._of(34, 24)

    @property
    def xl(self) -> int:
        """At the edges of the window."""
        return self._of(54, 40)

    @property
    def xxl(self) -> int:
        """Between groups."""
        return self._of(84, 56)

    @property
    def radius(self) -> int:
        """Corner of a card or button."""
        return self._of(18, 14)


class Theme:
    """The look at present. One object for the process, changed by the application only."""

    colour = Colours()

    def __init__(self) -> None:
        self._large = False
        self._window = _PORTRAIT_SIZE
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        self.type = TypeScale(self)
        self.space = Space(self)

    @property
    def large(self) -> bool:
        """Whether type is larger."""
        return self._large

    @large.setter
    def large(self, value: bool) -> None:
        if value != self._large:
            self._large = value
            self._tell()

    def fit(self, width: int, height: int) -> None:
        """Takes the arrangement and scale of a window of that many pixels."""
        if (width, height) != self._window:
            self._window = (width, height)
            self._tell()

    @property
    def portrait(self) -> bool:
        """Whether the window is taller than wide."""
        return self._window[1] > self._window[0]

    @property
    def scale(self) -> float:
        """How many times larger than drawn: 2.0 on a panel of 2160×3840."""
        width, height = _PORTRAIT_SIZE if self.portrait else _LANDSCAPE_SIZE
        return min(self._window[0] / width, self._window[1] / height)

    @property
    def touch(self) -> int:
        """Least side of what is touched: 20 mm."""
        return round(_TOUCH[0 if self.portrait else 1] * self.scale)

    def watch(self, changed: Callable[[], None]) -> None:
        """Calls a bound method after each change, as long as its object lives."""
        self._watchers.append(weakref.WeakMethod(changed))

    def _tell(self) -> None:
        alive = [(ref, method) for ref in self._watchers if (method := ref())]
        self._watchers = [ref for ref, _ in alive]
        for _, method in alive:
            method()


theme = Theme()
