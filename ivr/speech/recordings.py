"""A county's own recordings: ``FOLDER/zh_CN/menu.main.wav`` is heard instead of the text ``menu.main``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from foundation.language import Language
from ivr.speech import sound
from ivr.speech.errors import RecordingUnusable

LARGEST_FILE = 64 << 20
"""Bytes: six minutes of 48 kHz stereo."""
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that is there, and what tells it from its earlier versions."""

    path: Path
    version: str

    def pcm(self) -> bytes:
        """As the telephone carries it, as loud as the voice of the engine. Raises RecordingUnusable."""
        try:
            if self.path.stat().st_size > LARGEST_FILE:
                raise RecordingUnusable(f"larger than {LARGEST_FILE >> 20} MiB")
            samples, rate = sound.read(self.path.read_bytes())
        except OSError as error:
            raise RecordingUnusable(error.strerror or "cannot be read") from None
        heard = sound.trimmed(sound.to_telephone(samples, rate))
        if not heard.size:
            raise RecordingUnusable("holds only silence")
        return sound.to_pcm(sound.levelled(heard))


class Recordings:
    """The folder. It is looked at anew each time, so that a recording can be put in while the line serves."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, name: str, language: Language) -> Recording | None:
        """The recording of a prompt, if there is one."""
        if self._folder is None or not _NAME.fullmatch(name):
            return None
        path = self._folder / language.value / f"{name}.wav"
        try:
            status = path.stat()
        except OSError:
            return None
        return Recording(path, f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}")
