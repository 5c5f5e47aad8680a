"""A county's own recordings: ``FOLDER/zh_CN/main.menu.wav`` is heard instead of the text ``main.menu``.

``FOLDER/recordings.json`` remembers of what text each was made: ``{"zh_CN": {"main.menu": "<hash>"}}``. Where
the text has changed since, the recording may name keys that are others now, and is not heard until it is made
anew or confirmed. One that is not in the list was put there by hand, and is heard.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from foundation.language import Language
from ivr.script import what_is_said
from speech import sound
from speech.errors import RecordingUnusable

LARGEST_FILE = 64 << 20
"""Bytes: six minutes of 48 kHz stereo."""
NOISE_PEAK = 5.0
"""How far the peaks of noise stand above its RMS level."""
FAINTEST = 10 ** (-36 / 20)
"""What is louder is never noise, after speech has been brought to its level."""
LIST = "recordings.json"
LARGEST_LIST = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


class Age(StrEnum):
    """How a recording stands to its text."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    """The text was another when it was recorded."""
    UNKNOWN = "unknown"
    """It was put there by hand."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that is there, and what tells it from its earlier versions."""

    path: Path
    version: str

    def pcm(self) -> bytes:
        """As the telephone carries it, as loud as the voice of the engine. Raises RecordingUnusable."""
        heard = as_heard(*read(self.path))
        if not heard.size:
            raise RecordingUnusable("holds only silence")
        return sound.to_pcm(heard)


class Recordings:
    """The folder. It is looked at anew each time, so that a recording can be put in while the line serves."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._list: Mapping[str, Mapping[str, str]] = {}
        self._listed: tuple[int, int] | None = None

    def find(self, name: str, language: Language, text: str) -> Recording | None:
        """The recording of a text, if there is one that may be heard."""
        if self.folder is None or not _NAME.fullmatch(name):
            return None
        path = self.path(name, language)
        try:
            status = path.stat()
        except OSError:
            return None
        if self._age(name, language, text) is Age.OUTDATED:
            return None
        return Recording(path, f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}")

    def age(self, name: str, language: Language, text: str) -> Age:
        """How the recording of a text stands to it."""
        if self.folder is None or not self.path(name, language).is_file():
            return Age.MISSING
        return self._age(name, language, text)

    def path(self, name: str, language: Language) -> Path:
        """Where the recording lies, or would lie."""
        assert self.folder is not None
        return self.folder / language.value / f"{name}.wav"

    def names(self, language: Language) -> list[str]:
        """Of every recording that is there, known or not."""
        return (
            sorted(file.stem for file in self.folder.glob(f"{language.value}/*.wav")) if self.folder else []
        )

    def _age(self, name: str, language: Language, text: str) -> Age:
        recorded = self._read_list().get(language.value, {}).get(name)
        if recorded is None:
            return Age.UNKNOWN
        return Age.CURRENT if recorded == text_hash(text) else Age.OUTDATED

    def _read_list(self) -> Mapping[str, Mapping[str, str]]:
        assert self.folder is not None
        try:
            status = (self.folder / LIST).stat()
        except OSError:
            return {}
        if (seen := (status.st_mtime_ns, status.st_size)) != self._listed:
            self._list, self._listed = read_list(self.folder), seen
        return self._list


def text_hash(text: str) -> str:
    """Of what is heard of a text: another mark, or another space, makes no other recording."""
    return hashlib.sha256(what_is_said(text).encode()).hexdigest()[:16]


def read_list(folder: Path) -> dict[str, dict[str, str]]:
    """The hashes by language and name; empty where there is no list, or a damaged one."""
    try:
        file = folder / LIST
        found = json.loads(file.read_bytes()) if file.stat().st_size <= LARGEST_LIST else {}
        return {language: {**names} for language, names in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def as_heard(samples: sound.Samples, hertz: int) -> sound.Samples:
    """At the telephone's rate, as loud as everything else, and only then cut: a soft voice is no silence, and
    the noise of a room is."""
    whole = sound.levelled(sound.to_telephone(samples, hertz))
    quiet = np.clip(NOISE_PEAK * sound.floor_level(whole), sound.QUIET, FAINTEST)
    return sound.trimmed(whole, quiet=float(quiet))


def read(path: Path) -> tuple[sound.Samples, int]:
    """The samples of a file, its channels mixed to one, and their rate. Raises RecordingUnusable."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RecordingUnusable(f"larger than {LARGEST_FILE >> 20} MiB")
        return sound.read(path.read_bytes())
    except OSError as error:
        raise RecordingUnusable(error.strerror or "cannot be read") from None
