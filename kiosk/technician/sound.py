"""A tone on one side, for hearing whether the loudspeakers or the headset's socket are connected rightly."""

from __future__ import annotations

import asyncio
from array import array

from kiosk.hearing import decibels
from kiosk.speaking.note import RATE, note
from kiosk.speaking.output import Output, SoundLost

SECONDS = 0.8
HERTZ = {True: 440.0, False: 660.0}
"""Of the left side and of the right one, so that nobody takes one for the other."""
FULL_SCALE = 0x7FFF
REST_SECONDS = 0.5
"""After it, within which all of it must have been taken from the queue."""


def tone(*, left: bool, volume: int) -> bytes:
    """Stereo PCM, 16 bit little-endian, one side silent. volume: as in `kiosk.hearing`."""
    loud = FULL_SCALE * 0.7 * 10 ** (decibels(volume) / 20)
    side = note(HERTZ[left], SECONDS, loud)
    samples = array("h", bytes(4 * len(side)))
    samples[0 if left else 1 :: 2] = side
    return samples.tobytes()


async def play(device: str, *, left: bool, volume: int) -> None:
    """Plays it to its end. device: by SDL's name, the usual one where empty. Raises SoundLost."""
    output = Output(RATE, channels=2)
    try:
        await output.open(device)
        output.play(tone(left=left, volume=volume))
        await asyncio.sleep(SECONDS + REST_SECONDS)
        if output.lost or output.left:
            raise SoundLost("it does not play what it is given")
    finally:
        output.close()
