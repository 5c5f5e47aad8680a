"""A rectangle of known size that others are put into, from the top left as one reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kivy.graphics import (
    Color,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    Translate,
)
from kivy.uix.widget import Widget

from kiosk.colours import Colour
from kiosk.theme import theme

BARE: dict[str, Any] = {"__no_builder": True}
"""For widgets without rules in Kivy's own language: they are made in half the time."""


class Box(Widget):
    """Has a size in whole pixels, a background where wanted, and children at whole pixels.

    Children count from its lower left corner, as in Kivy's RelativeLayout, but nothing is laid out later: a
    page of hundreds of boxes is made in a moment.
    """

    inspect_personal = False
    """Whether all that it holds is about the resident: see `kiosk.widgets.inspectable`."""

    def __init__(
        self,
        width: float,
        height: float,
        *,
        fill: Colour | None = None,
        edge: Colour | None = None,
        edge_width: int = 0,
        radius: int | None = None,
        **more: Any,
    ) -> None:
        """fill and edge: colours of the background and its border, if any; radius: of the corners."""
        super().__init__(size_hint=(None, None), size=(round(width), round(height)), **BARE, **more)
        with self.canvas.before:
            PushMatrix()
            self._moved = Translate()
        with self.canvas.after:
            PopMatrix()
        self.fbind("pos", self._move)
        self._fill_colour: Color | None = None
        self._edge_colour: Color | None = None
        corner = theme.space.radius if radius is None else radius
        with self.canvas.before:
            if fill:
                self._fill_colour = Color(*fill)
                if corner:
                    SmoothRoundedRectangle(size=self.size, radius=[corner])
                else:
                    Rectangle(size=self.size)
            if edge:
                self._edge_colour = Color(*edge)
                thick = edge_width or theme.space.hair
                inset = thick / 2
                SmoothLine(
                    rounded_rectangle=(
                        inset,
                        inset,
                        self.width - thick,
                        self.height - thick,
                        corner,
                    ),
                    width=thick / 2,
                    overdraw_width=1,
                )

    def _move(self, *_: object) -> None:
        self._moved.xy = self.pos

    def to_parent(self, x: float, y: float, **_: object) -> tuple[float, float]:  # noqa: D102 (Kivy's)
        return x + self.x, y + self.y

    def to_local(self, x: float, y: float, **_: object) -> tuple[float, float]:  # noqa: D102 (Kivy's)
        return x - self.x, y - self.y

    def on_touch_down(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        with _inside(self, touch):
            return super().on_touch_down(touch)

    def on_touch_move(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        with _inside(self, touch):
            return super().on_touch_move(touch)

    def on_touch_up(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        with _inside(self, touch):
            return super().on_touch_up(touch)

    def put(self, child: Widget, left: float, top: float) -> None:
        """Adds a child, its upper left corner so far from this one's."""
        child.pos = (round(left), round(self.height - top - child.height))
        self.add_widget(child)

    def put_centred(self, child: Widget) -> None:
        """Adds a child in the middle."""
        self.put(child, (self.width - child.width) / 2, (self.height - child.height) / 2)

    def paint(self, *, fill: Colour | None = None, edge: Colour | None = None) -> None:
        """Changes the colours of what has them."""
        if fill and self._fill_colour:
            self._fill_colour.rgba = fill
        if edge and self._edge_colour:
            self._edge_colour.rgba = edge


@contextmanager
def _inside(box: Box, touch: Any) -> Iterator[None]:
    """The touch as the children of a box count."""
    touch.push()
    touch.apply_transform_2d(box.to_local)
    try:
        yield
    finally:
        touch.pop()


def stack(width: float, children: Sequence[Widget | int], gap: float = 0) -> Box:
    """Children one below the other, as high as they need; a number is a distance in place of the gap."""
    tops: list[tuple[Widget, float]] = []
    top = 0.0
    between = 0.0
    for child in children:
        if isinstance(child, int):
            between = child
            continue
        if tops:
            top += between
        tops.append((child, top))
        top += child.height
        between = gap
    box = Box(width, top)
    for child, at in tops:
        box.put(child, 0, at)
    return box


def line_up(children: Sequence[Widget], gap: float = 0) -> Box:
    """Children side by side, each in the middle of the highest one's height."""
    height = max((child.height for child in children), default=0)
    width = sum(child.width for child in children) + gap * max(0, len(children) - 1)
    box = Box(width, height)
    left = 0.0
    for child in children:
        box.put(child, left, (height - child.height) / 2)
        left += child.width + gap
    return box


def framed(child: Widget, padding: float, *, fill: Colour, edge: Colour | None = None) -> Box:
    """A child on a ground of its own."""
    box = Box(child.width + 2 * padding, child.height + 2 * padding, fill=fill, edge=edge)
    box.put(child, padding, padding)
    return box
