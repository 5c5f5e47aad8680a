"""Layouts for numbers: the field of a telephone, large, with erasing and finishing at its right."""

from __future__ import annotations

from kiosk.input.keyboards.layout import Act, Cell, Key, Layout, Tone
from kiosk.input.keyboards.letters import BACKSPACE, DONE, keys


def _pad(name: str, corner: Key | None = None) -> Layout:
    """1 to 9, 0 in the middle of the last row, one more key at its left where wanted."""
    digits = [Cell(key, n % 3, n // 3) for n, key in enumerate(keys("123456789"))]
    zero = Cell(keys("0")[0], 1, 3, width=2) if corner else Cell(keys("0")[0], 0, 3, width=3)
    last = [Cell(corner, 0, 3), zero] if corner else [zero]
    side = [Cell(BACKSPACE, 3, 0, height=2), Cell(DONE, 3, 2, height=2)]
    return Layout(name, 4, 4, (*digits, *last, *side))


TO_STEPS = Key("steps", Act.SCRIPT, message="date.steps", tone=Tone.QUIET)
TO_DIGITS = Key("digits", Act.SCRIPT, message="date.digits", tone=Tone.QUIET)
"""The two ways of entering a date."""

DIGITS = _pad("digits")
DATE = _pad("date", TO_STEPS)
IDENTITY = _pad("identity", keys("X")[0])
MONEY = _pad("money", keys(".")[0])
