"""Keys that only sound: of a phone whose offer has no telephone-event, until the call ends.

PJSIP writes what the caller's phone sends into memory, which is read here and given back. No thread of PJSIP
calls into Python: with many calls each would wait for it, and the callers with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pjsua2 as pj

from ivr.sip.keys.tones import Tones
from ivr.sip.media import Recorder

LOOK_SECONDS = 0.03
"""Between two looks at what was written."""
GIVEN_BACK = 1 << 16
"""Bytes that are read before their memory is given back: four seconds."""


class InBand:
    """Listens to what is connected to its `port` from the moment it is made until `close`."""

    def __init__(self, pressed: Callable[[str], None], held: Callable[[], None]) -> None:
        """pressed: called with each key as its tones begin; held: while the last one sounds on."""
        self._pressed = pressed
        self._held = held
        self._tones = Tones()
        self._recorder = Recorder()
        self._listening = asyncio.create_task(self._listen())

    @property
    def port(self) -> pj.AudioMediaRecorder | None:
        """What the caller's sound is connected to; None once it is closed."""
        return self._recorder.port

    def close(self) -> None:
        """Ends it. May be repeated."""
        self._listening.cancel()
        self._recorder.close()

    async def _listen(self) -> None:
        read = given_back = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            pcm = self._recorder.written(read)
            if not pcm:
                continue
            read += len(pcm)
            for key in self._tones.hear(pcm):
                self._pressed(key)
            if self._tones.pressed:
                self._held()
            if read - given_back > GIVEN_BACK:
                self._recorder.forget(read)
                given_back = read
