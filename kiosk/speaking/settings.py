"""What a technician sets of sound, in the table ``[kiosk.sound]``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from speech.voices import Voices


class SoundSettings(BaseModel):
    """Where screens are read out, and by whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headset: str = Field(default="", max_length=200)
    """Sound device of the headset's socket, by SDL's name; empty for the usual one."""
    loudspeaker: str = Field(default="", max_length=200)
    """The one that everybody hears; empty for the usual one."""
    jack: Path | None = None
    """Input device of the socket's switch, such as ``/dev/input/by-path/…-event``; none where it has none."""
    private: bool = False
    """Whether one person alone hears whatever is said, as with a handset or a socket without a switch."""
    voices: Voices = Voices()
    """The tables ``[kiosk.sound.voices.zh_cn]`` and ``[kiosk.sound.voices.en]``."""
