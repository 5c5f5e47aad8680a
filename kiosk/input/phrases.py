"""What usually follows a character that was written: words of the pinyin dictionary, by how usual they are.

Read once at the start: 48,000 words in a tenth of a second. Nothing that is written is learnt.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from heapq import nlargest
from pathlib import Path

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


class Phrases:
    """Words by what they begin with, and characters by how usual they are."""

    def __init__(self, words: Iterable[tuple[str, int]]) -> None:
        """words: words and single characters, each with how usual it is, more being more."""
        usual: dict[str, int] = {}
        for word, weight in words:
            if len(word) <= LONGEST:
                usual[word] = max(weight, usual.get(word, 0))
        self._usual = usual
        self._sorted = sorted(word for word in usual if len(word) > 1)

    @classmethod
    def read(cls, shared_data: Path = librime.SHARED_DATA) -> Phrases:
        """Of the dictionary and of the county. Raises DictionaryMissing."""
        county = ((word, weight + _COUNTY_WEIGHT) for word, weight in _entries(COUNTY))
        return cls([*_entries(shared_data / WORDS), *county])

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


def _entries(file: Path) -> Iterator[tuple[str, int]]:
    """Lines of a rime dictionary, ``word<TAB>pinyin<TAB>weight``; others are its head and its comments."""
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                word, _, rest = line.rstrip("\n").partition("\t")
                weight = rest.rpartition("\t")[2]
                if weight.isdecimal():
                    yield word, int(weight)
    except (OSError, UnicodeDecodeError) as error:
        raise DictionaryMissing(
            f"{file} cannot be read ({type(error).__name__}): install the word lists "
            "(on Debian: apt install rime-data-pinyin-simp)"
        ) from None
