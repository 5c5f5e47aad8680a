"""The sheet *Display and sound*: each row sets one thing, at once, and shows what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kivy.uix.widget import Widget

from kiosk.colours import CONTRAST, STANDARD, Colours
from kiosk.look import Look, TypeSize
from kiosk.screens.display_sound import aloud, curtain, personal, volume
from kiosk.screens.screen import Action, Screen
from kiosk.screens.setting_row import Choice, setting_row
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Display
from kiosk.widgets.box import Box, line_up
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class DisplayScreen(Screen[Display]):
    """What lies below is left as it is; one touch leads back to it."""

    name = "display"

    def draw(self) -> None:
        """A row for each thing, in sheets where type is large."""
        top = self.heading(self.words("display.title"), sub=self.words("display.sub"))
        self.sheets(self._blocks, top)

    def actions(self) -> Sequence[Action]:
        """Back to what was there."""
        return (Action("display.done", self.words("display.done"), did.Back(), icon="check"),)

    def _blocks(self, width: float) -> list[Block]:
        rows = [made for row in ROWS if (made := row(self, width)) is not None]
        return [Block(row, theme.space.l, float(number)) for number, row in enumerate(rows)]

    def chooses(self, look: Look) -> Callable[[], None]:
        """What a choice does that shows everything so."""
        return self.touch(did.SetLook(look))


Row = Callable[[DisplayScreen, float], Widget | None]
"""Makes a row in a width; None where it has no meaning at this terminal."""


def type_size(screen: DisplayScreen, width: float) -> Widget:
    """Three sizes, each shown in itself."""
    look = screen.view.look
    sample = screen.words("display.sample")

    def shown(size: TypeSize) -> Callable[[float, float], Widget]:
        def make(room: float, _: float) -> Widget:
            pixels = theme.type.at("lead", size)
            return Text(sample, room, size=pixels, bold=True, align="centre", leading=1.4, role="")

        return make

    return setting_row(
        screen.words("display.size"),
        width,
        [
            Choice(
                f"display.size.{size.value}",
                screen.words(f"display.size.{size.value}"),
                look.size is size,
                screen.chooses(replace(look, size=size)),
                shown(size),
            )
            for size in TypeSize
        ],
    )


def contrast(screen: DisplayScreen, width: float) -> Widget:
    """Two sets of colours, each shown in itself."""
    look = screen.view.look
    sample = screen.words("display.sample")

    def shown(colours: Colours) -> Callable[[float, float], Widget]:
        def make(room: float, tall: float) -> Widget:
            ground = Box(
                min(room, tall * 2.4), tall, fill=colours.paper, edge=colours.edge, radius=theme.space.s
            )
            words = Text(
                sample,
                ground.width * 0.56,
                size=theme.type.at("lead", TypeSize.STANDARD),
                bold=True,
                align="centre",
                leading=1.4,
                role="",
                colour=colours.ink,
            )
            acting = Box(ground.width * 0.32, tall * 0.5, fill=colours.primary, radius=theme.space.xs)
            ground.put(words, 0, (tall - words.height) / 2)
            ground.put(acting, ground.width * 0.6, tall * 0.25)
            return ground

        return make

    return setting_row(
        screen.words("display.contrast"),
        width,
        [
            Choice(
                f"display.contrast.{name}",
                screen.words(f"display.contrast.{name}"),
                look.contrast is on,
                screen.chooses(replace(look, contrast=on)),
                shown(colours),
            )
            for name, on, colours in (("off", False, STANDARD), ("on", True, CONTRAST))
        ],
    )


def low(screen: DisplayScreen, width: float) -> Widget | None:
    """Where everything that is touched lies, shown on a small terminal; not where all is in reach anyway."""
    look = screen.view.look
    if not theme.out_of_reach:
        return None

    def shown(*, lowered: bool) -> Callable[[float, float], Widget]:
        def make(room: float, tall: float) -> Widget:
            return line_up([_terminal(tall, lowered=lowered)])

        return make

    return setting_row(
        screen.words("display.low"),
        width,
        [
            Choice(
                f"display.low.{name}",
                screen.words(f"display.low.{name}"),
                look.low is on,
                screen.chooses(replace(look, low=on)),
                shown(lowered=on),
            )
            for name, on in (("off", False), ("on", True))
        ],
    )


def _terminal(tall: float, *, lowered: bool) -> Box:
    """A small panel, its buttons all over it or in its lower part."""
    c = theme.colour
    panel = Box(tall * 0.62, tall, fill=c.paper, edge=c.edge, radius=theme.space.xs)
    first = 0.42 if lowered else 0.12
    high = (0.9 - first) * tall / 3
    for number in range(3):
        bar = Box(panel.width * 0.7, high * 0.66, fill=c.primary, radius=2)
        panel.put(bar, panel.width * 0.15, tall * first + number * high)
    return panel


ROWS: tuple[Row, ...] = (type_size, contrast, low, aloud, volume, curtain, personal)
"""All of them, in their order."""
