"""Titles by the keys of a telephone: the first letters of their words, each the key it stands on.

ITU-T E.161 puts a to z on the keys 2 to 9. Of Chinese every character counts, with the first letter of its
sound; of English every word, and once more without those that people leave out; of a number its digits. So
医疗保险 is 9529 and ``housing fund loan`` 435.

What the index keeps of a title, two fields a language: how it begins, 9, 95, 952 and so on up to
`LONGEST_BEGINNING` keys; and every two neighbours with their positions, as of letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tantivy

from backend.search.pinyin import sounds
from backend.search.units import RunKind, fold, neighbours, runs
from foundation.language import Language

LONGEST_BEGINNING = 6
"""Keys of the longest beginning that is one token; the rest of a longer one is looked for by neighbours."""
LONGEST = 24
"""Keys that are looked at; titles are hardly longer."""
SHORTEST_PART = 2
"""Keys of the shorter of two parts that are apart."""
APART = 6
"""Up to twice so many keys may stand between two parts."""
BEGINNINGS = {Language.ZH_CN: "keys_begin", Language.EN: "keys_begin_en"}
PAIRS = {Language.ZH_CN: "keys", Language.EN: "keys_en"}
_SMALL = "a an and at by for from in of on or the to with"
_LEFT_OUT = frozenset(_SMALL.split())
_KEYS = ("", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
_KEY = {letter: str(number) for number, letters in enumerate(_KEYS) for letter in letters}


def keys_of(letters: str) -> str:
    """The key of each letter a to z; everything else is dropped."""
    return "".join(_KEY.get(letter, "") for letter in letters)


def keyed(title: str) -> list[str]:
    """The ways to key a title: all of it; and English without its small words, where it has some."""
    found = list(runs(fold(title)))
    ways = [found, [run for run in found if run.text not in _LEFT_OUT]]
    rows = ("".join(_run_keys(run.kind, run.text) for run in way) for way in ways)
    return [row for row in dict.fromkeys(rows) if row]


def beginning_tokens(rows: Sequence[str]) -> str:
    """The beginnings of a title, with spaces between."""
    return " ".join(
        dict.fromkeys(row[:end] for row in rows for end in range(1, min(len(row), LONGEST_BEGINNING) + 1))
    )


def pair_tokens(rows: Sequence[str]) -> list[str]:
    """Every two neighbours, a text for each way to key the title."""
    return [" ".join(neighbours(row, closed=True)) for row in rows]


def surest(schema: tantivy.Schema, keys: str, language: Language) -> Iterator[tantivy.Query]:
    """Titles that begin with these keys, then those that have them anywhere. keys: two at least for these."""
    asked = keys[:LONGEST]
    begins = _term(schema, BEGINNINGS[language], asked[:LONGEST_BEGINNING])
    inside = _inside(schema, asked, language) if len(asked) >= SHORTEST_PART else None
    yield begins if len(asked) <= LONGEST_BEGINNING or inside is None else _all([begins, inside])
    if inside is not None:
        yield inside


def apart(schema: tantivy.Schema, keys: str, language: Language) -> Iterator[tantivy.Query]:
    """Titles that have these keys in two parts, one after the other: 9529 as 医疗费用报销."""
    asked = keys[:LONGEST]
    ways = [
        _all(
            [
                _inside(schema, asked[:at], language),
                _inside(schema, asked[at:], language),
                _later(schema, asked[at - 2 : at], asked[at : at + 2], language),
            ]
        )
        for at in range(SHORTEST_PART, len(asked) - SHORTEST_PART + 1)
    ]
    if ways:
        yield tantivy.Query.disjunction_max_query(ways)


def _run_keys(kind: RunKind, text: str) -> str:
    match kind:
        case RunKind.HAN:
            return keys_of("".join(syllable[:1] for syllable in sounds(text)))
        case RunKind.NUMBER:
            return text
        case RunKind.WORD:
            return keys_of(text[:1])


def _inside(schema: tantivy.Schema, keys: str, language: Language) -> tantivy.Query:
    pairs = neighbours(keys, closed=False)
    if len(pairs) == 1:
        return _term(schema, PAIRS[language], pairs[0])
    return tantivy.Query.phrase_query(schema, PAIRS[language], list(pairs))


def _later(schema: tantivy.Schema, end: str, beginning: str, language: Language) -> tantivy.Query:
    """A pair that is followed by another behind it. tantivy's slop is as much nearer as farther."""
    places: list[str | tuple[int, str]] = [(0, end), (len(end) + APART, beginning)]
    return tantivy.Query.phrase_query(schema, PAIRS[language], places, slop=APART)


def _term(schema: tantivy.Schema, field: str, token: str) -> tantivy.Query:
    return tantivy.Query.term_query(schema, field, token, index_option="freq")


def _all(queries: list[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in queries])
