"""Touches put where the finger was: the calibration, applied to every touch before anything sees it."""

from __future__ import annotations

from typing import Any

from kivy.base import EventLoop

from kiosk.technician.calibration import Point, applied
from kiosk.technician.own_settings import Matrix

FELT = "huimin.felt"
"""Where a touch carries the place at which the screen felt it."""


class TouchCorrection:
    """One of Kivy's modules for touches. Kivy counts upwards; a matrix, downwards."""

    def __init__(self) -> None:
        self._matrix: Matrix | None = None

    def use(self, matrix: Matrix | None) -> None:
        """From the next touch on; None: touches count as they are felt."""
        self._matrix = matrix

    def process(self, events: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Moves the touches."""
        for _, touch in events:
            # The same touch may come twice, and at its end where it was moved to before.
            if touch.is_touch and (touch.sx, touch.sy) != touch.ud.get(FELT, ((), None))[1]:
                self._move(touch)
        return events

    def _move(self, touch: Any) -> None:
        felt = (float(touch.sx), 1.0 - float(touch.sy))
        if self._matrix is not None:
            x, y = applied(self._matrix, felt)
            touch.sx, touch.sy = min(max(x, 0.0), 1.0), min(max(1.0 - y, 0.0), 1.0)
        touch.ud[FELT] = felt, (touch.sx, touch.sy)


def felt(touch: Any) -> Point:
    """Where the screen felt a touch, from the upper left corner."""
    place: Point = touch.ud[FELT][0]
    return place


correction = TouchCorrection()
"""One for the process, as Kivy has one loop of events."""


def correct_touches() -> None:
    """Has every touch go through it, once."""
    if correction not in EventLoop.postproc_modules:
        EventLoop.add_postproc_module(correction)
