"""Whether somebody has spoken in a recording. Pure."""

from __future__ import annotations

import io
import wave

import numpy as np

FRAME = 160
"""Samples of one 20 ms frame at 8000 Hz."""
QUIET = 10 ** (-42 / 20)
"""RMS of full scale below which a frame is noise of the line; speech on the phone is near -20 dBFS."""
SHORTEST = 0.3
"""Seconds of sound that make an answer; less is a click or a breath."""


def has_voice(wav: bytes) -> bool:
    """Whether a WAV file (8000 Hz, 16 bit, mono) holds at least `SHORTEST` seconds of sound."""
    if not wav:
        return False
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    loud = np.sqrt(np.mean(np.square(frames), axis=1)) > QUIET
    return int(loud.sum()) * FRAME / 8000 >= SHORTEST
