"""A field to write one character in with a finger."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Any

from kivy.core.window import Window
from kivy.graphics import Color, InstructionGroup, Line, SmoothEllipse, SmoothLine

from kiosk.input.finger import trail
from kiosk.input.strokes import Stroke, rounded
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.inspectable import Inspectable

INK = 0.09
"""Width of the ink in least touch targets: 1.8 mm, that of a broad pen."""
NEAR = 0.02
"""Distance in least touch targets below which a finger has not moved."""
MAX_POINTS = 600
"""Points of one stroke; a finger that goes on and on draws no further."""


class WritingField(Inspectable, Box):
    """Shows ink where the finger goes, and tells when a stroke begins and when it is finished.

    A stroke that was begun here may leave the field; the ink ends at its edge.
    """

    def __init__(
        self,
        width: float,
        height: float,
        *,
        name: str,
        text: str,
        begun: Callable[[], None],
        finished: Callable[[], None],
    ) -> None:
        """name, text: for `Inspectable`."""
        c, space = theme.colour, theme.space
        super().__init__(
            width=width,
            height=height,
            fill=c.surface,
            edge=c.edge,
            edge_width=space.hair,
            inspect_id=f"keyboard.{name}",
            inspect_role="field",
            inspect_text=text,
        )
        self._begun = begun
        self._finished = finished
        self._thick = theme.touch * INK
        self._near = theme.touch * NEAR
        self._seen = 0
        self._strokes: list[Stroke] = []
        self._drawn: list[InstructionGroup] = []
        self._finger: list[tuple[float, float]] = []
        self._draw_cross()

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """What was written, in pixels, y down from the upper edge."""
        return tuple(self._strokes)

    def undo(self) -> None:
        """Takes the last stroke away."""
        if self._strokes:
            self._strokes.pop()
            self.canvas.remove(self._drawn.pop())

    def clear(self) -> None:
        """Takes all strokes away."""
        while self._strokes:
            self.undo()

    def _draw_cross(self) -> None:
        """The middle of the field, as in an exercise book (田字格)."""
        width, height = self.size
        with self.canvas:
            Color(*theme.colour.line)
            for points in ([width / 2, 0, width / 2, height], [0, height / 2, width, height / 2]):
                Line(points=points, width=theme.space.hair / 2, dash_length=10, dash_offset=10)

    # The finger. Touches count in the parent's pixels, ink in its own, y up.

    def on_touch_down(self, touch: Any) -> bool:  # noqa: D102 (Kivy's)
        if not self.collide_point(*touch.pos) or self._finger:
            return False
        touch.grab(self)
        self._begun()
        self._seen = 0
        self._pen = InstructionGroup()
        self.canvas.add(self._pen)
        self._follow(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:  # noqa: D102 (Kivy's)
        if touch.grab_current is not self:
            return False
        self._follow(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:  # noqa: D102 (Kivy's)
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._follow(touch)
        self._strokes.append(tuple((x, self.height - y) for x, y in self._finger))
        self._drawn.append(self._pen)
        self._finger = []
        self._finished()
        return True

    def _follow(self, touch: Any) -> None:
        """Takes the positions that are new."""
        positions = trail(touch)
        for across, up in positions[self._seen :]:
            x, y = self._inside(*self.to_widget(across * Window.width, up * Window.height))
            moved = not self._finger or hypot(x - self._finger[-1][0], y - self._finger[-1][1]) >= self._near
            if moved and len(self._finger) < MAX_POINTS:
                self._finger.append((x, y))
        self._seen = len(positions)
        self._draw()

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        half = self._thick / 2
        return min(max(x, half), self.width - half), min(max(y, half), self.height - half)

    def _draw(self) -> None:
        """The stroke under the finger: a line with round ends."""
        points = rounded(self._finger)
        self._pen.clear()
        self._pen.add(Color(*theme.colour.ink))
        for x, y in (points[0], points[-1]):
            half = self._thick / 2
            self._pen.add(SmoothEllipse(pos=(x - half, y - half), size=(self._thick, self._thick)))
        if len(points) > 1:
            flat = [side for point in points for side in point]
            self._pen.add(SmoothLine(points=flat, width=self._thick / 2, overdraw_width=1.2))
