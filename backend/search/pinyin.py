"""How Chinese sounds, and which syllables a string of letters may mean. Without tones; ü is written v."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.seg.mmseg import seg

MAX_LETTERS = 60
MAX_READINGS = 4
"""So many ways to cut one string of letters are followed: ``xian`` has two."""
INITIALS = frozenset("abcdefghjklmnopqrstwxyz")
"""Letters that begin a syllable: no syllable begins with i, u or v."""
_VOWELS = frozenset("aeiouv")
_LEVEL_ONE_AND_TWO = range(0xB0A1, 0xF7FF)
"""The Chinese characters of GB/T 2312, whose readings are all the syllables there are."""


def sounds(chinese: str) -> tuple[str, ...]:
    """One syllable a character, by the word that the character stands in: 银行 is yin hang, 行走 xing zou.

    chinese: Chinese characters only. A character without a known reading gives itself.
    """
    return tuple(syllable for word in seg.cut(chinese) for syllable in _word_sounds(word))


@lru_cache(maxsize=65536)
def _word_sounds(word: str) -> tuple[str, ...]:
    read = lazy_pinyin(word, style=Style.NORMAL)
    return tuple(read) if len(read) == len(word) else tuple(word)


@lru_cache(maxsize=32768)
def readings(character: str) -> frozenset[str]:
    """Every reading of one character, whatever the word; one without a known reading gives itself."""
    toned = PINYIN_DICT.get(ord(character))
    return frozenset(map(_toneless, toned.split(","))) if toned else frozenset(character)


_toneless = cache(to_normal)
"""A syllable without its tone."""


@cache
def syllables() -> frozenset[str]:
    """Every syllable of Mandarin."""
    return frozenset(_characters())


def characters(syllable: str, *, begun: bool = False) -> str:
    """The common characters that can be read so. begun: the syllable may go on."""
    if not begun:
        return _characters().get(syllable, "")
    return "".join(read for other, read in _characters().items() if other.startswith(syllable))


@cache
def _characters() -> Mapping[str, str]:
    """The characters of each syllable."""
    found: dict[str, list[str]] = {}
    for code in _LEVEL_ONE_AND_TWO:
        try:
            character = code.to_bytes(2, "big").decode("gb2312")
        except UnicodeDecodeError:
            continue
        for reading in readings(character):
            if reading.isascii() and _VOWELS & set(reading) and len(reading) < 7:
                found.setdefault(reading, []).append(character)
    return {syllable: "".join(read) for syllable, read in found.items()}


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(syllable[:end] for syllable in syllables() for end in range(1, len(syllable) + 1))


def spelt(letters: str) -> list[tuple[str, ...]]:
    """The ways to read letters as whole syllables, the fewest syllables first: ``yibao`` is yi bao."""
    return _cut(letters, whole=True)


def begun(letters: str) -> list[tuple[str, ...]]:
    """The ways to read letters whose last syllable may go on: ``yibaob`` is yi bao b."""
    return _cut(letters, whole=False)


def _cut(letters: str, *, whole: bool) -> list[tuple[str, ...]]:
    if not letters or len(letters) > MAX_LETTERS:
        return []
    dead: set[int] = set()

    def ways(start: int) -> Iterator[tuple[str, ...]]:
        if start == len(letters):
            if whole:
                yield ()
            return
        if start in dead:
            return
        alive = False
        for end in range(min(start + 6, len(letters)), start, -1):
            part = letters[start:end]
            if part in syllables():
                for rest in ways(end):
                    alive = True
                    yield (part, *rest)
            if not whole and end == len(letters) and part in _beginnings():
                alive = True
                yield (part,)
        if not alive:
            dead.add(start)

    found: list[tuple[str, ...]] = []
    for way in ways(0):
        found.append(way)
        if len(found) == 4 * MAX_READINGS:
            break
    return sorted(found, key=len)[:MAX_READINGS]
