"""Finding the speech engine that the settings name, for each language."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from pydantic import BaseModel, ConfigDict, Field

from foundation.config import ConfigError
from foundation.language import Language
from speech.engine import Engine
from speech.espeak import Espeak
from speech.piper import Piper

GROUP = "huimin.speech_engines"
"""Entry points of further engines: classes below Engine."""
ENGINES: Mapping[str, type[Engine]] = {"espeak-ng": Espeak, "piper": Piper}


class Voice(BaseModel):
    """Who speaks one language: a table such as ``[ivr.voices.zh_cn]`` or ``[kiosk.sound.voices.en]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = "espeak-ng"
    """espeak-ng, piper, or the name of a plug-in."""
    voice: str = Field(default="", max_length=4096)
    """In the engine's terms: a name of espeak-ng's, a file of Piper's. Empty for the usual one."""
    pace: float = Field(default=1.0, ge=0.5, le=2.0)
    """1.0 is the usual one, made for callers who hear badly; 1.2 is a fifth faster."""


class Voices(BaseModel):
    """Who speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh_cn: Voice = Voice()
    en: Voice = Voice()

    def engines(self, table: str = "ivr.voices") -> dict[Language, Engine]:
        """One for each language, not yet checked. Raises ConfigError where there is none of that name.

        table: where they are configured, for that error.
        """
        return {
            language: engine(language, voice, table)
            for language, voice in ((Language.ZH_CN, self.zh_cn), (Language.EN, self.en))
        }


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
