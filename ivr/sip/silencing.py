"""Silencing the tones of keys in what was recorded: who hears it must not read off what was keyed. Pure.

Phones that send keys as events mostly leave their tones out of the sound, but some let the beginning through,
and a phone without events sends nothing else. So the sound itself is looked through, however the keys came.
`ivr.sip.keys.tones` tells keys from everything else while somebody waits; this leaves rather too little
than too much, with the whole recording at hand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ivr.sip.keys.tones import HIGH, LOW
from speech import sound

OFF = (0.985, 1.0, 1.015)
"""A phone's frequency may be so much beside the right one (Q.24: 1.5 to 1.8 %)."""
WINDOW = sound.RATE // 40
"""25 ms: so long a look tells the nearest frequencies apart."""
STEP = sound.RATE // 100
SHARE = 0.75
"""That part of the sound is in the two tones; of speech it nearly never is."""
WEAKER = 0.08
"""That part at least is in the weaker one: networks weaken one tone by up to 8 dB (Q.24)."""
SOFTEST_DBFS = -45.0
AROUND = sound.RATE // 50
"""Silenced before and after as well: the tone's edges."""


def without_tones(pcm: bytes) -> bytes:
    """The same recording with silence where keys sounded for at least 35 ms, two looks in a row."""
    if len(pcm) < 2 * (WINDOW + STEP):
        return pcm
    heard = np.concatenate([[False], _looks(pcm), [False]]).astype(np.int8)
    samples = np.frombuffer(pcm, "<i2").copy()
    for begin, end in np.flatnonzero(np.diff(heard)).reshape(-1, 2):
        samples[max(0, begin * STEP - AROUND) : (end - 1) * STEP + WINDOW + AROUND] = 0
    return samples.tobytes()


def _looks(pcm: bytes) -> npt.NDArray[np.bool_]:
    """For each look whether a key sounds in it."""
    samples = sound.from_pcm(pcm)
    looks = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP]
    energy = np.einsum("ij,ij->i", looks, looks) + 1e-12
    found_at = np.abs(looks @ _WAVES).reshape(len(looks), -1, len(OFF)).max(axis=2)
    shares = found_at**2 * 2 / (WINDOW * energy[:, None])
    low, high = shares[:, : len(LOW)], shares[:, len(LOW) :]
    first, second = low.max(axis=1), high.max(axis=1)
    found = (first + second > SHARE) & (np.minimum(first, second) > WEAKER)
    found &= energy / WINDOW > 10 ** (SOFTEST_DBFS / 10)
    key = np.where(found, low.argmax(axis=1) * len(HIGH) + high.argmax(axis=1), -1)
    same = (key[1:] == key[:-1]) & found[1:]
    lasting = np.zeros(len(key), dtype=bool)
    lasting[1:] |= same
    lasting[:-1] |= same
    return lasting


_TIME = np.arange(WINDOW) / sound.RATE
_HERTZ = np.outer(LOW + HIGH, OFF).ravel()
_WAVES = np.exp(-2j * np.pi * np.outer(_TIME, _HERTZ)).astype(np.complex64)
