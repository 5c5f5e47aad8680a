"""A serial line on which a Creator unit answers: what it says, one thing after the other."""

from __future__ import annotations

import time
from collections import deque
from typing import Generic, Protocol, TypeVar

from hardware.transport.serial_port import SerialPort

SILENCE_SECONDS = 0.15
"""A line that falls silent for so long inside a frame has cut it short."""
SETTLE_SECONDS = 0.3
"""After an answer that did not come, the line has to be silent for so long before the next command,"""
LONGEST_SETTLE_SECONDS = 3.0
"""but a line that never falls silent is not waited for longer than this."""

F = TypeVar("F")


class Frames(Protocol[F]):
    """A protocol's FrameReader."""

    @property
    def begun(self) -> bool:
        """Whether a frame has begun and is not whole yet."""

    def feed(self, data: bytes) -> list[F]:
        """Takes bytes and gives what they complete."""

    def give_up(self) -> list[F]:
        """Says that the line fell silent."""

    def clear(self) -> None:
        """Forgets what has come."""


class CreatorLine(Generic[F]):
    """Keeps an answer that comes late from being taken for the next one's: the frames carry no number."""

    def __init__(self, port: SerialPort, frames: Frames[F]) -> None:
        self._port = port
        self._frames = frames
        self._heard: deque[F] = deque()
        self._unanswered = False

    async def ask(self, frame: bytes) -> None:
        """Says what will be answered, once nothing of an earlier answer can come any more."""
        if self._unanswered:
            await self._settle()
        self._frames.clear()
        self._heard.clear()
        await self._port.discard_input()
        self._unanswered = True  # stays so where the caller is cancelled, or no answer comes
        await self._port.write(frame)

    async def say(self, data: bytes) -> None:
        """Says something within a conversation."""
        await self._port.write(data)

    def answered(self) -> None:
        """The whole answer has come."""
        self._unanswered = False

    async def hear(self, deadline: float) -> F | None:
        """The next thing that the unit says; None where the deadline, on the monotonic clock, passes."""
        while not self._heard:
            left = deadline - time.monotonic()
            data = await self._port.read(min(left, SILENCE_SECONDS) if self._frames.begun else left)
            self._heard += self._frames.feed(data) if data else self._frames.give_up()
            if not self._heard and time.monotonic() >= deadline:
                return None
        return self._heard.popleft()

    async def _settle(self) -> None:
        """Lets an answer that is still on its way arrive, and forgets it."""
        deadline = time.monotonic() + LONGEST_SETTLE_SECONDS
        while await self._port.read(SETTLE_SECONDS) and time.monotonic() < deadline:
            pass
        self._unanswered = False
