"""Texts cut into what can be found in them.

A text is a row of runs: Chinese characters, a word of letters, a number. What the database indexes are

- of Chinese, every two neighbouring characters and the last one alone: 医保卡 is 医保, 保卡, 卡. A word of
  two characters is one token, a longer one a phrase of tokens, a single character the beginning of a
  token. No dictionary decides where words end, so none is missed;
- of the sound of Chinese, likewise every two neighbouring syllables: yi·bao, bao·ka, ka·;
- of the initials of that sound: yb, bk, k;
- English words by their stem, and numbers as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

import snowballstemmer

JOINT = "·"
"""Between the two syllables of a token; no letter, so that such tokens meet no others."""

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<number>[0-9]+)|(?P<word>(?:(?![{_HAN}])[^\W\d_])+(?:['’]s\b)?)")
_LETTERS = (*range(0x41, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x10000))
"""Where the letters and digits are that are compared as another."""
_STEMMER = snowballstemmer.stemmer("english")


class RunKind(Enum):
    """What a run is made of."""

    HAN = "han"
    NUMBER = "number"
    WORD = "word"


_KINDS = {kind.value: kind for kind in RunKind}


class Run(NamedTuple):
    """A piece of a text without gaps; `start` and `end` count the text's code points."""

    kind: RunKind
    text: str
    start: int
    end: int


@cache
def _folding() -> tuple[Mapping[int, str], re.Pattern[str]]:
    """What each character is compared as, one code point long, and a pattern of those that are another."""
    table = {ord(character): simple for character, simple in _simplified()}
    for code in _LETTERS:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", character).lower()
        base = "v" if plain.startswith("u\u0308") else plain[:1]
        if character.isalnum() and base not in ("", character) and all(map(unicodedata.combining, plain[1:])):
            table[code] = table.get(ord(base), base)
    return table, re.compile(f"[{re.escape(''.join(map(chr, table)))}]")


def _simplified() -> Iterator[tuple[str, str]]:
    """Traditional characters and the usual simplified one of each, from OpenCC's table.

    Those beyond the basic plane nobody types; a pattern with one of them is fifty times slower.
    """
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8")
    for line in table.splitlines():
        traditional, _, simple = line.partition("\t")
        if len(traditional) == 1 and traditional < "\U00010000" and simple[:1] not in ("", traditional):
            yield traditional, simple[0]


def fold(text: str) -> str:
    """The text without case, width and accents, in simplified characters, ü as v, place by place."""
    if text.isascii():
        return text.lower()
    table, other = _folding()
    return text.translate(table) if other.search(text) else text


def runs(folded: str) -> Iterator[Run]:
    """The runs of a folded text, in order."""
    for found in _RUN.finditer(folded):
        yield Run(_KINDS[found.lastgroup or ""], found.group(), *found.span())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The form under which an English word is found: pensions and pension are one."""
    plain = word.replace("’", "'")
    return str(_STEMMER.stemWord(plain)).replace("'", "")


def neighbours(units: Sequence[str], joint: str = "", *, closed: bool) -> list[str]:
    """Every two neighbours as one token; where `closed`, the last alone too, as texts are indexed."""
    pairs = [f"{first}{joint}{second}" for first, second in pairwise(units)]
    return [*pairs, f"{units[-1]}{joint}"] if closed and units else pairs


def triples(units: Sequence[str], joint: str = "") -> list[str]:
    """Every three neighbours as one token: it says without positions what is side by side."""
    return [joint.join(units[place : place + 3]) for place in range(len(units) - 2)]


def run_tokens(found: Iterable[Run]) -> list[str]:
    """The tokens of some runs as they are written."""
    tokens: list[str] = []
    for run in found:
        match run.kind:
            case RunKind.HAN:
                tokens.extend(neighbours(run.text, closed=True))
            case RunKind.NUMBER:
                tokens.append(run.text)
            case RunKind.WORD:
                tokens.append(stem(run.text))
    return tokens
