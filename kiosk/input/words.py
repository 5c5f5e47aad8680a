"""The words of the pinyin dictionary: what usually follows a character, how usual it is, how it is read.

Read once at the start: 65,000 entries in a tenth of a second. Nothing that is written is learnt.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from kiosk.input import librime
from kiosk.input.errors import DictionaryMissing

WORDS = "pinyin_simp.dict.yaml"
"""Words of common simplified Chinese with their frequency (Debian's rime-data-pinyin-simp)."""
COUNTY = Path(__file__).parent / "schema" / "huimin_pinyin.dict.yaml"
"""Words of a county's counter, which come before others."""
OFFERED = 10
"""Phrases that are offered at once."""
LONGEST = 6
"""Characters of the longest word that counts."""
_BEFORE = 3
"""Characters before the caret that are looked at."""
_COUNTY_WEIGHT = 1_000_000


class Entry(NamedTuple):
    """A word or a character, its syllables with spaces between them, and how usual it is, more being more."""

    word: str
    sound: str
    weight: int


class Words:
    """Words by what they begin with, and by how they are read."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        usual: dict[str, int] = {}
        sounds: dict[str, str] = {}
        for word, sound, weight in entries:
            if len(word) <= LONGEST and weight >= usual.get(word, 0):
                usual[word], sounds[word] = weight, sound
        self._usual = usual
        self._sounds = sounds
        self._sorted = sorted(word for word in usual if len(word) > 1)

    @classmethod
    def read(cls, shared_data: Path = librime.SHARED_DATA) -> Words:
        """Of the dictionary and of the county. Raises DictionaryMissing."""
        county = (entry._replace(weight=entry.weight + _COUNTY_WEIGHT) for entry in _entries(COUNTY))
        return cls([*_entries(shared_data / WORDS), *county])

    # What follows.

    def after(self, text: str) -> tuple[str, ...]:
        """What may follow this text, the likeliest first: what completes more of it comes before."""
        found: dict[str, None] = {}
        for length in range(min(_BEFORE, len(text)), 0, -1):
            begun = text[-length:]
            words = nlargest(OFFERED, self._beginning(begun), key=self._usual.__getitem__)
            found.update(dict.fromkeys(word[length:] for word in words))
        return tuple(found)[:OFFERED]

    def usual(self, word: str) -> int:
        """How usual a word or a character is; 0 where it is not known."""
        return self._usual.get(word, 0)

    def goes_on(self, text: str, character: str) -> bool:
        """Whether a word that this text ends with the beginning of goes on with that character."""
        for length in range(1, min(_BEFORE, len(text)) + 1):
            begun = text[-length:] + character
            at = bisect_left(self._sorted, begun)
            if at < len(self._sorted) and self._sorted[at].startswith(begun):
                return True
        return False

    def _beginning(self, begun: str) -> Iterator[str]:
        """Words that begin so and go on."""
        for at in range(bisect_left(self._sorted, begun), len(self._sorted)):
            word = self._sorted[at]
            if not word.startswith(begun):
                return
            if word != begun:
                yield word

    # How it is read.

    def syllables(self, text: str) -> list[str]:
        """The syllables of Chinese, by words where it has them (chong qing, not zhong qing).

        A row of letters and digits is one; what is none of these is left out.
        """
        read: list[str] = []
        at = 0
        while at < len(text):
            end = next(
                (end for end in range(min(len(text), at + LONGEST), at, -1) if text[at:end] in self._sounds),
                None,
            )
            if end is not None:
                read += self._sounds[text[at:end]].split()
                at = end
                continue
            end = at
            while end < len(text) and text[end].isascii() and text[end].isalnum():
                end += 1
            if end > at:
                read.append(text[at:end].lower())
            at = max(end, at + 1)
        return read

    def initial(self, text: str) -> str:
        """The letter A to Z, or the digit, that a text is looked up under; empty where it has none."""
        first = self.syllables(text[:LONGEST])[:1]
        return first[0][0].upper() if first else ""


def _entries(file: Path) -> Iterator[Entry]:
    """Lines of a rime dictionary, ``word<TAB>pinyin<TAB>weight``; others are its head and its comments."""
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                word, _, rest = line.rstrip("\n").partition("\t")
                sound, _, weight = rest.partition("\t")
                if sound and weight.isdecimal():
                    yield Entry(word, sound, int(weight))
    except (OSError, UnicodeDecodeError) as error:
        raise DictionaryMissing(
            f"{file} cannot be read ({type(error).__name__}): install the word lists "
            "(on Debian: apt install rime-data-pinyin-simp)"
        ) from None
