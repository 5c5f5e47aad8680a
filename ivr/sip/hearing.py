"""When somebody who records a message has begun and has ended speaking. Pure: PCM in, times out."""

from __future__ import annotations

import numpy as np

from ivr.speech import sound

SOFTEST_DBFS = -48.0
"""What is softer is never speech: an open line's noise is near -60, soft speech near -40."""
ABOVE_NOISE_DB = 9.0
"""How far speech stands above the noise around the caller."""
NOISE_PERCENTILE = 15
"""That part of the frames of the last seconds is noise even while somebody speaks: words have gaps."""
NOISE_FRAMES = 250
SHORTEST_FRAMES = 3
"""60 ms: a click is shorter, a syllable is not."""


class Hearing:
    """Judges a recording while it grows."""

    def __init__(self) -> None:
        self._rest = b""
        self._levels: list[float] = []
        self._run = 0
        self.seconds = 0.0
        self.last_speech: float | None = None
        """Where the last speech ended, in seconds of the recording; None where there was none yet."""

    def hear(self, pcm: bytes) -> None:
        """The next stretch of the recording, of any length."""
        data = self._rest + pcm
        whole = len(data) // (2 * sound.FRAME) * 2 * sound.FRAME
        self._rest = data[whole:]
        for frame in sound.from_pcm(data[:whole]).reshape(-1, sound.FRAME):
            self._frame(20 * np.log10(max(float(np.sqrt(np.mean(np.square(frame)))), 1e-6)))

    def _frame(self, level: float) -> None:
        self.seconds += sound.FRAME / sound.RATE
        self._levels = [*self._levels[-NOISE_FRAMES + 1 :], level]
        noise = float(np.percentile(self._levels, NOISE_PERCENTILE))
        loud = level > max(SOFTEST_DBFS, min(noise, -30.0) + ABOVE_NOISE_DB)
        self._run = self._run + 1 if loud else 0
        if self._run >= SHORTEST_FRAMES:
            self.last_speech = self.seconds
