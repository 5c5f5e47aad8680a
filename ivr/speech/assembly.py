"""Which recordings a text is put together from: stretches of its own, words, and texts always the same.

All or nothing: a sentence in which one word is not recorded is said by the engine, so that no sentence
changes its voice.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from foundation.language import Language
from ivr.line import Utterance
from ivr.script import Clip, Kind, clips
from speech.spoken.vocabulary import words

LONGEST_LABEL = 40
"""Characters of a fixed text that may fill a place, such as the name of a choice."""
PAUSES = {"sentence": 0.3, "clause": 0.12}
"""Seconds of silence for a mark between two recordings; each brings its own soft ends besides."""
_MARKS = re.compile(r"[^\w'’]*")


class Piece(NamedTuple):
    """A recording by its name, the text that it is of, and the silence after it in seconds."""

    name: str
    text: str
    pause: float


class Assembly:
    """Puts texts of one language together."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def pieces(self, utterance: Utterance) -> tuple[Piece, ...]:
        """What is heard one after another; empty where something in the text has no clip."""
        if utterance.fixed:
            return (Piece(utterance.name, utterance.text, 0.0),)
        text, found = utterance.text, []
        position = _marks(text, 0)
        own = self._stretches.get(utterance.name, {})
        while position < len(text):
            clip, end = self._longest(text, position, own)
            if clip is None:
                return ()
            position = _marks(text, end)
            if end == position < len(text) and self._language is Language.EN:
                return ()  # in the middle of a word
            found.append(Piece(clip.name, clip.text, _pause(text[end:position])))
        return tuple(found)

    def _longest(self, text: str, position: int, own: dict[str, Clip]) -> tuple[Clip | None, int]:
        """The clip of the longest stretch or words that the text goes on with, and where they end."""
        for said, stretch in own.items():
            if text.startswith(said, position):
                return stretch, position + len(said)
        for length in range(min(self._reach, len(text) - position), 0, -1):
            clip = self._words.get(text[position : position + length])
            if clip is not None:
                return clip, position + length
        return None, position

    @cached_property
    def _whole(self) -> dict[str, Clip]:
        return {clip.name: clip for clip in clips(self._language) if clip.kind is Kind.WHOLE}

    @cached_property
    def _stretches(self) -> dict[str, dict[str, Clip]]:
        """By the name of the text, by what is said, the longest first."""
        found: dict[str, dict[str, Clip]] = {}
        own = [clip for clip in clips(self._language) if clip.kind is Kind.STRETCH]
        for clip in sorted(own, key=lambda clip: -len(clip.text)):
            found.setdefault(clip.name.rpartition("-")[0], {}).setdefault(_bare(clip.text), clip)
        return found

    @cached_property
    def _words(self) -> dict[str, Clip]:
        by_name = {clip.name: clip for clip in clips(self._language)}
        labels = {_bare(clip.text): clip for clip in self._whole.values() if len(clip.text) <= LONGEST_LABEL}
        return labels | {word: by_name[name] for word, name in words(self._language)}

    @cached_property
    def _reach(self) -> int:
        return max(map(len, self._words))


def _bare(text: str) -> str:
    """Without the marks at both ends."""
    return re.sub(r"^[^\w'’]+|[^\w'’]+$", "", text)


def _marks(text: str, start: int) -> int:
    """Where the marks and spaces that begin there end."""
    found = _MARKS.match(text, start)
    return found.end() if found else start


def _pause(mark: str) -> float:
    if re.search("[。！？；.!?;]", mark):
        return PAUSES["sentence"]
    return PAUSES["clause"] if mark.strip(" -") else 0.0
