"""Reading out put together: the voice, the sound device, the headset's socket, the keypads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

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
    visit: Visit, stage: Stage, keypad: Keypad, sound: SoundSettings, heard: Callable[[str], None]
) -> None:
    """Reads out until it is cancelled; returns at once where there is no voice, which the log says.

    heard: is told each text as it begins to be said.
    """
    try:
        engines = sound.voices.engines("kiosk.sound.voices")
        async with Renderer(cache_directory("speech"), engines=engines, band=FULL) as renderer:
            await _follow(renderer, visit, stage, keypad, sound, heard)
    except (SpeechError, ConfigError) as error:
        log.warning("nothing_is_read_out", reason=str(error))


async def _follow(
    renderer: Renderer,
    visit: Visit,
    stage: Stage,
    keypad: Keypad,
    sound: SoundSettings,
    heard: Callable[[str], None],
) -> None:
    output = Output(FULL.rate)
    speaker = Speaker(renderer, output)
    speaker.heard = lambda saying: heard(saying.text)
    narrator = Narrator(visit, stage, speaker, keypad, sound)
    jack = Jack(sound.jack, visit.plugged_in) if sound.jack else None
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
