"""What a speech engine is: a plug-in that gives the sound of a text. docs/adding-a-speech-engine.md tells how
one is added."""

from __future__ import annotations

from abc import ABC, abstractmethod

from foundation.language import Language
from speech.sound import Samples


class Engine(ABC):
    """One voice in one language. It may start programs, but never holds up the loop, on which calls wait.

    Where something lacks at the start, `check` says so; where it fails later, `render` does, and the next
    text is tried anew.
    """

    identity: str = ""
    """Everything that changes the sound: program, version, voice and pace. Known after `check`; it is part of
    the name by which rendered speech is kept."""

    def __init__(self, language: Language, voice: str = "", pace: float = 1.0) -> None:
        """voice: which one, in the engine's own terms, empty for its usual one; pace: 1.0 is the usual one,
        2.0 twice as fast. Starts nothing yet."""
        self.language = language
        self.voice = voice
        self.pace = pace

    @abstractmethod
    async def check(self) -> None:
        """Tries whether it can speak, before the first call. Raises EngineMissing with what to install or
        to set, or EngineFailed."""

    @abstractmethod
    async def render(self, text: str) -> tuple[Samples, int]:
        """The sound of a text and its rate in hertz; any level, any silence at the ends, empty where there
        is nothing to say.

        text: one line of at most 160 characters of this language, numbers in words. It may be private: no
        argument, file or log holds it. Cancelling gives up. Raises EngineFailed.
        """

    async def close(self) -> None:
        """Ends what it holds; may be repeated."""
        return
