"""Keys in the sound: the pairs of tones of ITU-T Q.23, heard as Q.24 asks. Pure: PCM in, keys out.

The sound is looked at in windows of 20 ms, one every 5 ms. In a window is a key where two tones, one of each
group, carry nearly all of the sound, keep their level from its first half to its second, and have their
frequency, which the turn of their phase between the halves tells. Five such windows in a row are a key: 37 ms
of tone are enough and 31 ms are too few, wherever the windows begin. Seven others in a row end it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.sound import RATE

LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)
"""Hertz of the rows and the columns of a telephone's keys."""
PAD = ("123A", "456B", "789C", "*0#D")

BLOCK = 40
"""Samples of 5 ms."""
HALF = 2 * BLOCK
WINDOW = 2 * HALF
TO_BEGIN = 5
"""Windows in a row that are a key."""
TO_END = 7
"""Others in a row that end it: 28 ms of pause, while 15 ms do not cut a tone in two."""

DBM0 = 10 ** (-3.14 / 20)
"""Amplitude of 0 dBm0 where full scale is 1: G.711 is full at 3.14 dBm0."""
SOFTEST = DBM0 * 10 ** (-29 / 20)
"""Amplitude of the softer tone; Q.24 asks for -25 dBm at most."""
HIGH_STRONGER_DB, LOW_STRONGER_DB = 6.0, 10.0
"""Most that one tone may be stronger by; Q.24 asks for 4 and 8 dB at least."""
NEXT_IN_GROUP_DB = 5.0
"""What a tone stands above the others of its group by."""
PART = 0.65
"""Of a window's energy that its two tones carry; what speaks while a key is pressed takes the rest."""
PART_OF_KEY = 0.92
"""The same over the windows of a key's beginning."""
STEADY_DB = 3.0
"""Most that the halves of a window differ by."""
FARTHEST, FARTHEST_OF_KEY = 0.045, 0.023
"""By what part a frequency may be off in one window, and over those of a key's beginning; Q.24 asks that
1.5 % are taken and 3.5 % are not."""

_HERTZ = np.array(LOW + HIGH)
_WAVES = np.exp(-2j * np.pi * np.outer(np.arange(BLOCK), _HERTZ) / RATE)
_WAVES_APART = np.hstack((_WAVES.real, _WAVES.imag))
_PHASES = np.exp(-2j * np.pi * np.outer(np.arange(RATE // BLOCK) * BLOCK, _HERTZ) / RATE)
"""Of the eight tones at each block of a second, after which whole numbers of hertz begin again."""

Complex = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]


class Tones:
    """What one caller's phone sounds like."""

    def __init__(self) -> None:
        self._rest = b""
        self._at = 0
        self._parts: Complex = np.zeros((3, 8), complex)
        self._energy: Floats = np.zeros(3)
        self.pressed = ""
        """The key whose tones sound now, empty where none does."""
        self._others = 0
        self._run: list[tuple[float, float, float]] = []
        self._candidate = ""

    def hear(self, pcm: bytes) -> str:
        """The keys whose tones began in the next stretch of sound (8000 Hz, 16 bit, mono), mostly none."""
        data = self._rest + pcm
        whole = len(data) // (2 * BLOCK) * 2 * BLOCK
        self._rest = data[whole:]
        if not whole:
            return ""
        blocks = np.frombuffer(data[:whole], "<i2").reshape(-1, BLOCK) / 32768.0
        energy = np.concatenate((self._energy, np.einsum("ij,ij->i", blocks, blocks)))
        phases = _PHASES[(self._at + np.arange(len(blocks))) % len(_PHASES)]
        self._at = (self._at + len(blocks)) % len(_PHASES)
        self._energy = energy[-3:]
        if energy.max() < BLOCK * SOFTEST**2 / 2:
            self._parts = np.zeros((3, 8), complex)
            return self._nothing(len(blocks))
        apart = blocks @ _WAVES_APART
        parts = np.concatenate((self._parts, (apart[:, :8] + 1j * apart[:, 8:]) * phases))
        self._parts = parts[-3:]
        return self._judge(parts, energy)

    def _nothing(self, windows: int) -> str:
        """So many windows without a key."""
        for _ in range(min(windows, TO_END)):
            self._window("", (0.0, 0.0, 0.0))
        return ""

    def _judge(self, parts: Complex, energy: Floats) -> str:
        halves = (parts[:-1] + parts[1:]) * (2 / HALF)
        first, second = halves[:-2], halves[2:]
        level = (np.abs(first) + np.abs(second)) / 2
        whole = np.abs(first + second) / 2
        rows, columns = whole[:, :4].argmax(axis=1), 4 + whole[:, 4:].argmax(axis=1)
        every = np.arange(len(whole))
        low, high = level[every, rows], level[every, columns]
        total = energy[:-3] + energy[1:-2] + energy[2:-1] + energy[3:]
        share = WINDOW / 2 / np.maximum(total, 1e-9)
        if ((low**2 + high**2) * share).max() <= PART:
            return self._nothing(len(share))
        off_low = _turned(first[every, rows], second[every, rows])
        off_high = _turned(first[every, columns], second[every, columns])
        # A tone beside its frequency shows less of itself in half a window than it has.
        low, high = low / np.sinc(off_low * HALF / RATE), high / np.sinc(off_high * HALF / RATE)
        part = (low**2 + high**2) * share
        off_low, off_high = off_low / _HERTZ[rows], off_high / _HERTZ[columns]
        quiet, loud = _halves(energy)
        found = (
            (np.minimum(low, high) > SOFTEST)
            & (high < low * 10 ** (HIGH_STRONGER_DB / 20))
            & (low < high * 10 ** (LOW_STRONGER_DB / 20))
            & (part > PART)
            & (loud < quiet * 10 ** (STEADY_DB / 10))
            & (np.abs(off_low) < FARTHEST)
            & (np.abs(off_high) < FARTHEST)
            & _alone(whole[:, :4])
            & _alone(whole[:, 4:])
        )
        keys = ""
        for number in range(len(whole)):
            key = PAD[rows[number]][columns[number] - 4] if found[number] else ""
            keys += self._window(key, (part[number], off_low[number], off_high[number]))
        return keys

    def _window(self, key: str, seen: tuple[float, float, float]) -> str:
        """The key that begins with this window, mostly none."""
        if key != self._candidate:
            self._candidate, self._run = key, []
        if key:
            self._run.append(seen)
        if key and key == self.pressed:
            self._others = 0
            return ""
        self._others += 1
        if self._others >= TO_END:
            self.pressed = ""
        if not key or len(self._run) < TO_BEGIN:
            return ""
        part, *off = np.abs(np.mean(self._run[-TO_BEGIN:], axis=0))
        if part < PART_OF_KEY or max(off) > FARTHEST_OF_KEY:
            return ""
        self.pressed, self._others = key, 0
        return key


def _turned(first: Complex, second: Complex) -> Floats:
    """By how many hertz a tone is off, told by its phase 10 ms later."""
    turned: Floats = np.angle(second * np.conj(first)) / (2 * np.pi * HALF / RATE)
    return turned


def _halves(energy: Floats) -> tuple[Floats, Floats]:
    """Energy of each window's softer and louder half."""
    halves = energy[:-1] + energy[1:]
    return np.minimum(halves[:-2], halves[2:]), np.maximum(halves[:-2], halves[2:])


def _alone(group: Floats) -> npt.NDArray[np.bool_]:
    """Whether the strongest of a group stands above the others."""
    ordered = np.sort(group, axis=1)
    alone: npt.NDArray[np.bool_] = ordered[:, -1] > ordered[:, -2] * 10 ** (NEXT_IN_GROUP_DB / 20)
    return alone
