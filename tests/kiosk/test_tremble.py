"""Which touches are taken for those of a finger that trembles."""

from __future__ import annotations

import pytest

from kiosk.screens.tremble import Tremble


@pytest.mark.parametrize(
    ("late", "after", "away", "same"),
    [
        (0.017, 0.0, 0, True),
        (0.017, 0.017, 5, True),
        (0.017, 0.017, 40, False),
        (0.017, 0.083, 0, False),
        (0.090, 0.025, 0, False),
    ],
    ids=["together", "next frame", "next key", "meant", "meant, and told late"],
)
def test_a_touch_right_after_another_is_one_with_it(
    late: float, after: float, away: float, *, same: bool
) -> None:
    finger = Tremble()
    assert not finger.again(100, 100, 5.0)
    finger.left(100, 100, 5.0, late)
    assert finger.again(100 + away, 100, 5.0 + after) is same
