"""How many calls may be repeated, so that a backend that is sick is not beaten to death. Pure."""

from __future__ import annotations

RATIO = 0.1
"""Repeated calls for each first one, in the long run."""
RESERVE = 50.0
"""Repeated calls that are always at hand at first, and again after a good while."""


class Budget:
    """A bucket of tokens, shared by all calls of a client. A first call adds a tenth, each other takes one.

    So of n first calls at most n / 10 + 50 are repeated.
    """

    def __init__(self, ratio: float = RATIO, reserve: float = RESERVE) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._tokens = reserve

    def first(self) -> None:
        """A call is made for the first time."""
        self._tokens = min(self._tokens + self._ratio, self._reserve)

    def take(self) -> bool:
        """Takes what one more call costs; False where there is not so much."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """What was taken was not needed."""
        self._tokens = min(self._tokens + 1, self._reserve)
