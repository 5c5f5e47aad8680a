"""What can be done with every text: go to a part of it, hear it, take it along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.leaflet import contents
from kiosk.visit.pages import Turned
from kiosk.widgets.box import Box, line_up
from kiosk.widgets.press import SECONDARY, button
from kiosk.widgets.row_of_buttons import in_row
from kiosk.widgets.sheets import Block

FEWEST = 3
"""Headings from which a text of several sheets has contents."""

P = TypeVar("P", bound=Turned)


def put_text(screen: Screen[P], parts: Callable[[float], Sequence[Block]], top: float) -> tuple[Action, ...]:
    """Puts a text below `top`, and its tools: in a row above it where the window stands.

    parts: makes it in a width. Gives the tools that are for the foot, where the window lies.
    """
    made = parts(screen.width)
    row_height = theme.touch + theme.space.m if theme.portrait else 0
    high = sum(block.widget.height + block.gap for block in made)
    tools = _tools(screen, several=high > screen.height - top - row_height)
    if theme.portrait:
        screen.put(_row(screen, tools), 0, top)
        top += row_height
    screen.sheets(lambda width: made if width == screen.width else parts(width), top)
    return () if theme.portrait else tools


def _tools(screen: Screen[P], *, several: bool) -> tuple[Action, ...]:
    """several: the text has more than one sheet."""
    words, hearing = screen.words, screen.view.hearing
    tools: list[Action] = []
    if several and len(contents(screen.page)) >= FEWEST:
        text = words("text.contents")
        tools.append(Action("text.contents", text, did.OpenContents(), look=SECONDARY, icon="contents"))
    if hearing.possible:
        text = words("text.silence" if hearing.speaking else "text.aloud")
        event = did.SetHearing(replace(hearing, speaking=not hearing.speaking))
        icon = "silent" if hearing.speaking else "aloud"
        tools.append(Action("text.aloud", text, event, look=SECONDARY, icon=icon))
    text = words("text.take")
    return (*tools, Action("text.take", text, did.TakeTextAlong(), look=SECONDARY, icon="take"))


def _row(screen: Screen[P], tools: Sequence[Action]) -> Box:
    """They side by side, over the whole width."""
    t = theme.type
    said = [(tool.text, True) for tool in tools]
    fitted = None
    for size in (t.body, t.caption, t.mark):
        fitted = in_row(said, size, screen.width, theme.touch, most=screen.width, icons=True)
        if fitted is not None:
            break
    gaps = theme.space.s * (len(tools) - 1)
    widths = fitted.widths if fitted else [(screen.width - gaps) / len(tools)] * len(tools)
    return line_up(
        [
            button(
                tool.text,
                wide,
                name=tool.name,
                touched=screen.touch(tool.event),
                look=tool.look,
                icon=tool.icon,
                sizes=(fitted.size if fitted else t.mark, t.mark),
            )
            for tool, wide in zip(tools, widths, strict=True)
        ],
        theme.space.s,
    )
