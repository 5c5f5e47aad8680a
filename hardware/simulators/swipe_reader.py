"""A simulated reader through which cards are swiped: it sends track 2, unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Self

from hardware.protocols import track2
from hardware.protocols.track2 import Track2, Track2Error
from hardware.simulators.device import Fact, Refused, SimulatedDevice

DEMONSTRATION = Track2("6200001234567892", "4912", "220", "0000000000")
"""A card that nobody has: its number is of a range that no bank was given."""
NATIONAL = "9156123456789=4912000"
"""A card of another kind, whose numbering knows no check digit."""
WAITING_SWIPES = 16


class SwipeFault(Enum):
    """What goes wrong with the next swipe; the values are the command line's."""

    NONE = "none"
    TOO_FAST = "too-fast"
    """The reader cannot make the track out, and says so."""
    HALF = "half"
    """The card is stopped before its end."""
    FROM_THE_MIDDLE = "from-the-middle"
    """The card is put in too low, and its beginning is missing."""
    WRONG_SIDE = "wrong-side"
    """The stripe is on the other side."""
    OTHER_CARD = "other-card"
    """The stripe holds something else than a card number."""
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    """The card number is wrong, and the track is whole."""


class Strips(Enum):
    """What the reader was set to leave out."""

    NOTHING = "nothing"
    LRC = "lrc"
    SENTINELS = "sentinels"
    """And the LRC."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long decoding a swipe takes, in seconds, and the line's speed. Zeros are for tests."""

    decode: float = 0.05
    baud: int = 9600


INSTANT = Pace(0.0, 0)


class SimulatedSwipeReader(SimulatedDevice):
    """Sends what a swipe gives. strips, end: what it was set to."""

    name = "swipe-reader"
    own_faults = SwipeFault
    commands = ()
    actions = ("swipe",)

    def __init__(
        self, port: Path, pace: Pace = Pace(), *, strips: Strips = Strips.NOTHING, end: bytes = b"\r"
    ) -> None:
        super().__init__(port, pace.baud, spoil=self._with_wrong_lrc)
        self.pace = pace
        self.strips = strips
        self.end = end
        self._cards: asyncio.Queue[Track2] = asyncio.Queue(WAITING_SWIPES)
        self._swiped = 0

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """As huimin-simulate serves it."""
        return cls(folder / cls.name, INSTANT if instant else Pace())

    def swipe(self, card: Track2 = DEMONSTRATION) -> None:
        """Draws a card through; it is lost where the reader is still busy with many others."""
        if not self._cards.full():
            self._cards.put_nowait(card)

    def act(self, action: str, given: str) -> None:
        """``swipe``, with what stands between the sentinels."""
        self.swipe(card_of(given))

    def state(self) -> Mapping[str, Fact]:
        """How many cards were swiped."""
        return {"cards_swiped": self._swiped}

    def _received(self, data: bytes) -> None:
        """It takes no commands."""

    async def _serve(self) -> None:
        while True:
            card = await self._cards.get()
            await asyncio.sleep(self.pace.decode)
            if self.silent:
                continue
            self._swiped += 1
            await self.line.send(self._sent(card) + self.end)

    def _sent(self, card: Track2) -> bytes:
        fault = self.fault
        if fault is not SwipeFault.NONE:
            self._used_up()
        match fault:
            case SwipeFault.TOO_FAST:
                return b";E?"
            case SwipeFault.WRONG_SIDE:
                return b";?"
            case SwipeFault.HALF:
                whole = self._stripped(card.encode())
                return whole[: len(whole) // 2]
            case SwipeFault.FROM_THE_MIDDLE:
                whole = track2.sent(card.encode())
                return whole[len(whole) // 2 :]
            case SwipeFault.OTHER_CARD:
                return self._stripped("0" * 12)
            case SwipeFault.WRONG_CHECK_DIGIT:
                return self._stripped(_with_wrong_check_digit(card).encode())
            case _:
                return self._stripped(card.encode())

    def _stripped(self, data: str) -> bytes:
        whole = track2.sent(data)
        match self.strips:
            case Strips.NOTHING:
                return whole
            case Strips.LRC:
                return whole[:-1]
            case Strips.SENTINELS:
                return whole[1:-2]

    def _with_wrong_lrc(self, sent: bytes) -> bytes:
        """An answer whose LRC does not fit, where there is one."""
        if self.strips is not Strips.NOTHING:
            return sent
        at = len(sent) - len(self.end) - 1
        wrong = 0x30 if sent[at] == 0x31 else 0x31
        return sent[:at] + bytes((wrong,)) + self.end


def card_of(given: str) -> Track2:
    """The card that a person names: what stands between the sentinels, or nothing for the demonstration
    card. Raises Refused."""
    if not given:
        return DEMONSTRATION
    try:
        return Track2.decode(given)
    except Track2Error as error:
        raise Refused("simulate.track_unusable", reason=error.fault.value) from None


def _with_wrong_check_digit(card: Track2) -> Track2:
    last = int(card.pan[-1])
    return replace(card, pan=f"{card.pan[:-1]}{(last + 1) % 10}")
