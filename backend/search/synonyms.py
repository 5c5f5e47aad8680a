"""Words that residents use for the same thing, however they are typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from backend.search.keypad import keys_of
from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import sounds
from backend.search.units import RunKind, fold, runs, stem

Group = tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Finds the group of a word by its characters, its stems, its sound, its initials, or their keys.

    Where two words sound alike, both groups are meant.
    """

    _groups: dict[tuple[Spelling, tuple[str, ...]], tuple[tuple[Phrase, Group], ...]] = field(
        default_factory=dict
    )
    words: frozenset[str] = frozenset()
    """The words of letters among them, as they are written."""

    @classmethod
    def of(cls, groups: Collection[Collection[str]]) -> Synonyms:
        """From groups of words as the content writes them."""
        found: dict[tuple[Spelling, tuple[str, ...]], tuple[tuple[Phrase, Group], ...]] = {}
        for words in groups:
            group = tuple(phrase for word in words if (phrase := _phrase(word)) is not None)
            for member in group:
                for key in _keys(member):
                    found[key] = (*found.get(key, ()), (member, group))
        letters = (run.text for group in groups for word in group for run in runs(fold(word)))
        return cls(found, frozenset(word for word in letters if word.isalpha() and word.isascii()))

    def knows(self, spelling: Spelling, units: tuple[str, ...]) -> bool:
        """Whether it is a word of some group."""
        return (spelling, units) in self._groups

    def members(self, spelling: Spelling, units: tuple[str, ...]) -> tuple[Phrase, ...]:
        """The words themselves that are written, or sound, or begin so."""
        return tuple(member for member, _ in self._groups.get((spelling, units), ()))

    def group(self, spelling: Spelling, units: tuple[str, ...]) -> tuple[Phrase, ...]:
        """All words of their groups, themselves among them."""
        return tuple(phrase for _, group in self._groups.get((spelling, units), ()) for phrase in group)


def _phrase(word: str) -> Phrase | None:
    """A word of the content as a phrase; None where it mixes writings or has nothing to find."""
    parts = list(runs(fold(word)))
    if len(parts) == 1 and parts[0].kind is RunKind.HAN:
        return Phrase(Spelling.HAN, tuple(parts[0].text))
    if parts and all(part.kind is not RunKind.HAN for part in parts):
        return Phrase(Spelling.WORDS, tuple(stem(part.text) for part in parts))
    return None


def _keys(phrase: Phrase) -> Iterable[tuple[Spelling, tuple[str, ...]]]:
    yield phrase.spelling, phrase.units
    if phrase.spelling is Spelling.HAN:
        sound = sounds("".join(phrase.units))
        yield Spelling.SOUND, sound
        if len(sound) > 1:
            initials = tuple(syllable[0] for syllable in sound)
            yield Spelling.INITIALS, initials
            yield Spelling.KEYS, tuple(keys_of("".join(initials)))
    elif len(phrase.units) > 1:
        yield Spelling.KEYS, tuple(keys_of("".join(unit[0] for unit in phrase.units)))
