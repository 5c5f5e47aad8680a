"""Which services a search is about. Pure: the catalogue is short, and lies here already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from backend_client.catalog import Service
from kiosk.input.words import Words

MOST = 3
"""Services that are told of, the likeliest first: policies have to have room on the first sheet."""
_NOT = 9
_LEAST_LETTERS = 2
"""Letters from which pinyin and initials are looked for: one letter is in every title."""


def services_found(query: str, services: Sequence[Service], words: Words) -> tuple[Service, ...]:
    """Services whose title holds the query: in Chinese, English, pinyin or initials; then whose summary does.

    words: for how titles are read.
    """
    typed = unicodedata.normalize("NFKC", query).strip().lower()
    if not typed:
        return ()
    graded = [(_grade(typed, service, words), service) for service in services]
    found = sorted((one for one in graded if one[0] < _NOT), key=lambda one: one[0])
    return tuple(service for _, service in found[:MOST])


def _grade(typed: str, service: Service, words: Words) -> int:
    """How surely it is meant, 0 being the surest; _NOT where it is not."""
    if not typed.isascii():
        if typed in service.title.zh_cn:
            return 0
        return 4 if len(typed) > 1 and typed in service.summary.zh_cn else _NOT
    if _worded(typed, service.title.en):
        return 1
    letters = re.sub(r"[^a-z]", "", typed)
    if len(letters) >= _LEAST_LETTERS:
        syllables = words.syllables(service.title.zh_cn)
        if _sounded(letters, syllables):
            return 2
        if letters in "".join(syllable[0] for syllable in syllables):
            return 3
    return 4 if _worded(typed, service.summary.en) else _NOT


def _worded(typed: str, text: str) -> bool:
    """Whether each word of the query begins a word of the text."""
    there = re.findall(r"[a-z0-9]+", text.lower())
    asked = re.findall(r"[a-z0-9]+", typed)
    return bool(asked) and all(any(word.startswith(one) for word in there) for one in asked)


def _sounded(letters: str, syllables: Sequence[str]) -> bool:
    """Whether the letters are syllables in a row, the last of them maybe begun only."""
    whole = "".join(syllables)
    begins = (0, *accumulate(map(len, syllables)))
    return any(whole.startswith(letters, at) for at in begins)
