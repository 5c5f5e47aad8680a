"""What is too long for the screen, in sheets that are turned with large buttons. No line is ever cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from kivy.uix.widget import Widget

from foundation.language import Translate
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.press import Press, button
from kiosk.widgets.row_of_buttons import needed, same_size
from kiosk.widgets.text import Text, fitting, lines_of

WHERE = "sheets.where"
"""Name of the text that says which sheet it is, which is read out."""
LONGEST_LINE = 46
"""Sizes of the type, which is Chinese characters, in a line of running text."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stays together on a sheet. `gap` is the distance to the block above it; `place` as in `Turned`."""

    widget: Widget
    gap: int
    place: float


def pack(blocks: Sequence[tuple[float, float]], height: float) -> list[int]:
    """Where each sheet of that height begins, with at least one block. blocks: height and gap of each."""
    starts: list[int] = []
    room = 0.0
    for number, (high, gap) in enumerate(blocks):
        if starts and high + gap <= room:
            room -= high + gap
        else:
            starts.append(number)
            room = height - high
    return starts


class Sheets(Box):
    """Blocks in sheets, one of them shown, with the buttons to turn them where there are several.

    The buttons stand below, or at the right where the window lies and height is dear. Where lines would be
    too long there are two columns, but for blocks that fill the width by standing side by side.
    """

    def __init__(
        self,
        width: float,
        height: float,
        blocks: Callable[[float], Sequence[Block]],
        *,
        place: float,
        words: Translate,
        turn: Callable[[float], None],
        more: Callable[[], None] | None = None,
        whole: bool = False,
    ) -> None:
        """blocks: makes them in a width; place: what the sheet to show begins with or holds;

        turn: is told the place of another sheet; more: asks for further blocks behind the last, None where
        there are none; whole: each block takes the whole width, however wide that is.
        """
        super().__init__(width, height)
        columns = 1 if whole else _columns(width)
        there, wide = _in_columns(blocks, width, columns)
        tops = _pack(there, height)
        several = len(tops) > columns or more is not None
        if several and theme.portrait:
            tops = _pack(there, height - theme.touch - theme.space.m)
        elif several:
            there, wide = _in_columns(blocks, width - _column(words) - theme.space.m, columns)
            tops = _pack(there, height)
        starts = tops[::columns]
        sheet = max((n for n, start in enumerate(starts) if there[start].place <= place), default=0)
        last = starts[sheet + 1] if sheet + 1 < len(starts) else len(there)
        shown = there[starts[sheet] if starts else 0 : last]
        cuts = [*_evenly(shown, height, columns), len(shown)]
        for column, (first, end) in enumerate(pairwise(cuts)):
            self._put_column(shown[first:end], column * (wide + theme.space.xl))
        if several:
            self._back = partial(turn, there[starts[sheet - 1]].place) if sheet else None
            self._forward = partial(turn, there[last].place) if last < len(there) else more
            where = words(
                "sheets.where_open" if more else "sheets.where", sheet=sheet + 1, sheets=len(starts)
            )
            if theme.portrait:
                self._add_bar(where, words)
            else:
                self._add_column(where, words)

    def _put_column(self, blocks: Sequence[Block], left: float) -> None:
        top = 0.0
        for number, block in enumerate(blocks):
            top += block.gap if number else 0
            self.put(block.widget, left, top)
            top += block.widget.height

    def _add_bar(self, where: str, words: Translate) -> None:
        top = self.height - theme.touch
        wide = self.width * 0.31
        self.put(self._button("back", wide, 0, words), 0, top)
        self.put(self._button("forward", wide, 0, words), self.width - wide, top)
        t, room = theme.type, self.width - 2 * wide - 2 * theme.space.s
        size = fitting(where, room, (t.body, t.caption, t.mark), lines=1)
        label = Text(where, room, size=size, colour=theme.colour.soft_ink, align="centre", name=WHERE)
        self.put(label, wide + theme.space.s, top + (theme.touch - label.height) / 2)

    def _add_column(self, where: str, words: Translate) -> None:
        wide = _column(words)
        left = self.width - wide
        high = min(self.height * 0.36, theme.touch * 3)
        self.put(self._button("back", wide, high, words), left, 0)
        self.put(self._button("forward", wide, high, words), left, self.height - high)
        t = theme.type
        size = fitting(where, wide, (t.body, t.caption, t.mark), lines=2)
        label = Text(
            where,
            wide,
            size=size,
            colour=theme.colour.soft_ink,
            align="centre",
            leading=1.4,
            balanced=True,
            name=WHERE,
        )
        self.put(label, left, (self.height - label.height) / 2)

    def _button(self, which: str, width: float, height: float, words: Translate) -> Press:
        way, icon = (self._back, "up") if which == "back" else (self._forward, "down")
        t, upright = theme.type, height > 0
        sizes = (t.lead, t.body, t.caption, t.mark)
        texts = [words(f"sheets.{name}") for name in ("back", "forward")]
        press = button(
            words(f"sheets.{which}"),
            width,
            name=f"sheets.{which}",
            touched=way or _nowhere,
            icon=icon,
            height=height,
            upright=upright,
            enabled=way is not None,
            sizes=same_size(texts, width, sizes, icon=not upright),
        )
        press.inspect_text = words(f"sheets.{which}.said")
        return press


def _columns(width: float) -> int:
    """Two where lines would be longer than an eye follows."""
    return 2 if width > LONGEST_LINE * theme.type.body else 1


def _in_columns(
    blocks: Callable[[float], Sequence[Block]], width: float, columns: int
) -> tuple[Sequence[Block], float]:
    """The blocks of columns, and how wide each is."""
    wide = (width - theme.space.xl * (columns - 1)) / columns
    return blocks(wide), wide


def _evenly(blocks: Sequence[Block], height: float, columns: int) -> list[int]:
    """Where the columns of a sheet begin, about equally high."""
    if columns == 1:
        return [0]
    lowest = max((block.widget.height for block in blocks), default=0)
    while lowest < height and len(_pack(blocks, lowest)) > columns:
        lowest += theme.space.m
    return _pack(blocks, min(lowest, height))


def _column(words: Translate) -> int:
    """Width of the column of buttons where the window lies."""
    size = theme.type.caption
    longest = max(needed(words(f"sheets.{name}"), size, icon=False) for name in ("back", "forward"))
    return round(max(theme.touch * 2.2, longest))


def _pack(blocks: Sequence[Block], height: float) -> list[int]:
    return pack([(block.widget.height, block.gap) for block in blocks], height)


def _nowhere() -> None:
    """There is no sheet that way; the button is not enabled."""


def text_blocks(
    text: str, width: float, *, place: float, gap: int, until: float = 1.0, size: int | None = None
) -> list[Block]:
    """A running text as blocks of a few lines, so that a sheet may end between them but leaves no line alone.

    place, until: the blocks' places go from the one up to, not reaching, the sum of both.
    """
    size = size or theme.type.body
    lines = lines_of(text, width, size)
    chunks = [lines[at : at + 2] for at in range(0, len(lines), 2)]
    if len(chunks) > 1 and len(chunks[-1]) == 1:
        last = chunks.pop()
        chunks[-1] += last
    blocks = []
    for number, chunk in enumerate(chunks):
        start, end = chunk[0].start, chunk[-1].start + len(chunk[-1].text)
        moved = [line._replace(start=line.start - start) for line in chunk]
        piece = Text(text[start:end], width, size=size, lines=moved)
        piece.runs_on = end < len(text) and text[end] != "\n"
        blocks.append(Block(piece, gap if number == 0 else 0, place + until * number / len(chunks)))
    return blocks


def kept_together(blocks: Sequence[Block], width: float) -> Block:
    """The first blocks as one, such as a heading and the lines that follow it."""
    top = 0.0
    tops = []
    for number, block in enumerate(blocks):
        top += block.gap if number else 0
        tops.append(top)
        top += block.widget.height
    box = Box(width, top)
    for block, at in zip(blocks, tops, strict=True):
        box.put(block.widget, 0, at)
    return Block(box, blocks[0].gap, blocks[0].place)


def told_blocks(parts: Sequence[Widget | int], width: float, *, place: float = 0.0) -> list[Block]:
    """What would stand in a `stack`, as blocks: a number is a distance, and running text may go on overleaf.

    A heading stays with what follows it. place: of the first; each of the others has the next whole number.
    """
    blocks: list[Block] = []
    gap, heading = 0, False
    for part in parts:
        if isinstance(part, int):
            gap = part
            continue
        if isinstance(part, Text) and not part.bold:
            made = text_blocks(part.inspect_text, width, place=place, gap=gap, size=part.type_size)
        else:
            made = [Block(part, gap, place)]
        if heading:
            made = [kept_together([blocks.pop(), made[0]], width), *made[1:]]
        heading = isinstance(part, Text) and part.inspect_role == "heading"
        blocks += made
        gap = 0
        place += 1.0
    return blocks
