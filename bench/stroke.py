"""From a finished stroke to its candidates: in the recogniser, and from the end of a touch to the frame.

Each character is written as the school teaches it and compared after each of its strokes, as on the screen.
The recogniser must answer 95 of 100 strokes within 50 ms; how many characters it recognises is told, too.
The frame depends on what else the machine does.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from bench.pinyin_key import said
from kiosk.input.handwriting import Handwriting
from kiosk.input.recogniser import Recogniser
from kiosk.input.words import Words
from tests.kiosk_input.hand import Hand
from tests.kiosk_input.written import strokes

WRITTEN = 12
"""Characters written on the screen; the recogniser alone takes all."""


def recogniser(handwriting: Handwriting) -> list[float]:
    """Seconds of each stroke in the recogniser."""
    taken = []
    for how in strokes().values():
        for number in range(1, len(how) + 1):
            began = time.perf_counter()
            handwriting.candidates(how[:number])
            taken.append(time.perf_counter() - began)
    return taken


def rate(handwriting: Handwriting) -> str:
    """How many of the characters are the first candidate, and among the first eight and all."""
    offered = {character: handwriting.candidates(how) for character, how in strokes().items()}
    first = sum(found[:1] == (character,) for character, found in offered.items())
    eight = sum(character in found[:8] for character, found in offered.items())
    somewhere = sum(character in found for character, found in offered.items())
    return f"of {len(offered)} characters: first {first}, among eight {eight}, among all {somewhere}"


def screen(size: tuple[int, int]) -> list[float]:
    """Seconds from the end of each stroke to the frame that shows what it led to."""
    with tempfile.TemporaryDirectory() as home, Hand(size, Path(home)) as hand:
        before = len(hand.show("handwriting")["took"])
        for number, how in enumerate(list(strokes().values())[:WRITTEN]):
            for stroke in how:
                hand.write(("left", "right")[number % 2], [stroke])
        taken: list[float] = hand.state()["took"][before:]
        return taken


def main() -> int:
    """Measures. 1 where it takes too long."""
    began = time.perf_counter()
    handwriting = Handwriting(Recogniser(), Words.read())
    print(f"model and words were ready after {time.perf_counter() - began:.2f} s")
    print(rate(handwriting))
    fine = said("recogniser", recogniser(handwriting), "strokes")
    for size in ((1080, 1920), (1280, 1024), (1920, 1080)):
        said(f"screen {size[0]}x{size[1]}", screen(size), "strokes")
    print(f"load while measuring: {os.getloadavg()[0]:.1f}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
