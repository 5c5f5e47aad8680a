"""Which characters to offer for what was written: what it looks like, and what is usual there."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

from kiosk.input.recogniser import Recogniser
from kiosk.input.strokes import Stroke
from kiosk.input.words import Words

OFFERED = 16
"""Candidates for one character."""
_USUAL = 0.05
"""What each power of e of a character's frequency counts, in the recogniser's scores: more of it would keep
rare characters of names from being found."""
_FOLLOWS = 0.4
"""What it counts that a character goes on with a word that is begun."""


class Handwriting:
    """What writing by finger needs: the recogniser, and the words it is weighed by."""

    def __init__(self, recogniser: Recogniser, words: Words) -> None:
        self._recogniser = recogniser
        self._words = words

    def candidates(self, strokes: Sequence[Stroke], before: str = "") -> tuple[str, ...]:
        """What these strokes may be, the likeliest first. before: what was written before them."""
        alike = self._recogniser.alike(strokes)

        def likely(character: str) -> float:
            follows = _FOLLOWS * self._words.goes_on(before, character)
            return alike[character] + _USUAL * log1p(self._words.usual(character)) + follows

        return tuple(sorted(alike, key=likely, reverse=True)[:OFFERED])

    def following(self, before: str) -> tuple[str, ...]:
        """What usually follows what was written."""
        return self._words.after(before)
