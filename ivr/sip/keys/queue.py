"""The keys of a call, from the phone to whoever asks for the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from ivr.line import KEYS

TWIN_SECONDS = 1.0
"""A phone that sends a key both in the sound's stream and in signalling does so within this time."""
MOST_WAITING = 128
"""Keys typed ahead; longer than any entry. What comes beyond is not pressed by a person."""


@dataclass(slots=True)
class _Sent:
    """A key that came in one way and may come in another; time: when it was last known to be pressed."""

    key: str
    method: int
    time: float


class KeyQueue:
    """Keys in the order of pressing, each once, kept until they are taken.

    Some phones send each key twice: as an RFC 4733 event and as SIP INFO. The second of such a pair is
    recognised by its method and dropped; the same key pressed twice by one method is two keys.
    """

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._single: list[_Sent] = []
        self._pressed = asyncio.Event()

    def press(self, key: str, method: int, time: float) -> None:
        """method: any number that tells the ways of sending apart; time: seconds of any steady clock."""
        if key not in KEYS or len(key) != 1:
            return
        self._single = [sent for sent in self._single if time - sent.time <= TWIN_SECONDS]
        for sent in self._single:
            if sent.key == key and sent.method != method:
                self._single.remove(sent)
                return
        self._single.append(_Sent(key, method, time))
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(key)
            self._pressed.set()

    def hold(self, method: int, time: float) -> None:
        """The last key of that method is pressed still: its twin may come when it is let go."""
        for sent in reversed(self._single):
            if sent.method == method:
                sent.time = time
                return

    def __bool__(self) -> bool:
        return bool(self._waiting)

    async def wait(self) -> None:
        """Returns once there is a key, without taking it."""
        while not self._waiting:
            self._pressed.clear()
            await self._pressed.wait()

    async def take(self) -> str:
        """The next key. Being cancelled loses none."""
        await self.wait()
        return self._waiting.popleft()
