"""How far a call to a person is, in the header of every other page, with the way to end it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from foundation.language import Translate
from kiosk.screens.help import said_of
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import HelpCall
from kiosk.widgets.box import Box
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import ALARM, CHOSEN, MARKED, Press, button
from kiosk.widgets.text import TIGHT, Text, fitting, width_of


def call_banner(width: float, call: HelpCall, words: Translate, send: Callable[[Event], None]) -> Box:
    """Two buttons: what is said of the call, which leads to help, and to hang up while it goes on."""
    space, t = theme.space, theme.type
    box = Box(width, theme.touch)
    room, end = width, None
    if call.state.live:
        text = words("help.hang_up")
        wide = max(theme.touch * 1.15, width_of(text, t.mark, bold=True) + 2 * space.s)
        end = button(
            text,
            wide,
            name="bar.hang_up",
            touched=partial(send, did.HangUp()),
            look=ALARM,
            sizes=(t.bar, t.mark),
        )
        room -= wide + space.s
    box.put(_state(room, call, words, send), 0, 0)
    if end is not None:
        box.put(end, width - end.width, 0)
    return box


def _state(width: float, call: HelpCall, words: Translate, send: Callable[[Event], None]) -> Press:
    space, t = theme.space, theme.type
    said = said_of(call, words, short=True)
    look = CHOSEN if call.state.live else MARKED
    press = Press(
        width, theme.touch, look=look, name="bar.call", text=said, touched=partial(send, did.OpenHelp())
    )
    side = round(t.bar * 1.2)
    icon = width > side * 5
    left = space.s + (side + space.s if icon else 0)
    room = width - left - space.s
    size = fitting(said, room, (t.bar, t.mark), lines=2, bold=True)
    label = Text(said, room, size=size, bold=True, colour=press.look.ink, leading=TIGHT, role="")
    if icon:
        press.put(Icon("phone", side, press.look.ink), space.s, (theme.touch - side) / 2)
    press.put(label, left, (theme.touch - label.height) / 2)
    return press
