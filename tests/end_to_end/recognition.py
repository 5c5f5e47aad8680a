"""What somebody who understands English would hear in a recording of a call."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder

RATE = 16_000
"""Of the recogniser's model."""
DIGIT = "(zero | one | two | three | four | five | six | seven | eight | nine)"


def recognised(samples: npt.NDArray[np.float32], *phrases: str, rate: int = 8000) -> str:
    """The most likely one of the phrases (JSGF, `DIGIT` for any digit); empty where it sounds like none."""
    decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=None)
    decoder.add_jsgf_string("heard", f"#JSGF V1.0; grammar heard; public <heard> = {' | '.join(phrases)};")
    decoder.activate_search("heard")
    decoder.start_utt()
    decoder.process_raw(_as_the_model_knows(samples, rate), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found else ""


def _as_the_model_knows(samples: npt.NDArray[np.float32], rate: int) -> bytes:
    """At 16 kHz, with a pause at both ends and the noise of a room: the model was never trained on digital
    silence, nor on nothing at all above the telephone's 3400 Hz."""
    spectrum = np.fft.rfft(samples)
    length = round(len(samples) * RATE / rate)
    wide = np.zeros(length // 2 + 1, dtype=spectrum.dtype)
    wide[: min(len(wide), len(spectrum))] = spectrum[: len(wide)]
    pause = np.zeros(RATE // 2)
    heard = np.concatenate([pause, np.fft.irfft(wide, length) * RATE / rate, pause])
    noise = np.random.default_rng(1).normal(0.0, 0.0005, len(heard))
    pcm: bytes = (np.clip(heard + noise, -1, 1) * 32767).astype("<i2").tobytes()
    return pcm
