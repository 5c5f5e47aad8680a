"""What somebody who understands English would hear in a recording of a call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder

RATE = 16_000
"""Of the recogniser's model."""
SENTENCES = (
    "for english press eight",
    "for chinese press nine",
    "to look up a policy press one",
    "to apply press two",
    "to hear it again press nine",
    "to go back press star",
    "please wait",
)
"""What a recording is compared with where a test names nothing else. The model, made for the full band and
for American speakers, tells whole sentences apart on a telephone, but not 'eight' from 'three'."""


def recognised(
    samples: npt.NDArray[np.float32], sentences: Sequence[str] = SENTENCES, rate: int = 8000
) -> str:
    """The one of the sentences that it sounds like, or the beginning of one, or nothing."""
    decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=None, beam=1e-100, wbeam=1e-80, pbeam=1e-100)
    decoder.add_jsgf_string("heard", f"#JSGF V1.0; grammar heard; public <heard> = {' | '.join(sentences)};")
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
    pause = np.zeros(RATE * 6 // 10)
    heard = np.concatenate([pause, np.fft.irfft(wide, length) * RATE / rate, pause])
    noise = np.random.default_rng(1).normal(0.0, 0.0015, len(heard))
    pcm: bytes = (np.clip(heard + noise, -1, 1) * 32767).astype("<i2").tobytes()
    return pcm
