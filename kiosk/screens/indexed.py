"""Long lists in alphabetical order with an index of large initials: by pinyin, or by letters in English."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.uix.widget import Widget

from kiosk.initials import STAR, Group
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.widgets.box import Box, stack
from kiosk.widgets.press import CHOSEN, SECONDARY, Press
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, fitting

WITH_HEADINGS = 3
"""Entries of an initial, on the average, from which each has a heading in the list."""
Lines = Callable[[Sequence[int], float], Sequence[tuple[Widget, int]]]
"""Makes the lines of some entries in a width, and tells how many entries each line has."""


def put_indexed(screen: Screen[Any], found: Sequence[Group], lines: Lines, top: float) -> None:
    """Puts the index and the list below `top`: upright one below the other, lying side by side."""
    gap = theme.space.s
    bar = _bar(screen, found, screen.height - top)
    screen.put(bar, 0, top)

    def blocks(width: float) -> list[Block]:
        made: list[Block] = []
        place = 0
        for name, members in _sections(screen, found):
            head = Text(
                name, width, size=theme.type.lead, bold=True, colour=theme.colour.primary, leading=TIGHT
            )
            for number, (line, count) in enumerate(lines(members, width)):
                begins = bool(name) and not number
                whole = stack(width, [head, theme.space.xs, line]) if begins else line
                made.append(Block(whole, theme.space.m if begins else gap, float(place)))
                place += count
        return made

    if theme.portrait:
        screen.sheets(blocks, top + bar.height + theme.space.m)
    else:
        screen.sheets(blocks, top, left=bar.width + theme.space.m)


def _sections(screen: Screen[Any], found: Sequence[Group]) -> list[tuple[str, Sequence[int]]]:
    """Parts of the list with their headings; where most initials have one or two entries, all without any."""
    members = [number for group in found for number in group.members]
    if len(members) < len(found) * WITH_HEADINGS:
        return [("", members)]
    often = screen.words("index.often")
    return [(often if group.initial == STAR else group.initial, group.members) for group in found]


def _bar(screen: Screen[Any], found: Sequence[Group], height: float) -> Box:
    """The initials: in rows over the width, or in columns of that height where the window lies."""
    gap = theme.space.xs
    side = theme.touch
    if theme.portrait:
        most = int((screen.width + gap) // (side + gap))
        rows = -(-len(found) // most)
        columns = -(-len(found) // rows)
        wide = min((screen.width - gap * (columns - 1)) / columns, side * 2)
    else:
        rows = max(1, int((height + gap) // (side + gap)))
        columns = -(-len(found) // rows)
        rows = -(-len(found) // columns)
        wide = side * (1.3 if columns == 1 else 1)
    bar = Box(columns * (wide + gap) - gap, rows * (side + gap) - gap)
    place = 0
    for number, group in enumerate(found):
        across, down = (number % columns, number // columns) if theme.portrait else divmod(number, rows)
        here = place <= screen.page.place < place + len(group.members)
        press = _initial(screen, group.initial, place, wide, here=here)
        bar.put(press, across * (wide + gap), down * (side + gap))
        place += len(group.members)
    return bar


def _initial(screen: Screen[Any], initial: str, place: int, width: float, *, here: bool) -> Press:
    t = theme.type
    look = CHOSEN if here else SECONDARY
    star = initial == STAR
    press = Press(
        width,
        theme.touch,
        look=look,
        name=f"index.{'often' if star else initial}",
        text=screen.words("index.often") if star else screen.words("index.initial", initial=initial),
        touched=screen.touch(did.Turn(float(place))),
        chosen=here,
    )
    size = fitting(initial, width, (t.heading, t.lead, t.body), lines=1, bold=True)
    label = Text(
        initial, width, size=size, bold=True, colour=look.ink, align="centre", leading=TIGHT, role=""
    )
    press.put_centred(label)
    return press
