"""Fingers for simulated pads: what somebody keys in, one key after the other, in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from hardware.simulators.device import Refused

MOST_KEYS = 200
_SIGNS = {"*": "star", "#": "hash"}
"""What is printed on two keys, where a pad calls them otherwise."""


class Fingers:
    """Presses keys, each after a pause. What they press is in no log and no repr.

    names: of keys that are no digits; press: what the pad does.
    """

    def __init__(self, names: Collection[str], press: Callable[[str], None], pause: float) -> None:
        self.pause = pause
        self._names = names
        self._press = press
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_KEYS)

    def begin(self, given: str) -> None:
        """Has keys pressed: digits, and names with spaces between, such as ``1234 clear 567 enter``.

        Refused where there is no such key, without naming what may be a digit.
        """
        words = [w if w in self._names else _SIGNS.get(w, w) for w in given.lower().split()]
        keys = [key for word in words for key in ([word] if word in self._names else word)]
        if not keys or not all(key in self._names or (key.isascii() and key.isdigit()) for key in keys):
            raise Refused("simulate.key_unknown", names=", ".join(self._names))
        if len(keys) > self._waiting.maxsize - self._waiting.qsize():
            raise Refused("simulate.too_many_keys")
        for key in keys:
            self._waiting.put_nowait(key)

    async def done(self) -> None:
        """Waits until all that was begun has been pressed."""
        await self._waiting.join()

    async def work(self) -> None:
        """Presses what is to be pressed, for ever."""
        while True:
            key = await self._waiting.get()
            await asyncio.sleep(self.pause)
            self._press(key)
            self._waiting.task_done()
