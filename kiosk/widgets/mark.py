"""Small marks: what something is, how far it is, what went wrong."""

from __future__ import annotations

from kiosk.colours import Colour
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.icon import Icon
from kiosk.widgets.text import TIGHT, Text, lines_of, width_of


def chip(text: str, *, ink: Colour, ground: Colour, icon: str = "", edge: Colour | None = None) -> Box:
    """A few words on a ground of their own, one line."""
    space, size = theme.space, theme.type.caption
    wide = width_of(text, size, bold=True) + 4
    label = Text(text, wide, size=size, bold=True, colour=ink, leading=TIGHT)
    side = round(size * 1.1) if icon else 0
    left = space.s + (side + space.xs if icon else 0)
    box = Box(
        left + label.width + space.s, label.height + 2 * space.xs, fill=ground, edge=edge, radius=space.s
    )
    if icon:
        box.put(Icon(icon, side, ink), space.s, (box.height - side) / 2)
    box.put(label, left, space.xs)
    return box


def message(
    text: str,
    width: float,
    *,
    icon: str,
    ink: Colour,
    ground: Colour,
    role: str = "text",
    size: int | None = None,
) -> Box:
    """A sentence on a ground of its own, with an icon before it."""
    space = theme.space
    size = size or theme.type.body
    side = round(size * 1.25)
    room = width - 3 * space.m - side
    short = len(lines_of(text, room, size)) == 2
    label = Text(text, room, size=size, colour=ink, leading=1.4, role=role, balanced=short)
    box = Box(width, label.height + 2 * space.s, fill=ground, edge=ink)
    box.put(Icon(icon, side, ink), space.m, space.s + (label.pitch - side) / 2)
    box.put(label, space.m + side + space.m, space.s)
    return box


def pointed(icon: str, side: int, text: Text, *, ink: Colour, gap: int) -> Box:
    """A text with an icon before its first line. side: of the icon; gap: between both, in pixels."""
    high = max(side, text.pitch)
    box = Box(side + gap + text.width, max(high, text.height + (high - text.pitch) / 2))
    box.put(Icon(icon, side, ink), 0, (high - side) / 2)
    box.put(text, side + gap, (high - text.pitch) / 2)
    return box


def error(text: str, width: float, size: int | None = None) -> Box:
    """What went wrong and what to do."""
    c = theme.colour
    return message(text, width, icon="warning", ink=c.danger, ground=c.danger_pale, role="error", size=size)


def notice(text: str, width: float, size: int | None = None) -> Box:
    """What is different from usual, and no mistake of whoever reads it."""
    c = theme.colour
    return message(text, width, icon="warning", ink=c.notice, ground=c.notice_pale, size=size)


def rule(width: float) -> Box:
    """A horizontal line."""
    return Box(width, theme.space.hair, fill=theme.colour.line, radius=0)


def progress_bar(done: int, total: int, width: float) -> Box:
    """How much is done."""
    high = theme.space.s
    box = Box(width, high, fill=theme.colour.sunken, radius=high // 2)
    filled = max(high, width * done / total)
    box.put(Box(filled, high, fill=theme.colour.primary, radius=high // 2), 0, 0)
    return box
