"""Keys that are pressed while the caller is recorded. Pure: keys and times in, what to do out.

`#` and `*` end a recording. Digits pause it: somebody keys a number while speaking, mostly that of the
identity card, and neither the digits nor their sound are kept. It goes on by itself when no key has followed
for a while; then a single `0` has asked for a person, which ends it too.
"""

from __future__ import annotations

PAUSE = 2.0
"""Seconds after the last digit until it goes on."""
BEFORE = 0.3
"""Seconds before a digit that are left out as well: its tone sounds before it is known, and the sound comes
in steps."""
ENDING = "#*"
PERSON = "0"


class Pauses:
    """The pauses of one recording; times are seconds since it began."""

    def __init__(self) -> None:
        self._left_out: list[tuple[float, float]] = []
        self._from: float | None = None
        self._last = 0.0
        self._digits = 0
        self._asked = False

    @property
    def any(self) -> bool:
        """Whether there was one."""
        return bool(self._left_out) or self._from is not None

    @property
    def paused(self) -> bool:
        """Whether it is paused now."""
        return self._from is not None

    def press(self, key: str, at: float) -> str | None:
        """A key; the key that ends the recording, None where it goes on."""
        if key in ENDING:
            self._end(at)
            return key
        if self._from is None:
            self._from, self._digits = max(0.0, at - BEFORE), 0
        self._digits += 1
        self._asked = self._digits == 1 and key == PERSON
        self._last = at
        return None

    def look(self, at: float) -> str | None:
        """Time has passed; the key that ends the recording, None where it goes on."""
        if self._from is None or at - self._last < PAUSE:
            return None
        self._end(at)
        return PERSON if self._asked else None

    def kept(self, pcm: bytes, rate: int) -> bytes:
        """The recording without its pauses. pcm: 16-bit samples, `rate` a second; one that lasts leaves
        nothing behind it."""
        left_out = [*self._left_out, *([(self._from, float("inf"))] if self._from is not None else [])]
        parts, begin = [], 0
        for start, end in left_out:
            parts.append(pcm[begin : max(begin, 2 * round(start * rate))])
            begin = len(pcm) if end == float("inf") else max(begin, 2 * round(end * rate))
        return b"".join([*parts, pcm[begin:]])

    def _end(self, at: float) -> None:
        if self._from is not None:
            self._left_out.append((self._from, at))
            self._from = None
