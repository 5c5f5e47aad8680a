"""Pictures of lines of type, drawn once for all that show them.

They are white, and coloured by whoever shows them. A picture stands at whole pixels and is as large as it was
drawn, so that no pixel of it lies between others: it is looked up without mixing its neighbours, which costs
a processor that draws a quarter less.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Rectangle
from kivy.graphics.texture import Texture

from kiosk.fonts import FAMILY

MOST_BYTES = 24 << 20
"""Of pictures that are kept without being shown."""
_Line = tuple[str, int, bool]


class Pictures:
    """What is shown is here once. What nothing shows any more is gone, so that nothing a resident entered
    stays; but what everybody is shown is kept for the next one, as long as there is room.
    """

    def __init__(self) -> None:
        self._shown: WeakValueDictionary[_Line, Texture] = WeakValueDictionary()
        self._kept: OrderedDict[_Line, Texture] = OrderedDict()
        self._bytes = 0
        self._for_everybody = False

    @contextmanager
    def for_everybody(self, whether: bool) -> Iterator[None]:
        """While lines are drawn that have, or have not, nothing of a resident in them."""
        before, self._for_everybody = self._for_everybody, whether
        try:
            yield
        finally:
            self._for_everybody = before

    def line(self, text: str, size: int, bold: bool) -> Texture:
        """One line in our type. size: pixels."""
        wanted = (text, size, bold)
        found = self._shown.get(wanted)
        if found is None:
            label = _label(text, size, bold)
            label.refresh()
            found = self._shown[wanted] = unmixed(label.texture)
        if self._for_everybody:
            self._keep(wanted, found)
        return found

    def extent(self, text: str, size: int, bold: bool) -> tuple[int, int]:
        """How wide and high a line would be, in pixels; it is not drawn for that."""
        found = self._shown.get((text, size, bold))
        return found.size if found is not None else _label(text, size, bold).get_extents(text)

    def _keep(self, wanted: _Line, picture: Texture) -> None:
        if wanted not in self._kept:
            self._kept[wanted] = picture
            self._bytes += _bytes(picture)
        self._kept.move_to_end(wanted)
        while self._bytes > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _bytes(oldest)


def _label(text: str, size: int, bold: bool) -> CoreLabel:
    return CoreLabel(text=text, font_size=size, font_name=FAMILY, bold=bold)


def unmixed(picture: Texture) -> Texture:
    """A picture that is shown pixel for pixel."""
    picture.min_filter = picture.mag_filter = "nearest"
    return picture


def unmix_plain_colour() -> None:
    """The same for what Kivy fills plain areas with: a white picture."""
    unmixed(Rectangle().texture)


def _bytes(picture: Texture) -> int:
    return int(picture.width * picture.height * 4)


pictures = Pictures()
