"""What can be done with every text: go to a part of it, hear it, take it along."""

from __future__ import annotations

from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.leaflet import contents
from kiosk.visit.pages import Turned
from kiosk.widgets.box import Box, line_up
from kiosk.widgets.press import SECONDARY, button

FEWEST = 3
"""Headings from which a text has contents."""


def text_tools(screen: Screen[Turned]) -> tuple[Action, ...]:
    """The buttons: in the foot where the window lies, else in a row below the title."""
    words = screen.words
    found = [Action("text.take", words("text.take"), did.TakeTextAlong(), look=SECONDARY, icon="take")]
    if len(contents(screen.page)) >= FEWEST:
        text = words("text.contents")
        found.insert(0, Action("text.contents", text, did.OpenContents(), look=SECONDARY, icon="contents"))
    return tuple(found)


def tool_row(screen: Screen[Turned]) -> Box:
    """They side by side, over the whole width."""
    tools, gap, t = text_tools(screen), theme.space.s, theme.type
    wide = (screen.width - gap * (len(tools) - 1)) / len(tools)
    return line_up(
        [
            button(
                tool.text,
                wide,
                name=tool.name,
                touched=screen.touch(tool.event),
                look=tool.look,
                icon=tool.icon,
                sizes=(t.body, t.caption, t.mark),
            )
            for tool in tools
        ],
        gap,
    )


def put_tools(screen: Screen[Turned], top: float) -> float:
    """Puts the row where the window stands; gives where what follows begins."""
    if not theme.portrait:
        return top
    row = tool_row(screen)
    screen.put(row, 0, top)
    return top + row.height + theme.space.m


def foot_tools(screen: Screen[Turned]) -> tuple[Action, ...]:
    """Those that stand in the foot."""
    return () if theme.portrait else text_tools(screen)
