"""Sound as numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from speech import sound
from speech.errors import RecordingUnusable


def sine(hertz: float, rate: int, seconds: float = 1.0, size: float = 0.5) -> sound.Samples:
    return np.asarray(
        size * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), dtype=np.float32
    )


def loudest(samples: sound.Samples, rate: int = sound.RATE) -> float:
    """The frequency with the most energy, in hertz."""
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_pitch_length_and_size(rate: int) -> None:
    heard = sound.to_telephone(sine(1000.0, rate), rate)
    assert len(heard) == sound.RATE
    assert loudest(heard) == pytest.approx(1000.0, abs=2)
    assert np.sqrt(np.mean(heard[800:-800] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize("hertz", [4300.0, 7000.0, 9000.0])
def test_what_the_telephone_cannot_carry_does_not_come_back_as_another_tone(hertz: float) -> None:
    heard = sound.to_telephone(sine(hertz, 22_050), 22_050)
    assert np.sqrt(np.mean(heard[800:-800] ** 2)) < 0.001


@pytest.mark.parametrize("size", [0.002, 0.05, 0.99])
def test_speech_is_brought_to_one_level_without_clipping(size: float) -> None:
    rng = np.random.default_rng(1)
    gaps = np.repeat(np.array([1, 1, 0, 1, 0, 0, 1, 1], dtype=np.float32), 1000)
    noise = np.asarray(rng.laplace(size=8000), dtype=np.float32)
    speech = noise / np.abs(noise).max() * np.float32(size) * gaps
    heard = sound.levelled(speech)
    assert 20 * np.log10(sound.speech_level(heard)) == pytest.approx(sound.SPEECH_DBFS, abs=1.0)
    assert np.abs(heard).max() <= sound.PEAK


def test_silence_stays_silence() -> None:
    assert not sound.levelled(sound.silence(0.5)).any()
    assert not sound.trimmed(sound.silence(0.5)).size


def test_silence_at_the_ends_is_trimmed() -> None:
    quiet = sound.silence(0.5)
    kept = sound.trimmed(np.concatenate([quiet, sine(500.0, 8000, 0.3), quiet]))
    assert len(kept) / sound.RATE == pytest.approx(0.38, abs=0.01)


def test_pcm_is_a_whole_number_of_frames_and_comes_back() -> None:
    pcm = sound.to_pcm(sine(500.0, 8000, 0.123))
    assert len(pcm) % (2 * sound.FRAME) == 0
    assert sound.from_pcm(pcm)[:984] == pytest.approx(sine(500.0, 8000, 0.123), abs=1e-4)
    assert sound.seconds_of(pcm) == 0.14
    assert sound.read(sound.wav(pcm))[1] == sound.RATE


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ALAW", "ULAW"])
def test_every_common_kind_of_wav_is_read(subtype: str) -> None:
    data = io.BytesIO()
    soundfile.write(data, np.stack([sine(500.0, 16_000)] * 2, axis=1), 16_000, format="WAV", subtype=subtype)
    samples, rate = sound.read(data.getvalue())
    assert rate == 16_000
    assert samples == pytest.approx(sine(500.0, 16_000), abs=0.02)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"MP3 or anything else" * 50, sound.wav(b"")])
def test_what_is_no_wav_is_refused(data: bytes) -> None:
    with pytest.raises(RecordingUnusable):
        sound.read(data)
