"""The keys of one layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from foundation.language import Translate
from kiosk.input.keyboards.key_cap import KeyCap
from kiosk.input.keyboards.layout import Key, Layout, place
from kiosk.input.wording import words as catalogue
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.pictures import pictures

ROW, LOW_ROW = 1.2, 1.1
"""Height of a row of keys in least touch targets, where the window stands and where it lies."""


SIGNS_OF_A_ROW = 10
"""Keys in a row of letters; a pad has fewer and wider ones."""


def row_height() -> int:
    """Height of a row of keys in pixels, where nothing asks for another."""
    return round(theme.touch * (ROW if theme.portrait else LOW_ROW))


def largest(layout: Layout, key: Key) -> int:
    """Size of the type on a key: a sign is larger than a word, a digit of a pad larger still."""
    if len(key.label) != 1 and not key.icon:
        return 0
    return theme.type.title if layout.columns < SIGNS_OF_A_ROW else theme.type.heading


class Board(Box):
    """Draws a layout, and tells which key was touched."""

    comes_last = True
    """Read, and walked through with keys, after whatever it fills in."""

    def __init__(
        self, layout: Layout, width: int, height: int, words: Translate, touched: Callable[[Key], None]
    ) -> None:
        """height: of a row, pixels."""
        super().__init__(width, layout.rows * height)
        self._words = words
        self._caps: dict[str, KeyCap] = {}
        with pictures.for_everybody(True):
            self._put_caps(layout, width, height, touched)

    def _put_caps(self, layout: Layout, width: int, height: int, touched: Callable[[Key], None]) -> None:
        for at in place(layout, width, height):
            key = at.key
            read = self._words(key.message) if key.message else ""
            written = catalogue(key.written)(key.message) if key.written else key.label or read
            cap = KeyCap(
                at.width,
                at.height,
                name=key.name,
                touched=partial(touched, key),
                label="" if key.icon else written,
                icon=key.icon,
                corner=key.corner,
                text=read or key.label,
                tone=key.tone,
                largest=largest(layout, key),
                repeats=key.repeats,
            )
            cap.pos = (at.x, at.y)
            self.add_widget(cap)
            self._caps[key.name] = cap

    def cap(self, name: str) -> KeyCap:
        """The key of that name."""
        return self._caps[name]

    def say(self, name: str, message: str) -> None:
        """Writes another word of the catalogue on a key."""
        self._caps[name].say(self._words(message))
