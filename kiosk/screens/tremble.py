"""A finger that trembles touches twice where it meant to touch once. Pure."""

from __future__ import annotations

from math import hypot

BOUNCE = 0.05
"""Seconds after a finger left in which a touch at the same place is the same finger, trembling."""
SAME_PLACE = 20
"""Pixels from a touch to another that is at the same place."""


class Tremble:
    """Where and when a finger left, and whether the next touch is one of its own.

    Touches are told late, after what takes the display's time: a finger that left may have done so up to a
    frame earlier than is told. Whoever touches a key twice is never taken for one who trembles, as long as
    there are BOUNCE seconds between.
    """

    def __init__(self) -> None:
        self._left = (float("-inf"), 0.0, 0.0)

    def left(self, x: float, y: float, now: float, late: float) -> None:
        """The finger left, at most `late` seconds before."""
        self._left = (now - late, x, y)

    def again(self, x: float, y: float, now: float) -> bool:
        """Whether a touch there is the finger that has just left."""
        since, before_x, before_y = self._left
        return now - since < BOUNCE and hypot(x - before_x, y - before_y) < SAME_PLACE
