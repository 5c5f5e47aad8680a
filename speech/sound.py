"""Sound as numbers: resampled to one rate, levelled, trimmed. Pure.

Inside the room a sound is a float32 array, mono, full scale 1.0. What leaves it is PCM: 16 bit, mono,
little-endian, a whole number of 20 ms frames. Where nothing else is said it is the telephone's, 8000 Hz, as
G.711 carries it.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from speech.errors import RecordingUnusable

RATE = 8000
"""Samples a second on the telephone network."""
FRAME = RATE // 50
"""Samples of one 20 ms frame."""
PASS_BAND = (80.0, 200.0, 3400.0, 3900.0)
"""Hz: below the first and above the last nothing is left, between the inner two all; ITU-T G.712 keeps
300 to 3400, and a fuller bass does no harm where the network passes it."""


@dataclass(frozen=True, slots=True)
class Band:
    """What a way carries to the ear. rate: samples a second, a multiple of 50; passes: as `PASS_BAND`."""

    rate: int
    passes: tuple[float, float, float, float]


TELEPHONE = Band(RATE, PASS_BAND)
FULL = Band(22050, (40.0, 80.0, 10_000.0, 11_000.0))
"""A headset or a loudspeaker: at the rate at which the engines speak."""
SPEECH_DBFS = -19.0
"""RMS level of speech, pauses left out. ITU-T P.56 measures so; recommendation G.711's full scale is
+3.17 dBm0 and networks are planned for speech near -19 dBm0, a little louder helps old ears."""
PEAK = 10 ** (-1 / 20)
"""No sample is larger than this (-1 dBFS)."""
QUIET = 10 ** (-50 / 20)
"""What is quieter at either end is cut away."""
LONGEST_SECONDS = 600.0

Samples = npt.NDArray[np.float32]


def read(data: bytes) -> tuple[Samples, int]:
    """A WAV file's samples, its channels mixed to one, and its rate. Raises RecordingUnusable."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.format not in {"WAV", "WAVEX"} or not 4000 <= file.samplerate <= 192_000:
                raise RecordingUnusable("not a WAV file of 4 to 192 kHz")
            samples = file.read(int(LONGEST_SECONDS * file.samplerate), dtype="float32", always_2d=True)
            rate: int = file.samplerate
    except soundfile.LibsndfileError:
        raise RecordingUnusable("not a WAV file, or damaged") from None
    if not len(samples):
        raise RecordingUnusable("holds no sound")
    return samples.mean(axis=1, dtype=np.float32), rate


def to_telephone(samples: Samples, rate: int) -> Samples:
    """Resampled to the telephone's band."""
    return resampled(samples, rate, TELEPHONE)


def resampled(samples: Samples, rate: int, band: Band) -> Samples:
    """At the rate of a band and limited to what it passes, by frequencies: no aliasing, no phase shift."""
    length = -(-len(samples) * band.rate // rate)
    spectrum = np.fft.rfft(samples, _round_up(len(samples) + rate // 10, rate))
    seconds = _round_up(len(samples) + rate // 10, rate) // rate
    frequencies = np.arange(len(spectrum)) / seconds
    spectrum *= np.interp(frequencies, band.passes, (0.0, 1.0, 1.0, 0.0))
    target = np.zeros(seconds * band.rate // 2 + 1, dtype=spectrum.dtype)
    shared = min(len(target), len(spectrum))
    target[:shared] = spectrum[:shared]
    found = np.fft.irfft(target, seconds * band.rate) * (band.rate / rate)
    return found[:length].astype(np.float32)


def speech_level(samples: Samples, rate: int = RATE) -> float:
    """RMS of the frames that hold speech: those within 25 dB of the loudest. Full scale is 1.0."""
    frames = _frames(samples, rate)
    energy = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loudest = energy.max(initial=0.0)
    return float(np.sqrt(energy[energy >= loudest * 10**-2.5].mean())) if loudest > 0 else 0.0


def levelled(samples: Samples, rate: int = RATE) -> Samples:
    """Brought to `SPEECH_DBFS`. Peaks above `PEAK` are bent, not cut: they stay below it, without a click."""
    level = speech_level(samples, rate)
    if level == 0.0:
        return samples
    louder: Samples = samples * np.float32(10 ** (SPEECH_DBFS / 20) / level)
    knee = PEAK / 2
    size = np.abs(louder)
    bent = knee + (PEAK - knee) * np.tanh((size - knee) / (PEAK - knee))
    np.copyto(louder, np.sign(louder) * bent, where=size > knee, casting="same_kind")
    return louder


def floor_level(samples: Samples) -> float:
    """RMS of the quietest tenth of the frames: of the room, where there are pauses."""
    energy = np.sort(np.mean(np.square(_frames(samples, RATE), dtype=np.float64), axis=1))
    return float(np.sqrt(energy[: max(1, len(energy) // 10)].mean()))


def trimmed(
    samples: Samples, *, quiet: float = QUIET, before: float = 0.02, after: float = 0.06, rate: int = RATE
) -> Samples:
    """Without silence at the ends but for `before` and `after` seconds, faded over 5 ms.

    quiet: the largest sample of silence.
    """
    loud = np.flatnonzero(np.abs(samples) > quiet)
    if not loud.size:
        return samples[:0]
    kept = samples[max(0, loud[0] - int(before * rate)) : loud[-1] + int(after * rate)].copy()
    fade = min(rate // 200, len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept


def silence(seconds: float, rate: int = RATE) -> Samples:
    """Nothing, for that long."""
    return np.zeros(round(seconds * rate), dtype=np.float32)


def tone(hertz: float, seconds: float, dbfs: float = -18.0) -> Samples:
    """A sine tone with soft edges; dbfs is its RMS level."""
    time = np.arange(round(seconds * RATE)) / RATE
    sine = np.sin(2 * np.pi * hertz * time) * 10 ** (dbfs / 20) * np.sqrt(2)
    edge = np.clip(np.minimum(time, time[::-1]) / 0.01, 0.0, 1.0)
    return np.asarray(sine * edge, dtype=np.float32)


def waiting_tone() -> Samples:
    """Two soft notes and a rest, three seconds, to be heard over and over: who waits knows the line is up.

    Each note swells and fades as a raised cosine, at -30 dBFS in the middle: audible, and far below speech.
    """

    def note(hertz: float) -> Samples:
        shape = np.sin(np.linspace(0.0, np.pi, round(0.6 * RATE))) ** 2
        return np.asarray(tone(hertz, 0.6, -30.0) * shape, dtype=np.float32)

    return np.concatenate([note(440.0), silence(0.1), note(349.2), silence(1.7)])


def to_pcm(samples: Samples, rate: int = RATE) -> bytes:
    """16-bit PCM, filled up with silence to whole frames."""
    whole = np.zeros(_round_up(len(samples), rate // 50), dtype=np.float32)
    whole[: len(samples)] = samples
    return (np.clip(whole, -1.0, 1.0) * 32767).round().astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Samples:
    """The samples of 16-bit PCM."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)


def seconds_of(pcm: bytes, rate: int = RATE) -> float:
    """How long PCM sounds."""
    return len(pcm) / 2 / rate


def wav(pcm: bytes, rate: int = RATE) -> bytes:
    """PCM as a WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return data.getvalue()


def _frames(samples: Samples, rate: int) -> Samples:
    """Rows of 20 ms; what is left over at the end counts as one more, filled up."""
    frame = rate // 50
    whole = np.zeros(max(frame, _round_up(len(samples), frame)), dtype=np.float32)
    whole[: len(samples)] = samples
    return whole.reshape(-1, frame)


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step


WAITING = to_pcm(waiting_tone())
"""The PCM of it, made once."""
