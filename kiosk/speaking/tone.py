"""A short tone, for what must not be missed by somebody who looks away: a time limit, a card left behind.

Two notes, so that it is told from a fault's buzz; rising for a question, falling for what was forgotten. It
goes to whoever listens now, and says nothing that others may not hear.
"""

from __future__ import annotations

import asyncio

from foundation.log import logger
from kiosk.hearing import Hearing, decibels
from kiosk.speaking.note import RATE, note
from kiosk.speaking.output import Output, SoundLost
from kiosk.speaking.settings import SoundSettings
from kiosk.visit.visit import Signal, Visit

NOTE_SECONDS = 0.16
LOUD = 9_000
"""Of 32767, at the highest volume."""
NOTES = {Signal.ASKED: (660.0, 880.0), Signal.CARD_LEFT: (880.0, 587.0)}
"""In hertz: between 300 and 1,000, which old ears still hear well."""
log = logger(__name__)


def pcm(signal: Signal, hearing: Hearing) -> bytes:
    """The tone, 16 bit little endian, one channel, in the volume of the visit."""
    peak = LOUD * 10 ** (decibels(hearing.volume) / 20)
    return b"".join(note(hertz, NOTE_SECONDS, peak).tobytes() for hertz in NOTES[signal])


class Tone:
    """Plays one tone at a time, on a device that is open only meanwhile. Nothing waits for it."""

    def __init__(self, visit: Visit, sound: SoundSettings) -> None:
        self._visit = visit
        self._sound = sound
        self._playing: asyncio.Task[None] | None = None

    def signal(self, signal: Signal) -> None:
        """Begins to play, unless one is being played."""
        if self._playing is None or self._playing.done():
            self._playing = asyncio.get_running_loop().create_task(self._play(signal))

    async def close(self) -> None:
        """Silence."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self, signal: Signal) -> None:
        hearing = self._visit.view.hearing
        output = Output(RATE)
        try:
            await output.open(self._sound.headset if hearing.headset else self._sound.loudspeaker)
            output.play(pcm(signal, hearing))
            while output.left and not output.lost:  # noqa: ASYNC110 (SDL tells nobody)
                await asyncio.sleep(0.05)
        except SoundLost as error:
            log.info("no_tone", reason=str(error))
        finally:
            output.close()
