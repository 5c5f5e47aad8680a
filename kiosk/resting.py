"""While nobody is there the window is asked for touches less often: an idle terminal needs half as much.

A finger stays for longer than it takes to be noticed then, and what it touches acts when it leaves; by that
time the window is asked as often as ever.
"""

from __future__ import annotations

from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.visit.visit import Visit
from kiosk.window import AWAKE

RESTING = 20
"""Times a second, in place of AWAKE."""
LOOK_SECONDS = 5.0
"""Between two looks whether somebody is there. A touch counts at once."""


class Resting:
    """Owns how often the window is asked, from `begin` to `end`."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def begin(self) -> None:
        """Once the first page is shown."""
        Window.bind(on_touch_down=self._touched)
        self._looking = Clock.schedule_interval(self._look, LOOK_SECONDS)

    def end(self) -> None:
        """As often as ever."""
        Window.unbind(on_touch_down=self._touched)
        self._looking.cancel()
        _ask(AWAKE)

    def _touched(self, *_: object) -> None:
        _ask(AWAKE)

    def _look(self, _: float) -> None:
        _ask(AWAKE if self._visit.under_way else RESTING)


def _ask(times: int) -> None:
    Clock._max_fps = times  # Kivy reads it before each frame, and has no public name for it
