"""When somebody who records a message has begun and has ended speaking. Pure: PCM in, times out."""

from __future__ import annotations

from collections import deque

import numpy as np

from speech import sound

SOFTEST_DBFS = -48.0
"""What is softer is never speech: an open line's noise is near -60, soft speech near -40."""
ABOVE_NOISE_DB = 9.0
"""How far speech stands above the noise around the caller."""
LOUDEST_NOISE_DBFS = -30.0
"""More is never taken for noise: somebody who speaks without a pause would be."""
NOISE_PERCENTILE = 15
"""That part of the frames of the last seconds is noise even while somebody speaks: words have gaps."""
NOISE_FRAMES = 250
NOISE_EVERY = 10
"""Frames after which the noise is measured anew."""
SHORTEST_FRAMES = 3
"""60 ms: a click is shorter, a syllable is not."""


class Hearing:
    """Judges a recording while it grows."""

    def __init__(self) -> None:
        self._rest = b""
        self._levels: deque[float] = deque(maxlen=NOISE_FRAMES)
        self._noise = -np.inf
        self._frames = 0
        self._run = 0
        self.last_speech: float | None = None
        """Where the last speech ended, in seconds of the recording; None where there was none yet."""

    @property
    def seconds(self) -> float:
        """How much of the recording was judged."""
        return self._frames * sound.FRAME / sound.RATE

    def hear(self, pcm: bytes) -> None:
        """The next stretch of the recording, of any length."""
        data = self._rest + pcm
        whole = len(data) // (2 * sound.FRAME) * 2 * sound.FRAME
        self._rest = data[whole:]
        frames = sound.from_pcm(data[:whole]).reshape(-1, sound.FRAME)
        energy = np.mean(np.square(frames, dtype=np.float64), axis=1)
        for level in 10 * np.log10(np.maximum(energy, 1e-12)):
            self._frame(float(level))

    def _frame(self, level: float) -> None:
        self._levels.append(level)
        if self._frames % NOISE_EVERY == 0:
            self._noise = float(np.percentile(self._levels, NOISE_PERCENTILE))
        self._frames += 1
        loud = level > max(SOFTEST_DBFS, min(self._noise, LOUDEST_NOISE_DBFS) + ABOVE_NOISE_DB)
        self._run = self._run + 1 if loud else 0
        if self._run >= SHORTEST_FRAMES:
            self.last_speech = self.seconds
