"""Characters written with a finger, by libzinnia.

Private: nothing that is written is kept; a character lives in the library only while it is being compared.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from kiosk.input import libzinnia
from kiosk.input.errors import ModelMissing
from kiosk.input.strokes import FIELD, Stroke, fitted

MAX_STROKES = 36
"""Strokes of one character: the most of GB 2312 is 30 (爨). More are no character."""
CONSIDERED = 60
"""Characters that are compared further: the right one is among them nine times in ten."""
_LEAST_BYTES = 1 << 20
"""A model smaller than this is no model of Chinese: libzinnia trusts what a file says of itself."""


class Recogniser:
    """libzinnia with a model. `alike` takes some milliseconds.

    shows: whether the terminal's font has a character; others are not offered.
    Raises HandwritingError: RecogniserMissing, ModelMissing.
    """

    def __init__(self, model: Path = libzinnia.MODEL, shows: Callable[[str], bool] = lambda _: True) -> None:
        self._library = libzinnia.load()
        self._shows = shows
        _check(model)
        self._recogniser = self._library.zinnia_recognizer_new()
        self._character = self._library.zinnia_character_new()
        if not self._library.zinnia_recognizer_open(self._recogniser, bytes(model)):
            self.close()
            raise ModelMissing(_advice(model, "is no model of handwriting"))
        self._library.zinnia_character_set_width(self._character, FIELD)
        self._library.zinnia_character_set_height(self._character, FIELD)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the model back. From then on nothing is recognised."""
        if self._recogniser:
            self._library.zinnia_character_destroy(self._character)
            self._library.zinnia_recognizer_destroy(self._recogniser)
            self._recogniser = self._character = None

    def alike(self, strokes: Sequence[Stroke]) -> dict[str, float]:
        """What these strokes are like, the likest first, and how much: the right one has mostly above 0.

        Nothing for no strokes, and for more than MAX_STROKES.
        """
        if not self._recogniser or not 0 < len(strokes) <= MAX_STROKES:
            return {}
        self._library.zinnia_character_clear(self._character)
        for number, stroke in enumerate(fitted(strokes)):
            for x, y in stroke:
                self._library.zinnia_character_add(self._character, number, round(x), round(y))
        found = self._library.zinnia_recognizer_classify(self._recogniser, self._character, CONSIDERED)
        self._library.zinnia_character_clear(self._character)
        if not found:
            return {}
        scores = {
            self._library.zinnia_result_value(found, number).decode(): float(
                self._library.zinnia_result_score(found, number)
            )
            for number in range(self._library.zinnia_result_size(found))
        }
        self._library.zinnia_result_destroy(found)
        return {text: score for text, score in scores.items() if self._shows(text)}


def _check(model: Path) -> None:
    """Reads the file's ends, so that one that cannot be read whole is refused here and not in the library."""
    try:
        with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as seen:
            if len(seen) < _LEAST_BYTES:
                raise ModelMissing(_advice(model, "is too small for a model of handwriting"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is empty"
        raise ModelMissing(_advice(model, f"cannot be read ({reason})")) from None


def _advice(model: Path, what: str) -> str:
    return f"{model} {what}: install it (on Debian: apt install tegaki-zinnia-simplified-chinese)"
