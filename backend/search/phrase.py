"""A phrase: units that stand side by side in a text, in one of the ways in which they can be typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from backend.search.units import JOINT, neighbours


class Spelling(Enum):
    """How a phrase is typed, which says what its units are."""

    HAN = "han"
    """Chinese characters."""
    WORDS = "words"
    """Stems of English words, and numbers."""
    SOUND = "sound"
    """Syllables of pinyin."""
    INITIALS = "initials"
    """First letters of syllables."""
    KEYS = "keys"
    """First letters as the keys of a telephone on which they stand."""
    TOKENS = "tokens"
    """A whole query of mixed writing, as tokens of the index."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Units side by side. `begun`: the last one may go on, as where somebody is still typing."""

    spelling: Spelling
    units: tuple[str, ...]
    begun: bool = False

    @property
    def tokens(self) -> tuple[list[str], bool]:
        """Tokens of the index that stand side by side, and whether the last is only a beginning."""
        match self.spelling:
            case Spelling.WORDS | Spelling.TOKENS:
                return list(self.units), self.begun
            case Spelling.SOUND if len(self.units) == 1:
                return [self.units[0] if self.begun else self.units[0] + JOINT], True
            case Spelling.SOUND:
                return neighbours(self.units, JOINT, closed=False), self.begun
        if len(self.units) == 1:
            return [self.units[0]], True
        return neighbours(self.units, closed=False), False
