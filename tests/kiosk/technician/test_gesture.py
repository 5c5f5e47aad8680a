"""The hidden gesture: two corners in order, each held; nothing else."""

from __future__ import annotations

import pytest

from kiosk.technician.gesture import BETWEEN_SECONDS, HOLD_SECONDS, LONGEST_SECONDS, CornerHolds

WIDTH, HEIGHT = 1080, 1920
FIRST, SECOND, ELSEWHERE = (20, 30), (1060, 1900), (540, 900)
Hold = tuple[tuple[float, float], float, float]
"""Where, for how long, and how long after the one before."""


def done(*holds: Hold) -> bool:
    gesture, now, last = CornerHolds(), 100.0, False
    for (x, y), seconds, after in holds:
        now += after
        gesture.down(x, y, WIDTH, HEIGHT, now)
        now += seconds
        last = gesture.up(x, y, WIDTH, HEIGHT, now)
    return last


def test_two_corners_in_order() -> None:
    assert done((FIRST, HOLD_SECONDS, 0), (SECOND, HOLD_SECONDS, 1))
    assert done((FIRST, 5, 0), (SECOND, 5, BETWEEN_SECONDS))


@pytest.mark.parametrize(
    "holds",
    [
        ((FIRST, HOLD_SECONDS, 0),),
        ((SECOND, HOLD_SECONDS, 0),),
        ((SECOND, HOLD_SECONDS, 0), (FIRST, HOLD_SECONDS, 1)),
        ((FIRST, 0.5, 0), (SECOND, HOLD_SECONDS, 1)),
        ((FIRST, HOLD_SECONDS, 0), (SECOND, 0.5, 1)),
        ((FIRST, HOLD_SECONDS, 0), (SECOND, HOLD_SECONDS, BETWEEN_SECONDS + 1)),
        ((FIRST, HOLD_SECONDS, 0), (ELSEWHERE, 0.1, 1), (SECOND, HOLD_SECONDS, 1)),
        ((FIRST, LONGEST_SECONDS + 1, 0), (SECOND, HOLD_SECONDS, 1)),
        ((FIRST, HOLD_SECONDS, 0), (SECOND, HOLD_SECONDS, 1), (SECOND, HOLD_SECONDS, 1)),
        ((ELSEWHERE, HOLD_SECONDS, 0), (SECOND, HOLD_SECONDS, 1)),
    ],
)
def test_nothing_less_does(holds: tuple[Hold, ...]) -> None:
    assert not done(*holds)


def test_a_finger_that_slides_out_of_the_corner_was_none() -> None:
    gesture = CornerHolds()
    gesture.down(*FIRST, WIDTH, HEIGHT, 0)
    assert not gesture.up(*ELSEWHERE, WIDTH, HEIGHT, 3)
    gesture.down(*SECOND, WIDTH, HEIGHT, 4)
    assert not gesture.up(*SECOND, WIDTH, HEIGHT, 7)


def test_a_touch_that_ends_without_having_begun_is_nothing() -> None:
    assert not CornerHolds().up(*SECOND, WIDTH, HEIGHT, 5)
