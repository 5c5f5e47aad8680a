"""Finding the speech engine that the settings name, for each language."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from foundation.config import ConfigError
from foundation.language import Language
from speech.engine import Engine
from speech.espeak import Espeak
from speech.piper import Piper
from speech.voices import Voice

GROUP = "huimin.speech_engines"
"""Entry points of further engines: classes below Engine."""
ENGINES: Mapping[str, type[Engine]] = {"espeak-ng": Espeak, "piper": Piper}


def engine(language: Language, voice: Voice, table: str = "ivr.voices") -> Engine:
    """The one that is named. Raises ConfigError."""
    made = ENGINES.get(voice.engine)
    if made is None:
        there = entry_points(group=GROUP)
        found = [point for point in there if point.name == voice.engine]
        if not found:
            known = ", ".join(sorted({*ENGINES, *(point.name for point in there)}))
            raise ConfigError(
                f"{table}.{language.value.lower()}.engine: there is no speech engine {voice.engine!r}; "
                f"there are {known}"
            )
        made = found[0].load()
        if not (isinstance(made, type) and issubclass(made, Engine)):
            raise ConfigError(
                f"{table}.{language.value.lower()}.engine: {found[0].value}, which {voice.engine!r} "
                "stands for, is no class below speech.engine.Engine"
            )
    return made(language, voice.voice, voice.pace)
