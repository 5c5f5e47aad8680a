"""A date typed digit by digit: year, month, day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

_LENGTHS = (4, 2, 2)
_NEEDS_NO_SECOND = ("", "23456789", "456789")
"""First digits after which no second one of that part can follow: 7 can only be July, 4 only the fourth."""
_ISO = re.compile(r"([0-9]{0,4})(?:-([0-9]{0,2}))?(?:-([0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class DateEntry:
    """What stands in the three parts, and which of them the next digit goes to (0 year, 1 month, 2 day).

    It may be no date, such as 30 February: what is wrong is said by those who check the answer.
    """

    parts: tuple[str, str, str] = ("", "", "")
    active: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """What `text` gave. Anything else is an empty entry."""
        found = _ISO.fullmatch(text)
        year, month, day = (part or "" for part in found.groups()) if found else ("", "", "")
        entry = cls((year, month, day))
        return replace(entry, active=entry._next_open(0))

    @property
    def text(self) -> str:
        """``YYYY-MM-DD``, as far as it was typed; empty where nothing was."""
        return "-".join(self.parts).rstrip("-")

    @property
    def complete(self) -> bool:
        """Whether every part has its digits."""
        return all(len(part) == length for part, length in zip(self.parts, _LENGTHS, strict=True))

    @property
    def date(self) -> date | None:
        """The date, where it is one."""
        try:
            return date.fromisoformat(self.text) if self.complete else None
        except ValueError:
            return None

    def typed(self, digit: str) -> Self:
        """One more digit. A complete entry takes none; a month or day gets its 0 where none can follow."""
        part = self.parts[self.active]
        if len(part) == _LENGTHS[self.active]:
            return self
        part += digit
        if len(part) == 1 and digit in _NEEDS_NO_SECOND[self.active]:
            part = "0" + digit
        entry = self._with(self.active, part)
        full = len(part) == _LENGTHS[self.active]
        return replace(entry, active=entry._next_open(self.active)) if full else entry

    def erased(self) -> Self:
        """Without the last digit of this part, or of the one before where this one is empty."""
        at = self.active
        if not self.parts[at] and at > 0:
            at -= 1
        return replace(self._with(at, self.parts[at][:-1]), active=at)

    def chosen(self, part: int) -> Self:
        """That part touched: emptied, and next to be typed."""
        return replace(self._with(part, ""), active=part)

    def finished(self) -> Self:
        """A month or day of one digit gets its 0."""
        year, month, day = self.parts
        return replace(self, parts=(year, month and month.zfill(2), day and day.zfill(2)))

    def _with(self, at: int, part: str) -> Self:
        parts = list(self.parts)
        parts[at] = part
        return replace(self, parts=(parts[0], parts[1], parts[2]))

    def _next_open(self, at: int) -> int:
        """The next part that lacks digits, from that one on and round; the last where none does."""
        order = [*range(at, 3), *range(at)]
        return next((n for n in order if len(self.parts[n]) < _LENGTHS[n]), 2)
