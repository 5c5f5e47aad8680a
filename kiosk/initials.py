"""Initials under which entries of a long list are found: pinyin in Chinese, letters in English. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.language import Language
from kiosk.input.words import Words

LONG = 12
"""Entries above which a list has an index."""
LEAST_INITIALS = 4
"""Initials below which an index tells nothing, as of years or streets with numbers."""
STAR = "★"
"""Stands in the index for what is used most."""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one initial, by their numbers in the list; `initial` is STAR for the most used."""

    initial: str
    members: tuple[int, ...]


def groups(labels: Sequence[str], language: Language, dictionary: Words, *, often: int = 0) -> list[Group]:
    """The entries of a long list by their initials; none where a list needs no index.

    often: so many, from the first, stand before the others, in the order given.
    """
    if len(labels) <= LONG:
        return []

    def key(number: int) -> tuple[str, ...]:
        label = labels[number]
        syllables = dictionary.syllables(label) if language is Language.ZH_CN else label.casefold().split()
        return tuple(syllables) or ("#",)

    found: dict[str, list[int]] = {}
    for number in sorted(range(often, len(labels)), key=key):
        initial = key(number)[0][0].upper()
        found.setdefault(initial if initial.isalnum() else "#", []).append(number)
    if len(found) < LEAST_INITIALS:
        return []
    first = [Group(STAR, tuple(range(often)))] if often else []
    return first + [Group(initial, tuple(members)) for initial, members in found.items()]
