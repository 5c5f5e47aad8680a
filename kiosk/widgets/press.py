"""What is touched: buttons, options, rows of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock
from kivy.uix.behaviors import ButtonBehavior

from kiosk.colours import Colour
from kiosk.theme import theme
from kiosk.typesetting import units
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.text import TIGHT, Text, lines_of, width_of


@dataclass(frozen=True, slots=True)
class Shades:
    """Colours of something that is touched, by their names in the theme, read when it is drawn.

    ground, border (none where empty), words, and the ground under the finger, a darker one where empty.
    """

    ground: str
    border: str
    words: str
    finger: str

    @property
    def fill(self) -> Colour:
        """Of its ground."""
        return theme.colour.named(self.ground)

    @property
    def edge(self) -> Colour | None:
        """Of its border."""
        return theme.colour.named(self.border) if self.border else None

    @property
    def ink(self) -> Colour:
        """Of its words."""
        return theme.colour.named(self.words)

    @property
    def pressed(self) -> Colour:
        """Of its ground under the finger."""
        if self.finger:
            return theme.colour.named(self.finger)
        red, green, blue, opacity = self.fill
        return (red * 0.75, green * 0.75, blue * 0.75, opacity)


PRIMARY = Shades("primary", "", "on_colour", "primary_pressed")
"""What most people do next."""
SECONDARY = Shades("surface", "primary", "primary", "primary_pale")
"""What can be done as well."""
QUIET = Shades("surface", "edge", "ink", "pressed")
"""What is always there."""
ALARM = Shades("danger", "", "on_colour", "danger_pressed")
"""An alert that everything else has to wait for."""
MARKED = Shades("notice_pale", "notice", "notice", "pressed")
"""An alert that is less than that."""
DISABLED = Shades("disabled", "line", "disabled_ink", "disabled")
CHOSEN = Shades("primary_pale", "primary", "primary", "primary_pale")


def door(ground: str) -> Shades:
    """A door of the home page, in its own colour, darker under the finger."""
    return Shades(ground, "door_edge", "on_door", "")


LINGERS = 0.03
"""Seconds for which it still looks pressed after the finger has left: mostly another page is there by then,
and a frame is spared that would only have shown it let go."""


class Press(ButtonBehavior, Inspectable, Box):
    """A box that does something when it is touched and let go."""

    def __init__(
        self,
        width: float,
        height: float,
        *,
        look: Shades,
        name: str,
        text: str,
        touched: Callable[[], None],
        role: str = "button",
        enabled: bool = True,
        chosen: bool = False,
        edge_width: int = 0,
    ) -> None:
        """name, text, role, chosen: for `Inspectable`; touched: called after the finger has left it."""
        self.look = look if enabled else DISABLED
        super().__init__(
            width=width,
            height=height,
            fill=self.look.fill,
            edge=self.look.edge,
            edge_width=edge_width,
            inspect_id=name,
            inspect_role=role,
            inspect_text=text,
            inspect_enabled=enabled,
            inspect_chosen=chosen,
            min_state_time=0,  # else Kivy asks its configuration for each
        )
        self._touched = touched
        self._lift = Clock.create_trigger(self._lifted, LINGERS)

    def on_touch_down(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        return self.inspect_enabled and super().on_touch_down(touch)

    def on_state(self, _: object, state: str) -> None:
        """Shows the finger."""
        if state == "down":
            self._lift.cancel()
            self.paint(fill=self.look.pressed)
        else:
            self._lift()

    def _lifted(self, _: float) -> None:
        self.paint(fill=self.look.fill)

    def on_release(self) -> None:
        """Does it."""
        self._touched()


def button(
    text: str,
    width: float,
    *,
    name: str,
    touched: Callable[[], None],
    look: Shades = SECONDARY,
    icon: str = "",
    icon_after: bool = False,
    upright: bool = False,
    height: float | None = None,
    enabled: bool = True,
    chosen: bool = False,
    sizes: tuple[int, ...] = (),
) -> Press:
    """A button with one or two lines of text, and an icon before, after or, upright, above it."""
    t, space = theme.type, theme.space
    high = max(theme.touch, height or 0)
    press = Press(
        width, high, look=look, name=name, text=text, touched=touched, enabled=enabled, chosen=chosen
    )
    sizes = sizes or (t.lead, t.body, t.caption, t.mark)
    side = round(sizes[0] * 1.2) if icon else 0
    upright = upright and high > side + sizes[0] * TIGHT + 2 * space.s
    room = width - 2 * space.s
    beside = room - side - space.s if icon and not upright else room
    size = _size_in(text, beside, high, sizes)
    if size is None and icon and not upright:
        icon, beside = "", room
        size = _size_in(text, room, high, sizes)
    room = beside
    label = Text(
        text,
        room,
        size=size or sizes[-1],
        bold=True,
        colour=press.look.ink,
        align="centre",
        leading=TIGHT,
        role="",
        balanced=True,
    )
    middle = (high - label.height) / 2
    if not icon:
        press.put(label, space.s, middle)
        return press
    if upright:
        press.put(Icon(icon, side, press.look.ink), (width - side) / 2, middle - side / 2)
        press.put(label, space.s, middle + side / 2)
        return press
    whole = side + space.s + label.ink_width
    left = (width - whole) / 2
    shift = (room - label.ink_width) / 2
    picture = Icon(icon, side, press.look.ink)
    if icon_after:
        press.put(label, left - shift, middle)
        press.put(picture, left + label.ink_width + space.s, (high - side) / 2)
    else:
        press.put(picture, left, (high - side) / 2)
        press.put(label, left + side + space.s - shift, middle)
    return press


def icon_button(
    icon: str, width: float, height: float, *, name: str, text: str, touched: Callable[[], None]
) -> Press:
    """A button with an icon alone; text: what is read."""
    press = Press(width, height, look=SECONDARY, name=name, text=text, touched=touched)
    press.put_centred(Icon(icon, round(theme.type.heading), press.look.ink))
    return press


def _size_in(text: str, width: float, height: float, sizes: Sequence[int]) -> int | None:
    """The size in which a text fits in one line, or else in two; None where it does in none."""
    for most in (1, 2):
        for size in sizes:
            lines = lines_of(text, width, size, bold=True)
            whole = all(width_of(word.strip(), size, bold=True) <= width for word in units(text))
            if whole and len(lines) <= most and len(lines) * size * TIGHT <= height:
                return size
    return None


def option(
    text: str,
    width: float,
    *,
    name: str,
    touched: Callable[[], None],
    chosen: bool,
    several: bool = False,
    height: float = 0,
) -> Press:
    """One answer to choose. several: more than one can be chosen; height: at least, in pixels."""
    c, t, space = theme.colour, theme.type, theme.space
    side = round(t.lead * 1.2)
    room = option_room(width)
    label = Text(text, room, size=t.lead, leading=TIGHT, role="", colour=c.primary if chosen else c.ink)
    high = max(theme.touch, height, label.height + 2 * space.m)
    look = CHOSEN if chosen else QUIET
    press = Press(
        width,
        high,
        look=look,
        name=name,
        text=text,
        touched=touched,
        role="option",
        chosen=chosen,
        edge_width=2 * space.hair if chosen else space.hair,
    )
    marks = ("ticked", "unticked") if several else ("chosen", "open_choice")
    icon = Icon(marks[0] if chosen else marks[1], side, c.primary if chosen else c.edge)
    press.put(icon, space.m, (high - side) / 2)
    press.put(label, space.m + side + space.m, (high - label.height) / 2)
    return press


def option_room(width: float) -> float:
    """Room for the words of an `option` in pixels."""
    return width - 3 * theme.space.m - round(theme.type.lead * 1.2)


def row(
    title: str,
    width: float,
    *,
    name: str,
    touched: Callable[[], None],
    above: str = "",
    below: Text | None = None,
    beside: Box | None = None,
    icon: str = "",
    tint: str = "primary",
) -> Press:
    """An entry of a list: a title, words above and below it, and something at its right end."""
    space = theme.space
    left = space.l
    picture = Icon(icon, round(theme.type.heading), theme.colour.named(tint)) if icon else None
    if picture:
        left += picture.width + space.m
    chevron = Icon("open", round(theme.type.heading), theme.colour.edge)
    right = space.m + chevron.width + (beside.width + space.s if beside else 0)
    room = width - left - right - space.s
    parts: list[Text | int] = []
    if above:
        parts += [
            Text(above, room, size=theme.type.caption, colour=theme.colour.soft_ink, leading=TIGHT, role=""),
            space.xs,
        ]
    parts.append(Text(title, room, size=theme.type.lead, bold=True, leading=TIGHT, role=""))
    if below:
        parts += [space.xs, below]
    words = stack(room, parts)
    high = max(theme.touch, words.height + 2 * space.m)
    press = Press(width, high, look=QUIET, name=name, text=title, touched=touched)
    if picture:
        press.put(picture, space.l, (high - picture.height) / 2)
    press.put(words, left, (high - words.height) / 2)
    press.put(chevron, width - space.m - chevron.width, (high - chevron.height) / 2)
    if beside:
        press.put(beside, width - right, (high - beside.height) / 2)
    return press


def row_room(width: float, *, icon: bool = False, beside: float = 0) -> float:
    """Room for the words of a `row` in pixels, for a text that goes below its title."""
    space = theme.space
    side = round(theme.type.heading)
    left = space.l + (side + space.m if icon else 0)
    right = space.m + side + (beside + space.s if beside else 0)
    return width - left - right - space.s
