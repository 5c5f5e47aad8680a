"""A row of *Display and sound*: what can be set, and its choices side by side, each with a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kivy.uix.widget import Widget

from kiosk.theme import theme
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import CHOSEN, QUIET, Press
from kiosk.widgets.text import TIGHT, Text, fitting, lines_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One way. sample: makes what shows it, at most so wide and about so high, in pixels."""

    name: str
    text: str
    chosen: bool
    touched: Callable[[], None]
    sample: Callable[[float, float], Widget]


def setting_row(title: str, width: float, choices: Sequence[Choice]) -> Box:
    """The title above the choices, or at their left where the window lies."""
    space, t = theme.space, theme.type
    beside = not theme.portrait and width > 36 * t.mark
    left = round(width * 0.22) if beside else 0
    label = Text(
        title,
        left - space.m if beside else width,
        size=fitting(title, left - space.m, (t.lead, t.body, t.caption), lines=2) if beside else t.lead,
        bold=True,
        leading=TIGHT,
        balanced=True,
    )
    wide = (width - left - space.s * (len(choices) - 1)) / len(choices)
    presses = _presses(title, choices, wide)
    high = max(press.height for press in presses)
    row = Box(width, high)
    for number, press in enumerate(presses):
        row.put(press, left + number * (wide + space.s), 0)
    if not beside:
        return stack(width, [label, row], space.xs)
    row.put(label, 0, (high - label.height) / 2)
    return row


def _presses(title: str, choices: Sequence[Choice], width: float) -> list[Press]:
    """As high as each other."""
    t, space = theme.type, theme.space
    room = width - 2 * space.s
    sizes = (t.body, t.caption, t.mark)
    size = min(fitting(choice.text, room, sizes, lines=2, bold=True) for choice in choices)
    lines = max(len(lines_of(choice.text, room, size, bold=True)) for choice in choices)
    tall = round(theme.touch * 0.8)
    high = max(theme.touch, 2 * space.s + tall + space.xs + round(lines * size * TIGHT))
    return [_press(title, choice, (width, high), tall, size) for choice in choices]


def _press(title: str, choice: Choice, size: tuple[float, float], tall: int, type_size: int) -> Press:
    space = theme.space
    width, high = size
    shades = CHOSEN if choice.chosen else QUIET
    press = Press(
        width,
        high,
        look=shades,
        name=choice.name,
        text=f"{choice.text} ({title})",
        touched=choice.touched,
        role="option",
        chosen=choice.chosen,
        edge_width=(2 if choice.chosen else 1) * space.hair,
    )
    room = width - 2 * space.s
    sample = choice.sample(room, tall)
    press.put(sample, (width - sample.width) / 2, space.s + (tall - sample.height) / 2)
    label = Text(
        choice.text,
        room,
        size=type_size,
        bold=True,
        align="centre",
        leading=TIGHT,
        role="",
        colour=shades.ink,
        balanced=True,
    )
    left_over = high - 2 * space.s - tall - space.xs - label.height
    press.put(label, space.s, space.s + tall + space.xs + left_over / 2)
    if choice.chosen:
        side = round(theme.type.mark * 1.2)
        press.put(Icon("done", side, shades.ink), width - side - space.xs, space.xs)
    return press
