"""What is too long for the screen, in sheets that are turned with large buttons. No line is ever cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from kivy.uix.widget import Widget

from foundation.language import Translate
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.press import button
from kiosk.widgets.text import Text


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
    """Blocks in sheets, one of them shown, with the buttons to turn them where there are several."""

    def __init__(
        self,
        width: float,
        height: float,
        blocks: Sequence[Block],
        *,
        place: float,
        words: Translate,
        turn: Callable[[float], None],
        more: Callable[[], None] | None = None,
    ) -> None:
        """place: what the sheet to show begins with or holds; turn: is told the place of another sheet;

        more: asks for further blocks behind the last, None where there are none.
        """
        super().__init__(width, height)
        sizes = [(block.widget.height, block.gap) for block in blocks]
        bar = theme.touch + theme.space.m
        starts = pack(sizes, height)
        if len(starts) > 1 or more:
            starts = pack(sizes, height - bar)
        sheet = max((n for n, start in enumerate(starts) if blocks[start].place <= place), default=0)
        first = starts[sheet] if starts else 0
        last = starts[sheet + 1] if sheet + 1 < len(starts) else len(blocks)
        top = 0.0
        for number in range(first, last):
            top += blocks[number].gap if number > first else 0
            self.put(blocks[number].widget, 0, top)
            top += blocks[number].widget.height
        if len(starts) > 1 or more:
            self._back = partial(turn, blocks[starts[sheet - 1]].place) if sheet else None
            self._forward = partial(turn, blocks[last].place) if last < len(blocks) else more
            where = "sheets.where_open" if more else "sheets.where"
            self._add_bar(words(where, sheet=sheet + 1, sheets=len(starts)), words)

    def _add_bar(self, where: str, words: Translate) -> None:
        top = self.height - theme.touch
        wide = self.width * 0.33
        for name, way, icon, left in (
            ("sheets.back", self._back, "up", 0),
            ("sheets.forward", self._forward, "down", self.width - wide),
        ):
            one = button(
                words(name), wide, name=name, touched=way or _nowhere, icon=icon, enabled=way is not None
            )
            self.put(one, left, top)
        label = Text(where, self.width - 2 * wide, colour=theme.colour.soft_ink, align="centre")
        self.put(label, wide, top + (theme.touch - label.height) / 2)


def _nowhere() -> None:
    """There is no sheet that way; the button is not enabled."""


def text_blocks(
    text: str, width: float, *, place: float, gap: int, until: float = 1.0, size: int | None = None
) -> list[Block]:
    """A running text as blocks of a few lines, so that a sheet may end between them but leaves no line alone.

    place, until: the blocks' places go from the one up to, not reaching, the sum of both.
    """
    whole = Text(text, width, size=size)
    chunks: list[list[int]] = []
    for number in range(len(whole.lines)):
        if not chunks or len(chunks[-1]) >= 2:
            chunks.append([])
        chunks[-1].append(number)
    if len(chunks) > 1 and len(chunks[-1]) == 1:
        last = chunks.pop()
        chunks[-1] += last
    blocks = []
    for number, chunk in enumerate(chunks):
        lines = [whole.lines[line] for line in chunk]
        start, end = lines[0].start, lines[-1].start + len(lines[-1].text)
        moved = [line._replace(start=line.start - start) for line in lines]
        piece = Text(text[start:end], width, size=size, lines=moved)
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
