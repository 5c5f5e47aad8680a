"""What a call needs of the line it runs over: SIP, a text console, or a test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from foundation.language import Language

KEYS = "0123456789*#"
"""The keys of a telephone; A to D are dropped by every adapter."""


class HungUp(Exception):
    """The caller has gone. Every verb raises it from then on."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing to be said. `name` stands in the call record in place of the text.

    private: the text holds personal data and is not kept in the cache of rendered speech;
    fixed: the text is the same at every call, so a recording of that name may replace it;
    written: the text as it is shown, with figures, where it differs.
    """

    name: str
    text: str = field(repr=False)
    language: Language
    private: bool = False
    fixed: bool = False
    written: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the caller said: a WAV file (8000 Hz, 16 bit, mono), its length, and the key that ended it.

    hung_up: the caller has gone, and this is what was said until then; paused: digits were pressed
    meanwhile, and are not in it.
    """

    wav: bytes = field(repr=False)
    seconds: float
    key: str | None
    hung_up: bool = False
    paused: bool = False


class Line(ABC):
    """One call's line, already answered. Every method but `hang_up` raises HungUp once the caller has gone.

    call_id: unique; caller: the caller's number or address as the network gave it, empty where withheld;
    start_time: when the call arrived, before it was answered, aware.
    """

    call_id: str
    caller: str
    start_time: datetime

    @abstractmethod
    async def play(self, utterances: Sequence[Utterance]) -> None:
        """Says them one after another and returns once the last sound has been heard.

        Cancelling stops the sound at once. Keys are neither taken nor lost meanwhile.
        """

    @abstractmethod
    async def next_key(self) -> str:
        """The next key, in the order of pressing. Keys wait here from the moment of the answer;
        cancelling loses none."""

    @abstractmethod
    def key_waiting(self) -> bool:
        """Whether `next_key` would return at once."""

    @abstractmethod
    async def record(self, *, max_seconds: float, silence_seconds: float) -> Recorded:
        """Records until `#` or `*`, `silence_seconds` of silence, or `max_seconds`.

        A short tone says when to speak. Other keys pause it (see `ivr.pausing`): neither they nor their sound
        are kept, but a single `0` ends it. Where the caller hangs up, what was said until then is returned,
        and the next verb raises HungUp.
        """

    @abstractmethod
    async def play_back(self, recorded: Recorded) -> None:
        """Lets the caller hear a recording; as `play` in everything else."""

    @abstractmethod
    async def play_waiting_tone(self) -> None:
        """Plays a soft tone over and over, until it is cancelled, which stops it at once."""

    @abstractmethod
    async def send_text(self, text: str) -> bool:
        """Shows a text on phones with a screen (SIP MESSAGE). False where the phone refuses."""

    @property
    def asks_for_texts(self) -> bool:
        """Whether the phone has sent a text in this call: whoever writes wants to read."""
        return False

    @abstractmethod
    async def transfer(self, target: str) -> bool:
        """Hands the call to a SIP address (REFER, RFC 3515). False where the other side refuses;
        the call then goes on here."""

    @abstractmethod
    async def hang_up(self) -> None:
        """Ends the call. May be repeated."""
