"""Sound out: PCM to a headset or a loudspeaker, through the SDL that Kivy brings along.

SDL feeds the device from a thread of its own, so that neither a slow picture nor Python's lock leaves a gap,
and what is queued there can be taken back at once (SDL 2, SDL_audio.h). The queue is never waited for.
"""

from __future__ import annotations

import asyncio
import ctypes
import ctypes.util
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from functools import cache
from pathlib import Path

import kivy

from foundation.log import logger

log = logger(__name__)

SAMPLES = 512
"""Of one buffer of the device: 23 ms at 22050 Hz, which is what stopping and beginning take."""
_INIT_AUDIO = 0x10
_S16_LE = 0x8010
_STOPPED = 0


class SoundLost(Exception):
    """There is no such device, or it has gone. The message is SDL's."""


class _Spec(Structure):
    """SDL_AudioSpec."""

    _fields_ = [
        ("freq", c_int),
        ("format", c_uint16),
        ("channels", c_uint8),
        ("silence", c_uint8),
        ("samples", c_uint16),
        ("padding", c_uint16),
        ("size", c_uint32),
        ("callback", c_void_p),
        ("userdata", c_void_p),
    ]


@cache
def _sdl() -> ctypes.CDLL:
    """The library that draws the window, or the system's. Raises SoundLost."""
    brought = Path(kivy.__file__).parent.parent.glob("[Kk]ivy.libs/libSDL2-2*")
    name = next(map(str, brought), None) or ctypes.util.find_library("SDL2-2.0")
    if name is None:
        raise SoundLost("no libSDL2")
    sdl = ctypes.CDLL(name)
    sdl.SDL_GetError.restype = c_char_p
    sdl.SDL_OpenAudioDevice.argtypes = (c_char_p, c_int, POINTER(_Spec), POINTER(_Spec), c_int)
    sdl.SDL_OpenAudioDevice.restype = c_uint32
    sdl.SDL_QueueAudio.argtypes = (c_uint32, c_char_p, c_uint32)
    sdl.SDL_GetQueuedAudioSize.argtypes = (c_uint32,)
    sdl.SDL_GetQueuedAudioSize.restype = c_uint32
    for name in ("SDL_ClearQueuedAudio", "SDL_CloseAudioDevice", "SDL_GetAudioDeviceStatus"):
        getattr(sdl, name).argtypes = (c_uint32,)
    sdl.SDL_PauseAudioDevice.argtypes = (c_uint32, c_int)
    return sdl


class Output:
    """One device, open from `open` to `close`."""

    def __init__(self, rate: int, channels: int = 1) -> None:
        """rate: samples a second, 16 bit, of each channel."""
        self._rate = rate
        self._channels = channels
        self._device = 0

    async def open(self, name: str) -> None:
        """Opens a device by SDL's name, the usual one where it is empty. Raises SoundLost.

        Opening may take a second, in a thread meanwhile.
        """
        self.close()
        self._device = await asyncio.to_thread(self._open, name)

    def _open(self, name: str) -> int:
        sdl = _sdl()
        if sdl.SDL_InitSubSystem(_INIT_AUDIO) != 0:
            raise SoundLost(_error(sdl))
        wanted = _Spec(freq=self._rate, format=_S16_LE, channels=self._channels, samples=SAMPLES)
        got = _Spec()
        device: int = sdl.SDL_OpenAudioDevice(name.encode() or None, 0, byref(wanted), byref(got), 0)
        if not device:
            raise SoundLost(_error(sdl))
        sdl.SDL_PauseAudioDevice(device, 0)
        return device

    @property
    def lost(self) -> bool:
        """Whether nothing can be heard: it was not opened, or pulled out."""
        return not self._device or _sdl().SDL_GetAudioDeviceStatus(self._device) == _STOPPED

    @property
    def left(self) -> float:
        """Seconds of sound that are still to come."""
        if not self._device:
            return 0.0
        return float(_sdl().SDL_GetQueuedAudioSize(self._device)) / 2 / self._channels / self._rate

    def play(self, pcm: bytes) -> None:
        """Puts sound behind what is still to come. Of a device that is lost nothing is heard."""
        if self._device and _sdl().SDL_QueueAudio(self._device, pcm, len(pcm)) != 0:
            log.warning("sound_not_queued", reason=_error(_sdl()))

    def stop(self) -> None:
        """Takes back all that is still to come."""
        if self._device:
            _sdl().SDL_ClearQueuedAudio(self._device)

    def close(self) -> None:
        """Lets go of the device; may be repeated."""
        if self._device:
            _sdl().SDL_CloseAudioDevice(self._device)
            self._device = 0


def _error(sdl: ctypes.CDLL) -> str:
    said: bytes = sdl.SDL_GetError()
    return said.decode(errors="replace") or "no sound device"
