"""Keys that become an entry. Pure: it knows no time and no sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Star(Enum):
    """What `*` means inside an entry; as its first key it always goes back."""

    CLEARS = "clears"
    POINT = "point"
    """The decimal point of an amount; a second one clears."""
    LAST_X = "last_x"
    """X, in the last place only, as in identity numbers; elsewhere it clears."""


class End(Enum):
    """How an entry ended."""

    COMPLETE = "complete"
    """It needs no more keys."""
    HASH = "hash"
    BACK = "back"
    """`*` as the first key."""
    CLEARED = "cleared"
    """`*` after others: the caller starts again."""
    SILENCE = "silence"
    """No key in time."""
    PAUSE = "pause"
    """No further key in time."""


def _by_length_only(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What keys are wanted: at most `longest`, fewer where `complete` says that nothing can follow."""

    longest: int
    star: Star = Star.CLEARS
    complete: Callable[[str], bool] = _by_length_only


ONE_KEY = Wanted(1)
"""A menu."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was keyed, without `#`, and how it ended. The keys may be private."""

    keys: str = field(repr=False)
    end: End


class Collector:
    """Takes keys one by one until the entry has ended."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.keys = ""

    def take(self, key: str) -> End | None:
        """Adds a key; gives how the entry has ended, or None while it goes on."""
        if key == "#":
            return End.HASH
        if key == "*" and not self._is_character():
            return End.CLEARED if self.keys else End.BACK
        self.keys += key
        if len(self.keys) >= self._wanted.longest or self._wanted.complete(self.keys):
            return End.COMPLETE
        return None

    def _is_character(self) -> bool:
        """Whether `*` stands for a character here."""
        match self._wanted.star:
            case Star.POINT:
                return bool(self.keys) and "*" not in self.keys
            case Star.LAST_X:
                return len(self.keys) == self._wanted.longest - 1 > 0
            case Star.CLEARS:
                return False
