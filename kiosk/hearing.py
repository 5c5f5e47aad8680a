"""What a resident chose of what is heard. Pure; beside `kiosk.look`."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEVELS = 8
STEP = 3.5
"""Decibels from one level of volume to the next: 24.5 from the lowest to the highest, where EN 301 549,
5.1.3.9 and ADA 707.5.2 ask for 20."""
USUAL = 6


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a visit is heard.

    speaking: each screen is read out; volume: 1 to `LEVELS`; usual: the one that a visit begins with;
    curtain: the screen shows nothing, so that nobody reads along; headset: one is plugged in, and nobody else
    listens; private: nobody else ever does at this terminal; personal: what is personal is to be heard over
    the loudspeaker, too; possible: there is a voice.
    """

    speaking: bool = False
    volume: int = USUAL
    usual: int = USUAL
    curtain: bool = False
    headset: bool = False
    private: bool = False
    personal: bool = False
    possible: bool = False

    @property
    def alone(self) -> bool:
        """Whether nobody else hears what is said."""
        return self.headset or self.private

    def louder(self, by: int) -> Hearing:
        """So many levels louder, or softer, as far as that goes."""
        return replace(self, volume=min(max(self.volume + by, 1), LEVELS))

    def over(self) -> Hearing:
        """At the end of a visit: the usual volume, light, and nothing personal aloud; a headset that is still
        in goes on being spoken to."""
        return replace(self, speaking=self.headset, volume=self.usual, curtain=False, personal=False)

    def begins_at(self, volume: int) -> Hearing:
        """A visit begins with that volume, the present one too."""
        return replace(self, volume=volume, usual=volume)


UNHEARD = Hearing()


def decibels(volume: int) -> float:
    """How much softer than it is recorded a level is."""
    return (volume - LEVELS) * STEP
