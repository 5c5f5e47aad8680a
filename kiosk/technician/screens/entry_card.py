"""One entry of a list: a title, words below it, a mark at its right; touched where that does something."""

from __future__ import annotations

from collections.abc import Callable

from foundation.language import Language
from kiosk.colours import Colour
from kiosk.technician.pages import Entry, Tone
from kiosk.theme import theme
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import chip
from kiosk.widgets.press import QUIET, Press, option
from kiosk.widgets.text import TIGHT, Text, fitting, width_of

MOST_OF_WIDTH = 0.55
"""Of an entry's width its mark takes at most so much; a longer one goes below the title."""


def entry_card(entry: Entry, width: float, language: Language, touched: Callable[[], None] | None) -> Box:
    """touched: None where a touch does nothing."""
    title = entry.title[language]
    if entry.chosen is not None and touched is not None:
        return option(title, width, name=f"technician.{entry.name}", touched=touched, chosen=entry.chosen)
    c, space, t = theme.colour, theme.space, theme.type
    side = round(t.heading)
    left = space.m + (side + space.m if entry.icon else 0)
    right = space.m + (side + space.s if touched else 0)
    room = width - left - right
    mark = _mark(entry, language, room)
    beside = mark is not None and mark.width <= room * MOST_OF_WIDTH
    title_room = room - (mark.width + space.m if mark is not None and beside else 0)
    size = fitting(title, title_room, (t.lead, t.body), lines=2, bold=True)
    role = "" if touched else "text"
    parts: list[Box | Text] = [Text(title, title_room, size=size, bold=True, leading=TIGHT, role=role)]
    if mark is not None and not beside:
        parts.append(mark)
    parts += [
        Text(line[language], room, size=t.body, colour=c.soft_ink, leading=1.35, role=role)
        for line in entry.lines
    ]
    words = stack(room, parts, space.xs)
    high = words.height + 2 * space.s
    card: Box
    if touched is None:
        card = Box(width, high, fill=c.surface, edge=c.line)
    else:
        high = max(high, theme.touch)
        card = Press(width, high, look=QUIET, name=f"technician.{entry.name}", text=title, touched=touched)
        card.put(Icon("open", side, c.edge), width - space.m - side, (high - side) / 2)
    if entry.icon:
        card.put(Icon(entry.icon, side, c.primary), space.m, (high - side) / 2)
    card.put(words, left, (high - words.height) / 2)
    if mark is not None and beside:
        card.put(mark, width - right - mark.width, (high - words.height) / 2)
    return card


def _mark(entry: Entry, language: Language, room: float) -> Box | Text | None:
    """A chip, or the same words in lines where they are too long for one."""
    if entry.mark is None:
        return None
    said = entry.mark[language]
    ink, ground = _colours(entry.tone)
    if width_of(said, theme.type.caption, bold=True) + 4 + 2 * theme.space.s > room:
        return Text(said, room, size=theme.type.caption, bold=True, colour=ink, leading=TIGHT)
    return chip(said, ink=ink, ground=ground)


def _colours(tone: Tone) -> tuple[Colour, Colour]:
    c = theme.colour
    return {
        Tone.PLAIN: (c.soft_ink, c.sunken),
        Tone.FINE: (c.primary, c.primary_pale),
        Tone.WRONG: (c.danger, c.danger_pale),
        Tone.SET: (c.notice, c.notice_pale),
    }[tone]
