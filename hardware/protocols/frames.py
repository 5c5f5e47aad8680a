"""Finding frames in a stream of bytes: what is the same whatever the frames look like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from hardware.protocols.wiping import wipe

Found = TypeVar("Found")


class Framer(ABC, Generic[Found]):
    """Holds bytes until they are a whole frame.

    What it finds depends on the bytes alone, not on how they were cut into pieces. After a broken frame it
    looks for the next one right behind the broken one's first byte, so that a whole frame inside of noise is
    not lost. It holds no more than one frame and a piece, and overwrites what it lets go of.

    A protocol's own gives PIECE, how many bytes it takes at once, and `_take`.
    """

    PIECE: ClassVar[int]

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def begun(self) -> bool:
        """True while a frame has begun and the rest of it has not come."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Found]:
        """Takes bytes and gives what they complete, in order. Never raises."""
        found: list[Found] = []
        for start in range(0, len(data), self.PIECE):
            self._held += data[start : start + self.PIECE]
            self._take(found)
        return found

    def give_up(self) -> list[Found]:
        """Says that the line fell silent: a frame begun is broken, and its bytes are searched for others."""
        found: list[Found] = []
        while self.begun:
            if broken := self._cut_short():
                found.append(broken)
            self._drop(1)
            self._take(found)
        self.clear()
        return found

    def clear(self) -> None:
        """Forgets what has come."""
        wipe(self._held)

    @abstractmethod
    def _take(self, found: list[Found]) -> None:
        """Adds what the held bytes complete, and drops that; what cannot become a frame is dropped, too."""

    @abstractmethod
    def _cut_short(self) -> Found | None:
        """What the held bytes are called where the line broke them off; None where it is too few of them."""

    def _drop(self, count: int) -> None:
        self._held[:count] = bytes(count)
        del self._held[:count]
