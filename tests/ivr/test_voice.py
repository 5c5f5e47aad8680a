"""Whether somebody spoke."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.console import RATE, _wav
from ivr.voice import has_voice


def tone(seconds: float, level: float) -> bytes:
    """A tone of an RMS level in dB of full scale."""
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * 300 * time) * np.sqrt(2) * 10 ** (level / 20)
    return (np.clip(wave, -1, 1) * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("pcm", "heard"),
    [
        (b"", False),
        (tone(5.0, -60), False),
        (tone(0.1, -20), False),
        (tone(2.0, -60) + tone(0.5, -20), True),
        (tone(1.0, -35), True),
        (bytes(10), False),
    ],
)
def test_speech_is_told_from_silence_clicks_and_the_noise_of_the_line(pcm: bytes, heard: bool) -> None:
    assert has_voice(_wav(pcm)) is heard


def test_no_recording_is_no_voice() -> None:
    assert not has_voice(b"")
