"""Callers who guess are slowed down, in this call and in those that follow. Pure.

Whether a try was right, and when a reference is closed, is the backend's matter (docs/permissions.md). Here
is only who has to wait, and how long, before the next try is handed on.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

FREE = 2
"""Wrong tries of one number that cost nothing: people mistype."""
FREE_WITHHELD = 20
"""The same of all who show no number, taken together."""
MOST_DOUBLINGS = 4
"""So that the longest wait is 16 times the first."""
REMEMBERED_SECONDS = 3600.0
"""After the last wrong try."""
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Caller:
    wrong: int = 0
    last: float = 0.0
    opened: set[bytes] = field(default_factory=set)


class Guesses:
    """Wrong tries by caller, in this process. Numbers and references are kept as keyed hashes."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._callers: OrderedDict[bytes, _Caller] = OrderedDict()

    def wait(self, caller: str, reference: str, now: float) -> int:
        """For how many first waits this try has to wait: 0, 1, 2, 4, … caller: empty where withheld."""
        known = self._known(caller, now)
        if known is None or self._hash(reference) in known.opened:
            return 0
        over = known.wrong - (FREE if caller else FREE_WITHHELD)
        return 0 if over < 0 else 1 << min(over, MOST_DOUBLINGS)

    def wrong(self, caller: str, now: float) -> int:
        """A try was wrong. Returns the how manieth of this caller."""
        known = self._known(caller, now) or _Caller()
        known.wrong, known.last = known.wrong + 1, now
        self._callers[self._hash(caller)] = known
        self._callers.move_to_end(self._hash(caller))
        if len(self._callers) > MOST_REMEMBERED:
            self._callers.popitem(last=False)
        return known.wrong

    def right(self, caller: str, reference: str, now: float) -> None:
        """A try was right: this reference opens at once from now on. The wrong tries are not forgotten, or
        whoever has a case could guess at others' in between."""
        known = self._known(caller, now)
        if known is not None and caller:
            known.opened.add(self._hash(reference))

    def _known(self, caller: str, now: float) -> _Caller | None:
        known = self._callers.get(self._hash(caller))
        return known if known is not None and now < known.last + REMEMBERED_SECONDS else None

    def _hash(self, value: str) -> bytes:
        return blake2b(value.encode(), key=self._key, digest_size=16).digest()
