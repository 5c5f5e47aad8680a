"""What is shown over a page until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle

from kiosk.theme import theme
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import Press
from kiosk.widgets.text import TIGHT, Text


class Overlay(Box):
    """A card in the middle over a shade that takes every touch beside it. The header stays free."""

    def __init__(
        self,
        width: float,
        height: float,
        *,
        name: str,
        title: str,
        icon: str,
        texts: Sequence[str],
        buttons: Sequence[Press] = (),
        small: str = "",
        figure: str = "",
        extra: Box | None = None,
    ) -> None:
        """name: which one it is; small: a code for the technician; figure: a number shown large;

        extra: what stands above the buttons.
        """
        super().__init__(width, height)
        self.name = name
        c, space, t = theme.colour, theme.space, theme.type
        with self.canvas.before:
            Color(*c.shade)
            Rectangle(size=self.size)
        inner = card_width(width) - 2 * space.xl
        parts: list[object] = []
        if icon:
            parts.append(Icon(icon, t.title, c.primary, ground=c.primary_pale))
        self._figure: Text | None = None
        self._figures = Box(inner, round(t.huge * 1.2))
        if figure:
            self.count(figure)
            parts.append(self._figures)
        parts.append(
            Text(
                title,
                inner,
                size=t.title,
                bold=True,
                align="centre",
                leading=TIGHT,
                role="heading",
                balanced=True,
            )
        )
        parts += [
            Text(text, inner, size=t.lead, align="centre", leading=1.45, balanced=True) for text in texts
        ]
        if small:
            parts.append(Text(small, inner, size=t.caption, colour=c.soft_ink, align="centre"))
        if extra:
            parts.append(extra)
        if buttons:
            parts.append(stack(inner, list(buttons), space.s))
        body = _centred(inner, parts, space.m)
        card = Box(body.width + 2 * space.xl, body.height + 2 * space.xl, fill=c.surface, edge=c.line)
        card.put(body, space.xl, space.xl)
        self.put_centred(card)

    def count(self, figure: str) -> None:
        """Shows another number."""
        if self._figure:
            self._figures.remove_widget(self._figure)
        self._figure = Text(
            figure,
            self._figures.width,
            size=theme.type.huge,
            bold=True,
            colour=theme.colour.primary,
            align="centre",
            leading=1.2,
        )
        self._figures.put(self._figure, 0, 0)

    def on_touch_down(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        super().on_touch_down(touch)
        return self.collide_point(*touch.pos)


def card_width(width: float) -> float:
    """Width of an overlay's card in a window of that width."""
    return round(width * (0.86 if theme.portrait else 0.66))


def inner_width(width: float) -> float:
    """Room for the buttons of an overlay in a window of that width."""
    return card_width(width) - 2 * theme.space.xl


def _centred(width: float, parts: Sequence[object], gap: int) -> Box:
    wrapped = []
    for part in parts:
        assert hasattr(part, "height")
        box = Box(width, part.height)
        box.put_centred(part)
        wrapped.append(box)
    return stack(width, wrapped, gap)


class Moving(Box):
    """A short bar that runs to and fro while something is waited for: the only thing that moves here."""

    STEPS_A_SECOND = 12

    def __init__(self, width: float) -> None:
        high = theme.space.s
        super().__init__(width, high, fill=theme.colour.sunken, radius=high // 2)
        self._runner = Box(width / 4, high, fill=theme.colour.primary, radius=high // 2)
        self.put(self._runner, 0, 0)
        self._at = 0
        Clock.schedule_interval(self._step, 1 / self.STEPS_A_SECOND)

    def _step(self, _: float) -> bool:
        """False, which ends it, once it is shown no more."""
        if self.get_parent_window() is None:
            return False
        self._at = (self._at + 1) % 24
        way = self._at if self._at <= 12 else 24 - self._at
        self._runner.x = round((self.width - self._runner.width) * way / 12)
        return True
