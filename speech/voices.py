"""Who speaks which language, as it is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from foundation.language import Language

if TYPE_CHECKING:
    from speech.engine import Engine


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
        from speech.engines import engine  # noqa: PLC0415 (the words of pinyin take half a second to load)

        return {
            language: engine(language, voice, table)
            for language, voice in ((Language.ZH_CN, self.zh_cn), (Language.EN, self.en))
        }
