"""Where the finger came down, and where it went between two frames.

Kivy tells a widget one position a frame, the last: after a slow frame a touch would begin where the finger is
by now, and a quick stroke of a character become a straight line. With this provider a touch begins where it
began, and every position since is there to be read. Importing it registers it.
"""

from __future__ import annotations

from typing import Any

from kivy.base import EventLoop
from kivy.input.factory import MotionEventFactory
from kivy.input.motionevent import MotionEvent
from kivy.input.providers.mouse import MouseMotionEventProvider

NAME = "finger"
"""Of the provider, for Kivy's configuration."""
_TRAIL = "huimin.trail"
MAX_POSITIONS = 4000
"""Of one touch that are kept: more than half a minute on a panel that tells 120 a second."""


class FingerProvider(MouseMotionEventProvider):  # type: ignore[misc]  # Kivy has no types
    """The window's pointer, which is what a touch panel is to SDL."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._untold: list[MotionEvent] = []
        """Touches that no widget knows of yet."""

    def create_touch(self, win: Any, nx: float, ny: float, *more: Any) -> Any:  # noqa: D102 (Kivy's)
        touch = super().create_touch(win, nx, ny, *more)
        touch.ud[_TRAIL] = [(nx, ny)]
        self._untold.append(touch)
        return touch

    def on_mouse_motion(self, win: Any, x: float, y: float, modifiers: Any) -> None:  # noqa: D102 (Kivy's)
        touch = self.current_drag
        if touch and len(touch.ud[_TRAIL]) < MAX_POSITIONS:
            nx, ny = win.to_normalized_pos(x, y)
            touch.ud[_TRAIL].append((nx, 1.0 - ny))
        if touch not in self._untold:
            super().on_mouse_motion(win, x, y, modifiers)

    def on_mouse_release(self, win: Any, *more: Any) -> None:  # noqa: D102 (Kivy's)
        if self.current_drag and self.current_drag not in self._untold:
            self.current_drag.move(self.current_drag.ud[_TRAIL][-1])
        super().on_mouse_release(win, *more)

    def update(self, dispatch_fn: Any) -> None:
        """Asks the window once more: else what came while the loop slept waits until it has slept again."""
        EventLoop.window.mainloop()
        super().update(dispatch_fn)
        self._untold.clear()


def trail(touch: MotionEvent) -> list[tuple[float, float]]:
    """Every position since the finger came down, in parts of the window's width and height, y up."""
    found: list[tuple[float, float]] = touch.ud.get(_TRAIL, [(touch.sx, touch.sy)])
    return found


MotionEventFactory.register(NAME, FingerProvider)
