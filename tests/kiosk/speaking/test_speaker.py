"""Speech out of a sound device: SDL's own one, which writes what would be heard into a file, in its time."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import pytest_asyncio

from foundation.language import Language
from kiosk.hearing import LEVELS
from kiosk.speaking.output import Output
from kiosk.speaking.speaker import Saying, Speaker
from speech.rendering import Renderer
from speech.sound import FULL, speech_level
from tests.end_to_end.recognition import recognised
from tests.kiosk.visit.terminal import eventually

ENGLISH = Saying("This is the home page already.", Language.EN)
LONG = Saying("请用手指轻点下面的方块，需要帮助，请找大厅工作人员。" * 3, Language.ZH_CN)
SENTENCES = ("this is the home page already", "reading aloud is on", "enter the reference number")


@pytest_asyncio.fixture
async def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Speaker]:
    monkeypatch.setenv("SDL_AUDIODRIVER", "disk")
    monkeypatch.setenv("SDL_DISKAUDIOFILE", str(tmp_path / "sound.raw"))
    output = Output(FULL.rate)
    async with Renderer(tmp_path / "cache", band=FULL) as renderer:
        speaker = Speaker(renderer, output)
        speaker.volume = LEVELS
        yield speaker
        speaker.use(None)
    output.close()


def sound(folder: Path) -> npt.NDArray[np.float32]:
    pcm = (folder / "sound.raw").read_bytes()
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)


async def said(speaker: Speaker, folder: Path, *sayings: Saying) -> npt.NDArray[np.float32]:
    """All of it, as it is heard."""
    start = len(sound(folder)) if (folder / "sound.raw").exists() else 0
    speaker.say(sayings)
    await eventually(lambda: not speaker.speaking, 30)
    await asyncio.sleep(0.1)  # what the device still has in its buffer
    return sound(folder)[start:]


async def test_what_is_said_is_heard_and_understood(speaker: Speaker, tmp_path: Path) -> None:
    speaker.use("")
    heard: list[str] = []
    speaker.heard = lambda turn, text: heard.append(text)
    samples = await said(speaker, tmp_path, ENGLISH)
    assert heard == [ENGLISH.text]
    assert len(np.flatnonzero(np.abs(samples) > 0.01)) > FULL.rate / 4
    assert recognised(samples, SENTENCES, FULL.rate) == SENTENCES[0]
    assert np.abs(samples).max() < 0.95


async def test_the_loudest_volume_is_more_than_20_db_above_the_lowest(
    speaker: Speaker, tmp_path: Path
) -> None:
    """EN 301 549, 5.1.3.9; ADA 707.5.2."""
    speaker.use("")
    levels = []
    for speaker.volume in (1, LEVELS):
        samples = await said(speaker, tmp_path, ENGLISH)
        levels.append(20 * np.log10(speech_level(samples, FULL.rate)))
    assert levels[1] - levels[0] > 20
    assert -22 < levels[1] < -16


async def test_however_often_somebody_cuts_it_off_it_goes_on_speaking(
    speaker: Speaker, tmp_path: Path
) -> None:
    speaker.use("")
    for number in range(15):
        speaker.say([Saying(f"{LONG.text}{number}", Language.ZH_CN)])
        await asyncio.sleep(0.03)  # sound is being made
        speaker.stop()
        gc.collect()  # as happens at some time, and then to what nobody holds
    assert (await said(speaker, tmp_path, ENGLISH)).size


async def test_silence_comes_at_once_and_nothing_more_of_it(speaker: Speaker, tmp_path: Path) -> None:
    speaker.use("")
    heard: list[int] = []
    speaker.heard = lambda turn, text: heard.append(turn)
    speaker.say([LONG, LONG])
    await eventually(lambda: bool(heard))
    await asyncio.sleep(0.3)
    speaker.stop()
    assert not speaker.speaking
    await asyncio.sleep(0.2)  # two buffers of the device at most
    at = len(sound(tmp_path))
    await asyncio.sleep(0.5)
    assert np.abs(sound(tmp_path)[at:]).max(initial=0.0) == 0.0


async def test_a_device_that_is_lost_is_found_again(
    speaker: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_DISKAUDIOFILE", "/nowhere/at/all")
    speaker.use("")
    heard: list[str] = []
    speaker.heard = lambda turn, text: heard.append(text)
    speaker.say([LONG])
    await asyncio.sleep(0.5)
    assert heard == []
    monkeypatch.setenv("SDL_DISKAUDIOFILE", str(tmp_path / "sound.raw"))
    assert speech_level(await said(speaker, tmp_path, ENGLISH), FULL.rate) > 0.01
    assert heard == [ENGLISH.text]
