"""The hidden gesture: hold the upper left corner, then the lower right one. Pure.

Nobody does it by chance: each corner is held for seconds, in this order, with one finger and nothing touched
between.
"""

from __future__ import annotations

CORNER = 0.09
"""Side of a corner's square, in shorter sides of the window."""
HOLD_SECONDS = 2.0
"""A corner is held for at least so long,"""
LONGEST_SECONDS = 12.0
"""and at most: something that leans on the screen is no finger."""
BETWEEN_SECONDS = 6.0
"""From the first corner to the second."""


class CornerHolds:
    """Is told of every touch, and tells when the gesture is complete."""

    def __init__(self) -> None:
        self._held_at: float | None = None
        self._down: tuple[str, float] | None = None

    def down(self, x: float, y: float, width: float, height: float, now: float) -> None:
        """A finger came. x, y: from the left and from the top, in the unit of width and height; now: seconds
        of a clock that never goes back."""
        corner = _corner(x, y, width, height)
        first = self._held_at is not None and now - self._held_at <= BETWEEN_SECONDS
        if corner == "first" or (corner == "second" and first):
            self._down = corner, now
        else:
            self._down = self._held_at = None

    def up(self, x: float, y: float, width: float, height: float, now: float) -> bool:
        """The finger left; whether that was the end of the gesture."""
        if self._down is None:
            return False
        corner, since = self._down
        self._down = None
        held = HOLD_SECONDS <= now - since <= LONGEST_SECONDS and _corner(x, y, width, height) == corner
        complete = held and corner == "second"
        self._held_at = now if held and corner == "first" else None
        return complete


def _corner(x: float, y: float, width: float, height: float) -> str:
    side = CORNER * min(width, height)
    if x <= side and y <= side:
        return "first"
    return "second" if x >= width - side and y >= height - side else ""
