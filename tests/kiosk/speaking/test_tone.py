"""The tone before a time limit, and for a card that is left behind: real samples, through SDL."""

from __future__ import annotations

import asyncio
from array import array
from itertools import pairwise

import pytest

from foundation.language import Language
from kiosk.hearing import LEVELS, Hearing
from kiosk.speaking.note import RATE
from kiosk.speaking.output import Output
from kiosk.speaking.settings import SoundSettings
from kiosk.speaking.tone import NOTES, Tone, pcm
from kiosk.visit.visit import Pace, Signal, Visit


def samples(signal: Signal, volume: int = LEVELS) -> array[int]:
    played = array("h")
    played.frombytes(pcm(signal, Hearing(volume=volume)))
    return played


def hertz(part: array[int]) -> float:
    """The pitch of a note, by how often it crosses zero upwards."""
    ups = sum(before < 0 <= after for before, after in pairwise(part))
    return ups * RATE / len(part)


@pytest.mark.parametrize("signal", Signal)
def test_it_is_two_notes_that_begin_and_end_softly(signal: Signal) -> None:
    played = samples(signal)
    half = len(played) // 2
    assert [hertz(played[:half]), hertz(played[half:])] == pytest.approx(NOTES[signal], rel=0.02)
    assert abs(played[0]) < 100
    assert abs(played[-1]) < 100
    assert 0.2 < len(played) / RATE < 0.6


def test_it_follows_the_volume_of_the_visit() -> None:
    loud, soft = (max(samples(Signal.ASKED, volume)) for volume in (LEVELS, 1))
    assert 10 < loud / soft < 20


async def test_it_is_played_and_nothing_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    played: list[int] = []
    play = Output.play

    def heard(output: Output, pcm: bytes) -> None:
        played.append(len(pcm))
        play(output, pcm)

    monkeypatch.setattr(Output, "play", heard)
    visit = Visit(language=Language.EN, pace=Pace())
    player = Tone(visit, SoundSettings())
    player.signal(Signal.ASKED)
    player.signal(Signal.ASKED)  # one at a time
    async with asyncio.timeout(10):
        while not played:  # noqa: ASYNC110 (SDL opens in a thread)
            await asyncio.sleep(0.02)
    await player.close()
    assert len(played) == 1


async def test_without_a_sound_device_nothing_happens() -> None:
    visit = Visit(language=Language.EN, pace=Pace())
    player = Tone(visit, SoundSettings(loudspeaker="there is no such device"))
    player.signal(Signal.CARD_LEFT)
    await asyncio.sleep(0.1)
    await player.close()
