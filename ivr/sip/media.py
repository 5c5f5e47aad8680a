"""Sound in memory that PJSIP plays or writes as if it were a file.

Nothing that a caller says or hears meets a disk, and no thread of PJSIP ever calls back into Python: the end
of a file would be told by such a thread, and letting go of a player at that moment is a known crash
(pjproject #4812, #5045). So a player's file goes on with silence and its position is looked at instead.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
import tempfile
from pathlib import Path
from typing import ClassVar

import pjsua2 as pj

from speech import sound

HEADER = struct.Struct("<4sI4s 4sIHHIIHH 4sI")
"""A WAV file's bytes before its samples, which PJSIP writes too; the last four are the samples' length."""
SILENCE_BEHIND = 600 * 2 * sound.RATE
"""Bytes of silence after what is played: ten minutes, none of which takes memory."""
STEP = 0.01
"""Seconds between two looks at what PJSIP's threads are doing."""
FINISH_STEPS = 50
"""Steps to wait for the end of a recording."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PUNCH_HOLE = 0x02 | 0x01
"""FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE of Linux."""
_fallocate = ctypes.CDLL(None, use_errno=True).fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class _Sound:
    """A sound as a file in memory, once for all players that play it at the same time; then it is gone."""

    _in_use: ClassVar[dict[bytes, _Sound]] = {}

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm
        self._players = 0
        self._memory = os.memfd_create("speech", os.MFD_CLOEXEC)
        try:
            size = len(pcm) + SILENCE_BEHIND
            os.writev(self._memory, [_header(size), pcm])
            os.ftruncate(self._memory, HEADER.size + size)
        except BaseException:
            os.close(self._memory)
            raise
        self.name = f"/proc/self/fd/{self._memory}"

    @classmethod
    def of(cls, pcm: bytes) -> _Sound:
        """For one more player, which gives it back."""
        found = cls._in_use.get(pcm)
        if found is None:
            found = cls._in_use[pcm] = cls(pcm)
        found._players += 1
        return found

    def give_back(self) -> None:
        """One player plays it no more."""
        self._players -= 1
        if not self._players:
            del self._in_use[self._pcm]
            os.close(self._memory)


class Player:
    """Plays PCM once, to what its `port` is connected to; while that is nothing, it waits."""

    def __init__(self, pcm: bytes) -> None:
        self._length = len(pcm) // 2
        self.port: pj.AudioMediaPlayer | None = None
        self._sound: _Sound | None = _Sound.of(pcm)
        try:
            port = pj.AudioMediaPlayer()
            port.createPlayer(self._sound.name, pj.PJMEDIA_FILE_NO_LOOP)
            self.port = port
        except BaseException:
            self.stop()
            raise

    async def played(self) -> None:
        """Waits until the last sample was sent."""
        seen = 0
        while seen < 2:  # a position read while PJSIP refills its buffer is wrong for that moment
            left = self._left()
            seen = seen + 1 if left <= 0 else 0
            await asyncio.sleep(max(STEP, left / sound.RATE))

    def stop(self) -> None:
        """Ends the sound: PJSIP takes the player out before its next frame of 20 ms. May be repeated."""
        self.port = None
        if self._sound is not None:
            self._sound.give_back()
            self._sound = None

    def _left(self) -> int:
        """Samples still to be sent."""
        return self._length - self.port.getPos() if self.port is not None else 0


def _header(size: int) -> bytes:
    """Of a WAV file with `size` bytes of 16-bit mono PCM."""
    return HEADER.pack(
        *(b"RIFF", HEADER.size - 8 + size, b"WAVE"),
        *(b"fmt ", 16, 1, 1, sound.RATE, 2 * sound.RATE, 2, 16),
        *(b"data", size),
    )


class Recorder:
    """Records what is connected to its `port`. It can be read meanwhile: in our own build each frame of 20 ms
    together with the next one, in the ready wheel quarters of a second."""

    def __init__(self) -> None:
        self._memory = os.memfd_create("recording", os.MFD_CLOEXEC)
        self.port: pj.AudioMediaRecorder | None = None
        try:
            # PJSIP tells the format by the ending of a name, so the memory gets one for a moment.
            with tempfile.TemporaryDirectory(prefix="huimin-ivr-") as folder:
                name = Path(folder) / "recording.wav"
                name.symlink_to(f"/proc/self/fd/{self._memory}")
                port = pj.AudioMediaRecorder()
                port.createRecorder(str(name))
                self.port = port
        except BaseException:
            self.close()
            raise

    def written(self, start: int = 0) -> bytes:
        """PCM from byte `start` on, as far as it was written."""
        size = os.fstat(self._memory).st_size - HEADER.size - start
        return os.pread(self._memory, size // 2 * 2, HEADER.size + start) if size > 1 else b""

    def forget(self, end: int) -> None:
        """Gives back the memory of what was written before byte `end`, which reads as zeros from then on."""
        whole = (HEADER.size + end) // _PAGE * _PAGE
        if _fallocate(self._memory, _PUNCH_HOLE, 0, whole):
            raise OSError(ctypes.get_errno(), "memory of a recording cannot be given back")

    async def finish(self) -> bytes:
        """Ends the recording and returns all of it, once a thread of PJSIP has written the rest."""
        self.port = None
        for _ in range(FINISH_STEPS):
            if os.pread(self._memory, 4, HEADER.size - 4) not in {b"", b"\0\0\0\0"}:
                break
            await asyncio.sleep(STEP)
        return self.written()

    def close(self) -> None:
        """Forgets it. May be repeated."""
        self.port = None
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
