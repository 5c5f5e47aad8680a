"""One note, which is what tones are made of."""

from __future__ import annotations

import math
from array import array

RATE = 22_050
"""Samples a second."""
FADE_SECONDS = 0.015
"""In and out, so that nothing clicks."""


def note(hertz: float, seconds: float, peak: float) -> array[int]:
    """A sine, 16 bit, one channel. peak: of 32767."""
    count, fade = round(RATE * seconds), round(RATE * FADE_SECONDS)
    return array(
        "h",
        (
            round(peak * min(at, count - 1 - at, fade) / fade * math.sin(2 * math.pi * hertz * at / RATE))
            for at in range(count)
        ),
    )
