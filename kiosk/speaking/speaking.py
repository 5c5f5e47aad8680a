"""Reading out put together: the voice, the sound device, the headset's socket, the keypads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from kivy.core.window import Window

from foundation.log import logger
from kiosk.cache import cache_directory
from kiosk.screens.stage import Stage
from kiosk.speaking.headset import Jack
from kiosk.speaking.narrator import Narrator
from kiosk.speaking.output import Output
from kiosk.speaking.settings import SoundSettings
from kiosk.speaking.speaker import Saying, Speaker
from kiosk.visit.keypad import Keypad
from kiosk.visit.visit import Visit
from speech.errors import SpeechError
from speech.rendering import Renderer
from speech.sound import FULL

log = logger(__name__)

KEPT = 500
"""Texts that the inspection can still be told of."""


class Speaking:
    """Reads out from `open` to `close`, where there is a voice."""

    def __init__(
        self, visit: Visit, stage: Stage, keypad: Keypad, sound: SoundSettings, *, keep: bool
    ) -> None:
        """keep: whether texts are kept for the inspection, which real terminals are without."""
        self._visit = visit
        self._stage = stage
        self._keypad = keypad
        self._sound = sound
        self._running: asyncio.Task[None] | None = None
        self._spoken: deque[str] = deque(maxlen=KEPT if keep else 0)
        self._count = 0

    def open(self) -> None:
        """Begins, without holding up the first picture."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Silence."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def spoken(self, after: int) -> tuple[int, Sequence[str]]:
        """How many texts have begun to be said, and those after so many: for the inspection."""
        new = max(0, min(self._count - after, len(self._spoken)))
        return self._count, list(self._spoken)[len(self._spoken) - new :]

    async def _run(self) -> None:
        engines = self._sound.voices.engines("kiosk.sound.voices")
        renderer = Renderer(cache_directory("speech"), engines=engines, band=FULL)
        try:
            async with renderer:
                await self._follow(renderer)
        except SpeechError as error:
            log.warning("nothing_is_read_out", reason=str(error))

    async def _follow(self, renderer: Renderer) -> None:
        output = Output(FULL.rate)
        speaker = Speaker(renderer, output)
        speaker.heard = self._heard
        narrator = Narrator(self._visit, self._stage, speaker, self._keypad, self._sound)
        jack = Jack(self._sound.jack, self._visit.plugged_in) if self._sound.jack else None
        Window.bind(on_key_down=narrator.key_down)
        narrator.open()
        if jack:
            jack.open()
        try:
            await asyncio.Event().wait()
        finally:
            Window.unbind(on_key_down=narrator.key_down)
            if jack:
                jack.close()
            narrator.close()
            output.close()

    def _heard(self, saying: Saying) -> None:
        self._count += 1
        self._spoken.append(saying.text)
