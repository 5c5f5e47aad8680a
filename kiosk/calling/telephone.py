"""What a visit knows of the telephone behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import Enum
from typing import Protocol


class CallState(Enum):
    """How far a call has come; the values name sentences of the catalogue."""

    CALLING = "calling"
    """It goes out."""
    RINGING = "ringing"
    """It rings there."""
    TALKING = "talking"
    ENDED = "ended"
    """There was a talk, and it is over."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    """It rang, or was refused, and nobody answered."""
    UNREACHABLE = "unreachable"
    """It did not even ring."""
    LOST = "lost"
    """The line was lost in the middle of the talk."""

    @property
    def live(self) -> bool:
        """Whether the call goes on."""
        return self in (CallState.CALLING, CallState.RINGING, CallState.TALKING)


class Telephone(Protocol):
    """One line, to one place."""

    @property
    def available(self) -> bool:
        """Whether a call can be made now."""

    def call(self) -> AsyncGenerator[CallState]:
        """Calls. Gives every state, the last one not `live`. Closing the generator before hangs up.

        Another call may begin once this one is over or closed.
        """
