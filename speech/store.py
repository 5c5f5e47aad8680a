"""Rendered speech on disk: written whole or not at all, and never more than a given size."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import wave
from pathlib import Path

from speech import sound

LARGEST = 256 << 20
"""Bytes kept: over four hours of speech."""
CLEARED_TO = 0.8
"""Part of the size that is left after clearing, so that it is not needed at every new text."""
LEFT_ALONE = 120.0
"""Seconds a partly written file may be old before clearing takes it for a leftover."""


class Store:
    """WAV files named by what they are made from. What was not heard for longest goes first."""

    def __init__(self, folder: Path, largest: int = LARGEST, *, rate: int = sound.RATE) -> None:
        """rate: samples a second of all that is kept there."""
        self._folder = folder
        self._rate = rate
        self._largest = largest
        self._size: int | None = None

    @staticmethod
    def key(*made_from: str) -> str:
        """A name for a sound: the hash of everything that would change it."""
        return hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:40]

    def get(self, key: str) -> bytes | None:
        """PCM, or None where it is not there or damaged."""
        path = self._path(key)
        try:
            with wave.open(str(path)) as file:
                if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (self._rate, 1, 2):
                    return None
                pcm: bytes = file.readframes(file.getnframes())
                if len(pcm) != 2 * file.getnframes():
                    return None
            os.utime(path)
        except (OSError, EOFError, wave.Error):
            return None
        return pcm

    def put(self, key: str, pcm: bytes) -> None:
        """Keeps PCM. Where the disk is full or read-only it is not kept: that is no reason not to speak."""
        data = sound.wav(pcm, self._rate)
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._grown(len(data))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.wav"

    def _grown(self, by: int) -> None:
        self._size = self._measure() if self._size is None else self._size + by
        if self._size > self._largest:
            self._clear()

    def _measure(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("*/*.wav"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _clear(self) -> None:
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= self._largest * CLEARED_TO:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                left -= size
        self._size = left
        for path in self._folder.glob("*/.*.part"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - LEFT_ALONE:
                    path.unlink()
