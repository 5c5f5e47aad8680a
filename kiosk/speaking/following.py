"""Reading out put together: the voice, the sound device, the headset's socket, the keypads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kivy.core.window import Window

from foundation.config import ConfigError
from foundation.log import logger
from kiosk.cache import cache_directory
from kiosk.screens.stage import Stage
from kiosk.speaking.headset import Jack
from kiosk.speaking.narrator import Narrator
from kiosk.speaking.output import Output
from kiosk.speaking.settings import SoundSettings
from kiosk.speaking.speaker import Speaker
from kiosk.visit.keypad import Keypad
from kiosk.visit.visit import Visit
from speech.errors import SpeechError
from speech.rendering import Renderer
from speech.sound import FULL

log = logger(__name__)


async def follow(
    visit: Visit, stage: Stage, keypad: Keypad, sound: SoundSettings, heard: Callable[[int, str], None]
) -> None:
    """Reads out until it is cancelled; returns at once where there is no voice, which the log says.

    heard: see `Speaker`.
    """
    output = Output(FULL.rate)
    try:
        engines = sound.voices.engines("kiosk.sound.voices")
        async with Renderer(cache_directory("speech"), engines=engines, band=FULL) as renderer:
            speaker = Speaker(renderer, output)
            speaker.heard = heard
            narrator = Narrator(visit, stage, speaker, keypad, sound)
            jack = Jack(sound.jack, visit.plugged_in) if sound.jack else None
            with _listening(narrator, jack):
                await asyncio.Event().wait()
    except (SpeechError, ConfigError) as error:
        log.warning("nothing_is_read_out", reason=str(error))
    finally:
        output.close()


@contextmanager
def _listening(narrator: Narrator, jack: Jack | None) -> Iterator[None]:
    """Keys and the socket are heard of while the block runs."""
    Window.bind(on_key_down=narrator.key_down)
    narrator.open()
    if jack:
        jack.open()
    try:
        yield
    finally:
        if jack:
            jack.close()
        narrator.close()
        Window.unbind(on_key_down=narrator.key_down)
