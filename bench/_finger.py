"""A finger on a display, from outside the process that shows it: XTEST, through the X libraries themselves.

Starting xdotool takes longer than what is measured here, and it does not say when the finger left.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence

HELD = 0.06
"""Seconds for which a finger stays, and the time that the pressed look of a control needs to be drawn."""
POINTS = 0.006
"""Seconds between two points of a stroke: 160 a second, as touch panels tell them."""


class Finger:
    """Touches one display. close: ends the connection to it."""

    def __init__(self, display: str) -> None:
        self._x, self._xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))
        if not self._display:
            raise RuntimeError(f"no display {display}")

    def close(self) -> None:
        """No more touches."""
        self._x.XCloseDisplay(self._display)

    def down(self, x: int, y: int) -> None:
        """The finger comes."""
        self.move(x, y)
        self._press(pressed=True)

    def move(self, x: int, y: int) -> None:
        """The finger goes there."""
        self._xtst.XTestFakeMotionEvent(self._display, -1, int(x), int(y), ctypes.c_ulong(0))
        self._x.XSync(self._display, 0)

    def up(self) -> float:
        """The finger leaves; when, on the performance counter."""
        self._press(pressed=False)
        return time.perf_counter()

    def stroke(self, points: Sequence[tuple[float, float]]) -> None:
        """A line, with the finger still down at its end."""
        for number, (x, y) in enumerate(points):
            if number == 0:
                self.down(round(x), round(y))
            else:
                self.move(round(x), round(y))
            time.sleep(POINTS)

    def _press(self, *, pressed: bool) -> None:
        self._xtst.XTestFakeButtonEvent(self._display, 1, int(pressed), ctypes.c_ulong(0))
        self._x.XSync(self._display, 0)
