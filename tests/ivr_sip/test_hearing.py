"""When somebody has begun and has ended speaking."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.sip.hearing import Hearing
from speech import sound


def speech(seconds: float, dbfs: float) -> sound.Samples:
    """Syllables: 180 ms of sound, 60 ms of nothing."""
    tone = sound.tone(300.0, seconds, dbfs)
    return np.asarray(tone * (np.arange(len(tone)) % 1920 < 1440), dtype=np.float32)


def noise(seconds: float, dbfs: float) -> sound.Samples:
    size = 10 ** (dbfs / 20)
    return np.asarray(np.random.default_rng(1).normal(0, size, round(seconds * sound.RATE)), dtype=np.float32)


@pytest.mark.parametrize(("level", "around"), [(-12, -65), (-20, -60), (-35, -60), (-20, -38), (-15, -32)])
def test_the_end_of_speech_is_found(level: float, around: float) -> None:
    said = np.concatenate([sound.silence(0.7), speech(2.0, level), sound.silence(3.0)])
    hearing = Hearing()
    hearing.hear(sound.to_pcm(said + noise(5.7, around)))
    assert hearing.last_speech == pytest.approx(2.7, abs=0.15)
    assert hearing.seconds == pytest.approx(5.7, abs=0.02)


@pytest.mark.parametrize("around", [-90, -60, -50, -40, -33])
def test_noise_is_no_speech(around: float) -> None:
    hearing = Hearing()
    hearing.hear(sound.to_pcm(noise(5.0, around)))
    assert hearing.last_speech is None


def test_a_click_is_no_speech() -> None:
    samples = sound.silence(2.0)
    samples[8000:8200] = 0.9
    hearing = Hearing()
    hearing.hear(sound.to_pcm(samples))
    assert hearing.last_speech is None


def test_it_does_not_matter_in_which_pieces_the_sound_comes() -> None:
    pcm = sound.to_pcm(np.concatenate([sound.silence(0.5), speech(1.0, -20), sound.silence(1.0)]))
    whole, pieces = Hearing(), Hearing()
    whole.hear(pcm)
    for start in range(0, len(pcm), 777):
        pieces.hear(pcm[start : start + 777])
    assert pieces.last_speech == whole.last_speech is not None
