"""The three boxes of a date: year, month, day."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from foundation.language import Translate
from kiosk.input.keyboards.date_steps import Part
from kiosk.theme import theme
from kiosk.widgets.box import Box, stack
from kiosk.widgets.press import Press, Shades
from kiosk.widgets.text import TIGHT, Text

SHARES = {Part.YEAR: 0.4, Part.MONTH: 0.3, Part.DAY: 0.3}
"""Of the width."""
EMPTY = {Part.YEAR: "––––", Part.MONTH: "––", Part.DAY: "––"}


def height() -> int:
    """Height of the boxes in pixels."""
    return round(theme.type.caption * TIGHT + theme.type.title * TIGHT) + 2 * theme.space.s


def date_parts(
    width: float,
    texts: tuple[str, str, str],
    words: Translate,
    touched: Callable[[Part], None],
    active: Part | None = None,
) -> Box:
    """Boxes side by side, each with its name and its digits; `active` is where the next digit goes."""
    box = Box(width, height())
    left = 0.0
    for part, text in zip(Part, texts, strict=True):
        share = width * SHARES[part]
        one = _part(share - theme.space.xs, part, text, words, partial(touched, part), chosen=part is active)
        box.put(one, left + theme.space.xs / 2, 0)
        left += share
    return box


def _part(
    width: float, part: Part, text: str, words: Translate, touched: Callable[[], None], *, chosen: bool
) -> Press:
    c = theme.colour
    look = Shades("surface", "primary" if chosen else "edge", "ink", "primary_pale")
    name = words(f"date.{part.value}")
    press = Press(
        width,
        height(),
        look=look,
        name=f"keyboard.{part.value}",
        text=f"{name} {text}".strip(),
        touched=touched,
        role="field",
        chosen=chosen,
        edge_width=theme.space.hair * (3 if chosen else 1),
    )
    room = width - 2 * theme.space.s
    label = Text(
        name, room, size=theme.type.caption, colour=c.soft_ink, leading=TIGHT, align="centre", role=""
    )
    digits = Text(
        text or EMPTY[part],
        room,
        size=theme.type.title,
        bold=bool(text),
        colour=c.ink if text else c.soft_ink,
        leading=TIGHT,
        align="centre",
        role="",
    )
    press.put_centred(stack(room, [label, digits]))
    return press
