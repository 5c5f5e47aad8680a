"""The detector of keys in the sound, held to ITU-T Q.24, and to speech, which is not keys."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from foundation.language import Language
from ivr.sip.keys.tones import DBM0, HIGH, LOW, PAD, Tones
from ivr.speech.speech import Speech
from speech import sound
from tests.end_to_end.rtp import samples as decoded
from tests.ivr_sip.conftest import said
from tests.ivr_sip.raw_caller import encoded

EVERY = "".join(PAD)
Samples = npt.NDArray[np.float64]
CATALOGUES = Path(__file__).parents[2] / "ivr" / "locale"


def tone(
    key: str,
    milliseconds: float,
    *,
    low: float = -10.0,
    high: float = -10.0,
    off: tuple[float, float] = (0, 0),
) -> Samples:
    """The sound of a key. low and high: dBm0 of its tones; off: by what part their frequencies are wrong."""
    row = next(number for number, line in enumerate(PAD) if key in line)
    hertz = LOW[row] * (1 + off[0]), HIGH[PAD[row].index(key)] * (1 + off[1])
    time = np.arange(round(8 * milliseconds)) / 8000
    made = 10 ** (low / 20) * np.sin(2 * np.pi * hertz[0] * time)
    made += 10 ** (high / 20) * np.sin(2 * np.pi * hertz[1] * time + 1.0)
    return made * DBM0


def keyed(keys: str, milliseconds: float = 40, pause: float = 40, noise: float = -60, **how: float) -> str:
    """What is heard of keys, in the G.711 of a telephone, in pieces of 20 ms."""
    chance = np.random.default_rng(len(keys))
    parts = [np.zeros(400)]
    for key in keys:
        parts += [tone(key, milliseconds, **how), np.zeros(round(8 * (pause + chance.uniform(0, 5))))]  # type: ignore[arg-type]
    whole = np.concatenate([*parts, np.zeros(800)])
    return heard(whole + chance.normal(0, 10 ** (noise / 20), len(whole)))


def heard(samples: Samples) -> str:
    tones = Tones()
    pcm = sound.to_pcm(decoded(encoded(samples)))
    return "".join(tones.hear(pcm[start : start + 320]) for start in range(0, len(pcm), 320))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"low": 0.0, "high": 0.0},
        {"low": -25.0, "high": -25.0},
        {"low": -14.0, "high": -10.0},
        {"low": -10.0, "high": -18.0},
        {"off": (0.015, 0.015)},
        {"off": (-0.015, -0.015)},
        {"noise": -35.0},
    ],
)
def test_every_key_of_40_ms_is_heard_once(how: dict[str, float]) -> None:
    keys = EVERY * 12
    assert keyed(keys, **how) == keys


@pytest.mark.parametrize("off", [(0.035, 0.0), (0.0, 0.035), (-0.035, 0.0), (0.0, -0.035), (0.035, -0.035)])
def test_tones_that_are_off_by_three_and_a_half_per_cent_are_no_keys(off: tuple[float, float]) -> None:
    assert keyed(EVERY * 4, milliseconds=200, off=off) == ""  # type: ignore[arg-type]


def test_less_than_23_ms_is_no_key_and_a_key_held_is_one() -> None:
    assert keyed(EVERY * 8, milliseconds=23) == ""
    assert keyed(EVERY, milliseconds=3000) == EVERY


def test_a_gap_of_10_ms_does_not_make_two_keys_of_one_and_a_pause_of_40_ms_does() -> None:
    def twice(key: str, gap: int) -> Samples:
        return np.concatenate([np.zeros(800), tone(key, 60), np.zeros(8 * gap), tone(key, 60), np.zeros(800)])

    for key in EVERY:
        assert heard(twice(key, 10)) == key
        assert heard(twice(key, 40)) == 2 * key


def test_one_tone_alone_noise_and_the_tones_of_the_network_are_no_keys() -> None:
    time = np.arange(8000 * 2) / 8000
    for hertz in (*LOW, *HIGH, 350, 425, 450, 1000, 1100, 2100):
        assert heard(0.3 * np.sin(2 * np.pi * hertz * time)) == ""
    assert heard(0.2 * (np.sin(2 * np.pi * 350 * time) + np.sin(2 * np.pi * 440 * time))) == ""
    assert heard(np.random.default_rng(1).normal(0, 0.1, 8000 * 20)) == ""


def test_it_makes_no_difference_how_the_sound_is_cut() -> None:
    pcm = sound.to_pcm(np.concatenate([np.concatenate([tone(key, 50), np.zeros(400)]) for key in EVERY]))
    for size in (2, 34, 318, 4000, len(pcm)):
        tones = Tones()
        found = "".join(tones.hear(pcm[start : start + size]) for start in range(0, len(pcm), size))
        assert found == EVERY


async def spoken(speech: Speech, language: Language, prompts: int) -> Samples:
    """Prompts of the line, as callers hear them, one behind the other."""
    catalogue = CATALOGUES / language.value / "LC_MESSAGES" / "ivr.po"
    texts = re.findall(r'^msgstr "(.+)"', catalogue.read_text("utf-8"), re.MULTILINE)[1 : prompts + 1]
    utterances = [said(re.sub(r"\{.*?\}|\\n", " ", text), language) for text in texts]
    pcm = b"".join([piece async for piece in speech.sounds(utterances)])
    return sound.from_pcm(pcm).astype(np.float64)


async def test_speech_is_no_keys_neither_spoken_nor_as_the_echo_of_our_prompts(speech: Speech) -> None:
    for language in Language:
        voice = await spoken(speech, language, 40)
        assert len(voice) > 8000 * 60
        assert heard(voice) == ""
        assert heard(voice / 10) == "", "20 dB softer"


async def test_keys_are_heard_over_the_echo_of_a_prompt(speech: Speech) -> None:
    echo = (await spoken(speech, Language.EN, 10)) / 10
    keys = "0123456789*#" * 20
    pressed = np.concatenate([np.concatenate([tone(key, 60), np.zeros(480)]) for key in keys])
    assert heard(pressed + np.resize(echo, len(pressed))) == keys
