"""What a caller says."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.line import Line, Recorded
from ivr.sip.keys.tones import HIGH, LOW, Tones
from speech import sound
from tests.end_to_end.phone import CallerProcess
from tests.ivr_sip.conftest import Answering

HERTZ = 600.0


@pytest.fixture
def speech_file(tmp_path: Path) -> Path:
    """One second and a half that count as speech: a tone with gaps like those between syllables."""
    samples = sound.tone(HERTZ, 1.5)
    samples *= np.arange(len(samples)) % 2400 < 1900
    file = tmp_path / "speech.wav"
    file.write_bytes(sound.wav(sound.to_pcm(samples)))
    return file


def samples_of_wav(wav: bytes) -> sound.Samples:
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    assert rate == sound.RATE
    return np.asarray(samples, dtype=np.float32)


def samples_of(recorded: Recorded) -> sound.Samples:
    samples = samples_of_wav(recorded.wav)
    assert len(samples) / sound.RATE == pytest.approx(recorded.seconds, abs=0.001)
    return samples


def pitch(samples: sound.Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * sound.RATE / len(samples))


class Recording:
    """A dialogue that records once."""

    def __init__(self, max_seconds: float, silence_seconds: float) -> None:
        self.limits = {"max_seconds": max_seconds, "silence_seconds": silence_seconds}
        self.result: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()

    async def __call__(self, line: Line) -> None:
        self.result.set_result(await line.record(**self.limits))


@pytest.mark.parametrize("options", [[], ["--silence-suppression"]])
async def test_silence_ends_it_and_is_not_kept(
    answering: Answering, speech_file: Path, options: list[str]
) -> None:
    recording = Recording(30, 1.2)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address, None, *options) as caller:
        await caller.heard_sound()  # the tone that says when to speak
        await caller.do("wait 0.6")
        await caller.speak(speech_file)
        await caller.ended()
    recorded = recording.result.result()
    samples = samples_of(recorded)
    assert recorded.key is None
    assert 1.5 < recorded.seconds < 4.0
    assert pitch(samples) == pytest.approx(HERTZ, abs=5)
    assert (np.abs(samples) > 0.05).sum() / sound.RATE > 0.8, "not all of it was recorded"


async def test_a_caller_hears_the_recording_again(
    answering: Answering, speech_file: Path, tmp_path: Path
) -> None:
    async def on_call(line: Line) -> None:
        await line.play_back(await line.record(max_seconds=30, silence_seconds=1))

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.heard_sound()
        await caller.do("wait 0.4")
        await caller.speak(speech_file)
        spoken = caller.time_of("spoken")
        await caller.ended()
    heard = caller.heard()
    times = [t for t in heard.loud_times() if t > spoken]
    assert len(times) * 0.02 == pytest.approx(1.2, abs=0.4)
    assert heard.share_of(HERTZ, times[0], times[-1]) > 0.7


async def test_a_key_ends_it_and_is_taken(answering: Answering, speech_file: Path) -> None:
    recording = Recording(30, 20)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.heard_sound()
        await caller.do("wait 0.6")
        await caller.speak(speech_file)
        await caller.press("#")
        await caller.ended()
    recorded = recording.result.result()
    assert recorded.key == "#"
    assert 1.5 < recorded.seconds < 6.0
    assert pitch(samples_of(recorded)) == pytest.approx(HERTZ, abs=5)


async def test_the_longest_time_ends_it(answering: Answering, speech_file: Path) -> None:
    recording = Recording(1.2, 10)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.heard_sound()
        await caller.begin(f"speak {speech_file}")
        await caller.ended()
    recorded = recording.result.result()
    assert recorded.key is None
    assert 0.8 < recorded.seconds <= 1.2


async def test_a_tone_says_when_to_speak_and_where_nobody_does_nothing_is_recorded(
    answering: Answering, tmp_path: Path
) -> None:
    recording = Recording(30, 1.2)
    async with (
        answering(recording) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.ended()
    recorded = recording.result.result()
    assert (recorded.seconds, recorded.key) == (0.0, None)
    assert len(samples_of(recorded)) == 0
    heard = caller.heard()
    times = heard.loud_times()
    assert times[-1] - times[0] == pytest.approx(0.24, abs=0.06)
    assert heard.share_of(1000.0, times[0], times[-1]) > 0.9


async def test_keys_of_a_number_are_neither_taken_nor_to_be_heard_in_it(
    answering: Answering, speech_file: Path, tmp_path: Path
) -> None:
    """Some phones let a key's tone through as well as its event; here the tones come alone first."""
    number = np.concatenate([np.concatenate([tones_of(key), sound.silence(0.08)]) for key in "110105199"])
    file = tmp_path / "number.wav"
    file.write_bytes(sound.wav(sound.to_pcm(number)))
    recording = Recording(30, 20)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.heard_sound()
        await caller.do("wait 0.6")
        await caller.speak(speech_file)
        await caller.speak(file)
        await caller.press("0110")
        await caller.do("wait 2.6")
        await caller.speak(speech_file)
        await caller.press("#")
        await caller.ended()
    recorded = recording.result.result()
    assert (recorded.key, recorded.paused, recorded.hung_up) == ("#", True, False)
    samples = samples_of(recorded)
    assert Tones().hear(sound.to_pcm(samples)) == ""
    for hertz in (697.0, 941.0, 1209.0, 1336.0):
        assert loudest(samples, hertz) < 0.03, f"{hertz} Hz can be heard"
    assert (np.abs(samples) > 0.05).sum() / sound.RATE > 1.6, "what was said before and after is gone"


async def test_a_single_zero_asks_for_a_person(answering: Answering, speech_file: Path) -> None:
    recording = Recording(30, 20)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.heard_sound()
        await caller.do("wait 0.6")
        await caller.speak(speech_file)
        await caller.press("0")
        await caller.ended()
    recorded = recording.result.result()
    assert recorded.key == "0"
    assert pitch(samples_of(recorded)) == pytest.approx(HERTZ, abs=5)


async def test_who_hangs_up_has_said_what_was_said(answering: Answering, speech_file: Path) -> None:
    recording = Recording(30, 20)
    async with answering(recording) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.heard_sound()
        await caller.do("wait 0.6")
        await caller.speak(speech_file)
        await caller.hang_up()
        async with asyncio.timeout(5):
            recorded = await recording.result
    assert recorded.hung_up and recorded.key is None
    samples = samples_of(recorded)
    assert pitch(samples) == pytest.approx(HERTZ, abs=5)
    assert (np.abs(samples) > 0.05).sum() / sound.RATE > 0.8, "not all of it was kept"


def tones_of(key: str) -> sound.Samples:
    """A key's sound, as Q.23 has it."""
    at = "123A456B789C*0#D".index(key)
    return sound.tone(LOW[at // 4], 0.12, -15) + sound.tone(HIGH[at % 4], 0.12, -13)


def loudest(samples: sound.Samples, hertz: float) -> float:
    """The largest amplitude at a frequency in any 50 ms."""
    width = sound.RATE // 20
    rows = samples[: len(samples) // width * width].reshape(-1, width)
    wave = np.exp(-2j * np.pi * hertz * np.arange(width) / sound.RATE) * np.hanning(width)
    return float(np.abs(rows @ wave).max(initial=0.0) * 4 / width)
