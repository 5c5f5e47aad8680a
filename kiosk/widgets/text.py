"""Text on the screen: broken into lines, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle, SmoothRoundedRectangle

from kiosk.colours import Colour
from kiosk.fonts import FAMILY
from kiosk.theme import theme
from kiosk.typesetting import Advance, Line, balance, units, wrap
from kiosk.widgets.box import BARE
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.pictures import pictures

LEADING = 1.55
"""Distance of lines in running text, in sizes of the type."""
TIGHT = 1.3
"""The same in titles and on buttons."""
MOST_WIDTHS = 1 << 13
"""Characters of one type whose widths are remembered."""


class _Widths(dict[str, float]):
    """Widths of the characters of one type, each measured when it is first asked for.

    A dictionary is asked without a call of Python's: a page asks for some thousand.
    """

    def __init__(self, size: int, bold: bool) -> None:
        super().__init__()
        self._label = CoreLabel(font_size=size, font_name=FAMILY, bold=bold)

    def __missing__(self, character: str) -> float:
        if len(self) >= MOST_WIDTHS:
            self.clear()
        wide, _ = self._label.get_extents(character)
        self[character] = float(wide)
        return float(wide)


@cache
def _widths(size: int, bold: bool) -> _Widths:
    return _Widths(size, bold)


def advance(size: int, bold: bool = False) -> Advance:
    """Measures single characters of our type; in pixels."""
    return _widths(size, bold).__getitem__


def width_of(text: str, size: int, bold: bool = False) -> float:
    """Width of one line of text in pixels."""
    return sum(map(advance(size, bold), text))


def lines_of(text: str, width: float, size: int, bold: bool = False) -> list[Line]:
    """The lines of a text in that width."""
    return wrap(text, width, advance(size, bold))


class Text(Inspectable):
    """A text in as many lines as it needs. Its height follows from its width; neither changes later.

    The lines stand `leading` times the size apart. `marks` are half-open ranges of characters to set off.
    """

    def __init__(
        self,
        text: str,
        width: float,
        *,
        size: int | None = None,
        bold: bool = False,
        colour: Colour | None = None,
        align: str = "left",
        leading: float = LEADING,
        role: str = "text",
        name: str = "",
        marks: Sequence[tuple[int, int]] = (),
        lines: list[Line] | None = None,
        balanced: bool = False,
    ) -> None:
        """size: of the type, pixels, `theme.type.body` where None; colour: ink where None;

        align: ``left``, ``centre`` or ``right``; role and name: for `Inspectable`; lines: where they are

        known already; balanced: about equally long.
        """
        self.type_size = theme.type.body if size is None else size
        self.bold = bold
        breaking = balance if balanced else wrap
        self.lines = breaking(text, width, advance(self.type_size, bold)) if lines is None else lines
        self.pitch = round(self.type_size * leading)
        super().__init__(
            size_hint=(None, None),
            size=(round(width), self.pitch * len(self.lines)),
            inspect_id=name,
            inspect_role=role,
            inspect_text=text,
            **BARE,
        )
        self._align = align
        self._colour = theme.colour.ink if colour is None else colour
        self._marks = marks
        self.drawn: list[tuple[float, float, float, float]] = []
        self.runs_on = False
        """Whether its sentence goes on in the next text, which a voice has to know."""
        self._draw()
        self.bind(pos=self._move)

    @property
    def ink_width(self) -> float:
        """Width of the widest line in pixels."""
        return max((width for _, _, width, _ in self.drawn), default=0.0)

    def _draw(self) -> None:
        """Draws at the origin of its own coordinates; `_move` carries the rectangles along."""
        self._rectangles: list[tuple[Rectangle, float, float]] = []
        self.canvas.clear()
        with self.canvas:
            for number, line in enumerate(self.lines):
                if not line.text:
                    continue
                texture = pictures.line(line.text, self.type_size, self.bold)
                left = self._left(texture.width)
                bottom = self.height - (number + 1) * self.pitch + (self.pitch - texture.height) / 2
                self._draw_marks(line, left, bottom, texture.height)
                Color(*self._colour)
                self._rectangle(left, bottom, texture.size, texture)
                self.drawn.append((left, bottom, texture.width, texture.height))
        self._move()

    def _left(self, width: float) -> float:
        match self._align:
            case "centre":
                return (self.width - width) / 2
            case "right":
                return float(self.width - width)
        return 0.0

    def _draw_marks(self, line: Line, left: float, bottom: float, height: float) -> None:
        for start, end in self._marks:
            first, last = max(start - line.start, 0), min(end - line.start, len(line.text))
            if first < last:
                before = width_of(line.text[:first], self.type_size, self.bold)
                marked = width_of(line.text[first:last], self.type_size, self.bold)
                Color(*theme.colour.highlight)
                self._rectangle(left + before - 2, bottom + height * 0.1, (marked + 4, height * 0.8), None)

    def _rectangle(self, left: float, bottom: float, size: tuple[float, float], texture: object) -> None:
        if texture is None:
            shape = SmoothRoundedRectangle(size=size, radius=[6])
        else:
            shape = Rectangle(size=size, texture=texture)
        self._rectangles.append((shape, left, bottom))

    def _move(self, *_: object) -> None:
        for shape, left, bottom in self._rectangles:
            shape.pos = (round(self.x + left), round(self.y + bottom))


def fitting(text: str, width: float, sizes: Sequence[int], *, lines: int, bold: bool = False) -> int:
    """The first of the sizes in which a text needs at most so many lines and no cut word, else the last."""
    for size in sizes:
        whole = all(width_of(word.strip(), size, bold) <= width for word in units(text))
        if whole and len(lines_of(text, width, size, bold)) <= lines:
            return size
    return sizes[-1]


def figure(text: str, width: float, *, name: str, sizes: tuple[int, ...] = ()) -> Text:
    """What the page is about, such as a reference or an amount: one line in the middle, as large as fits.

    sizes: of the type, the largest first; those of a greeting and of a title where empty.
    """
    t = theme.type
    return Text(
        text,
        width,
        size=fitting(text, width, sizes or (t.huge, t.display, t.title), lines=1, bold=True),
        bold=True,
        align="centre",
        colour=theme.colour.primary,
        leading=1.25,
        name=name,
    )
