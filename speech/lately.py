"""What was heard lately, in memory: the same few sounds are played to every caller.

They are the same objects each time, so that what plays one can be shared among the calls.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

MOST_BYTES = 32 << 20
"""Half an hour of speech."""

K = TypeVar("K", bound=Hashable)


class Lately(Generic[K]):
    """Sounds by what they are made from; those that were not heard for longest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sounds: OrderedDict[K, bytes] = OrderedDict()

    def get(self, key: K) -> bytes | None:
        """The sound, where it is here."""
        if (pcm := self._sounds.get(key)) is not None:
            self._sounds.move_to_end(key)
        return pcm

    def put(self, key: K, pcm: bytes) -> None:
        """Holds a sound in place of what was under its key."""
        self._bytes += len(pcm) - len(self._sounds.pop(key, b""))
        self._sounds[key] = pcm
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._sounds.popitem(last=False)[1])
