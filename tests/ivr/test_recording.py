"""Whether somebody spoke in a recording, which is asked before it is taken for an answer."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.dialogue.recording import somebody_speaks
from ivr.line import Recorded
from speech import sound


def tone(seconds: float, dbfs: float) -> sound.Samples:
    return sound.tone(300.0, seconds, dbfs)


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        ([], False),
        ([tone(5.0, -60)], False),
        ([tone(0.02, -20)], False),
        ([tone(2.0, -60), tone(0.5, -20)], True),
        ([tone(0.5, -60), tone(1.0, -35), tone(0.5, -60)], True),
    ],
)
def test_speech_is_told_from_silence_clicks_and_the_noise_of_the_line(
    heard: list[sound.Samples], spoken: bool
) -> None:
    pcm = sound.to_pcm(np.concatenate(heard)) if heard else b""
    assert somebody_speaks(Recorded(sound.wav(pcm), sound.seconds_of(pcm), "#")) is spoken


def test_no_recording_holds_no_voice() -> None:
    assert not somebody_speaks(Recorded(b"", 0.0, "*"))
