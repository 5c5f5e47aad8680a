"""Where a phrase stands in a text as it is written, however the phrase was typed.

A phrase becomes a regular expression over the folded text, made once and kept: English words by their
beginning, whose stems are compared after, and each syllable of pinyin as the characters that can be read so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import characters, sounds
from backend.search.units import RunKind, runs, stem

Range = tuple[int, int]
"""Half-open, in code points."""

_WORD = r"[a-z]*(?:['\u2019]s\b)?"
_GOES_ON = re.compile("[a-z0-9]")
_BETWEEN = r"[^a-z0-9]+"


Finder = Callable[[str], Iterable[Range]]
"""Finds something in a folded text."""


def finder(phrase: Phrase) -> Finder:
    """Finds where a phrase stands. Initials stand nowhere."""
    match phrase.spelling:
        case Spelling.HAN:
            return partial(_written, "".join(phrase.units))
        case Spelling.WORDS:
            return partial(_worded, phrase, _words(phrase))
        case Spelling.SOUND if len(phrase.units) == 1 and not phrase.begun:
            return partial(_syllable, phrase.units[0])
        case Spelling.SOUND:
            return partial(_matched, _heard(phrase))
    return partial(_written, "\0")


def _written(han: str, folded: str) -> Iterable[Range]:
    start = folded.find(han)
    if start < 0:
        return ()
    found = []
    while start >= 0:
        found.append((start, start + len(han)))
        start = folded.find(han, start + len(han))
    return found


def _matched(pattern: re.Pattern[str], folded: str) -> Iterable[Range]:
    return () if folded.isascii() else [found.span() for found in pattern.finditer(folded)]


def _worded(phrase: Phrase, pattern: re.Pattern[str], folded: str) -> Iterable[Range]:
    return [
        found.span()
        for found in pattern.finditer(folded)
        if not (found.start() and _GOES_ON.match(folded, found.start() - 1))
        and (phrase.begun or tuple(map(_unit, found.groups())) == phrase.units)
    ]


def _unit(word: str) -> str:
    return word if word.isdigit() else stem(word)


@lru_cache(4096)
def _words(phrase: Phrase) -> re.Pattern[str]:
    """Words that may have these stems, which begin like their words but for the last letter.

    It begins with letters, not with what has to be before them: those are found faster.
    """
    if phrase.begun:
        return re.compile(rf"({re.escape(phrase.units[0])}{_WORD})")
    words = [
        rf"({re.escape(unit)}(?![0-9]))"
        if unit.isdigit()
        else rf"({re.escape(unit[: len(unit) - 1 if len(unit) > 3 else 1])}{_WORD})"
        for unit in phrase.units
    ]
    return re.compile(_BETWEEN.join(words))


@lru_cache(4096)
def _heard(phrase: Phrase) -> re.Pattern[str]:
    """Characters side by side that can be read so."""
    *whole, last = phrase.units
    parts = [*(characters(unit) for unit in whole), characters(last, begun=phrase.begun)]
    return re.compile("".join(f"[{part}]" if part else "(?!)" for part in parts))


def _syllable(syllable: str, folded: str) -> Iterator[Range]:
    """A single character is meant only where its word is read so."""
    for run in runs(folded):
        if run.kind is RunKind.HAN:
            for place, sound in enumerate(sounds(run.text)):
                if sound == syllable:
                    yield run.start + place, run.start + place + 1
