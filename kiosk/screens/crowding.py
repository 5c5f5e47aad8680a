"""Whether a screen has room for what is in it. Larger type may need more than there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

from kivy.uix.widget import Widget

from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.widgets.box import Box
from kiosk.widgets.entry import Entry, TextEntry
from kiosk.widgets.press import Press
from kiosk.widgets.qr import QrPicture
from kiosk.widgets.text import Text

SLACK = 2
"""Pixels that rounding may cost."""
ABOVE, BELOW = 0.24, 0.14
"""Parts of the type's size that the picture of a line keeps empty above and below its characters."""


WHOLE = (Text, Press, QrPicture, Keyboard, Entry, TextEntry)
"""What nothing may lie over, whatever is in it."""


class Place(NamedTuple):
    """Where something is; pixels, y upwards."""

    left: float
    low: float
    right: float
    high: float

    def within(self, other: Place) -> bool:
        """Whether none of it reaches out of another."""
        return (
            self.left >= other.left - SLACK
            and self.low >= other.low - SLACK
            and self.right <= other.right + SLACK
            and self.high <= other.high + SLACK
        )

    def over(self, other: Place) -> bool:
        """Whether it lies over another."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.high, other.high) - max(self.low, other.low)
        return across > SLACK and down > SLACK


def crowded(screen: Box) -> bool:
    """Whether something reaches out of a screen, or of a button, or two things lie over each other."""
    room = Place(0, 0, screen.width, screen.height)
    places = []
    for thing, left, low in _things(screen, 0, 0):
        place = _place(thing, left, low)
        if not place.within(room) or (isinstance(thing, Text) and _cut(thing)):
            return True
        if isinstance(thing, Press):
            for part, x, y in _things(thing, left, low):
                if not _place(part, x, y).within(place) or (isinstance(part, Text) and _cut(part)):
                    return True
        places.append(place)
    return any(one.over(other) for one, other in combinations(places, 2))


def _things(box: Widget, left: float, low: float) -> Iterator[tuple[Widget, float, float]]:
    """What is seen in a box, with the place of its lower left corner; a button is one thing."""
    for child in box.children:
        x, y = left + child.x, low + child.y
        if isinstance(child, WHOLE):
            yield child, x, y
        elif isinstance(child, Box):
            yield from _things(child, x, y)


def _cut(text: Text) -> bool:
    """Whether an English word is in two lines of it."""
    return any(
        line.start + len(line.text) == following.start
        and line.text[-1:].isascii()
        and line.text[-1:].isalpha()
        and following.text[:1].isascii()
        and following.text[:1].isalpha()
        for line, following in pairwise(text.lines)
    )


def _place(thing: Widget, left: float, low: float) -> Place:
    if not isinstance(thing, Text):
        return Place(left, low, left + thing.width, low + thing.height)
    if not thing.drawn:
        return Place(left, low, left, low)
    above, below = thing.type_size * ABOVE, thing.type_size * BELOW
    return Place(
        left + min(x for x, _, _, _ in thing.drawn),
        low + min(y for _, y, _, _ in thing.drawn) + below,
        left + max(x + width for x, _, width, _ in thing.drawn),
        low + max(y + height for _, y, _, height in thing.drawn) - above,
    )
