"""Every text that is always the same, as it is heard, whatever the catalogues say."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from pocketsphinx import Decoder

from foundation.language import Language
from ivr import prompts
from ivr.line import Utterance
from ivr.script import texts
from ivr.speech.speech import Speech
from speech import sound
from tests.end_to_end.recognition import recognised

FIRST_HEARD = ("main.greeting", "main.this_language", "main.menu", "main.person")
LONGEST_MENU = 20.0
"""Seconds from the first sound to the last choice, in either language, as an impatient caller bears it."""
TOLD_APART = 8
"""Sentences among which the recogniser chooses; among more it takes too long."""


def fixed(language: Language) -> list[Utterance]:
    return [prompts.prompt(language, text.name) for text in texts(language) if not text.places]


async def samples_of(speech: Speech, utterance: Utterance) -> sound.Samples:
    async with aclosing(speech.sounds([utterance])) as sounds:
        return sound.from_pcm(b"".join([pcm async for pcm in sounds]))


@pytest.mark.parametrize("language", Language)
async def test_every_prompt_is_as_loud_as_the_others(cache: Path, language: Language) -> None:
    async with Speech(cache) as speech:
        said = fixed(language)
        heard = await asyncio.gather(*(samples_of(speech, utterance) for utterance in said))
    levels = {
        utterance.name: 20 * np.log10(sound.speech_level(samples))
        for utterance, samples in zip(said, heard, strict=True)
    }
    assert len(levels) > 100
    assert {name: level for name, level in levels.items() if abs(level - sound.SPEECH_DBFS) > 1.0} == {}
    for utterance, samples in zip(said, heard, strict=True):
        assert np.abs(samples).max() <= sound.PEAK, utterance.name
        assert np.abs(samples[: sound.RATE // 5]).max() > 0.02, f"{utterance.name} begins with silence"
        assert len(samples) / sound.RATE < 25, f"{utterance.name} is a speech, not a prompt"


async def test_the_first_menu_is_over_before_patience_is(cache: Path) -> None:
    async with Speech(cache) as speech:
        for language in Language:
            there = {utterance.name: utterance for utterance in fixed(language)}
            heard = [await samples_of(speech, there[name]) for name in FIRST_HEARD if name in there]
            assert 2 < sum(map(len, heard)) / sound.RATE < LONGEST_MENU, language


def words(text: str) -> str:
    return " ".join(re.sub(r"[^a-z']", " ", text.lower().replace("’", "'")).split())


async def test_english_is_understood_by_somebody_who_knows_what_can_come(cache: Path) -> None:
    """A recogniser made for other voices tells each sentence from its neighbours in the catalogue."""
    known = Decoder(samprate=16_000, loglevel="FATAL", lm=None)
    said = {
        utterance.name: words(utterance.text)
        for utterance in fixed(Language.EN)
        if 3 <= len(words(utterance.text).split()) <= 9
        and all(known.lookup_word(word) for word in words(utterance.text).split())
    }
    names = [name for name in said if name.startswith(("main.", "menu.", "ask.", "end.", "record."))][
        :TOLD_APART
    ]
    assert len(names) > 4
    sentences = [said[name] for name in names]
    async with Speech(cache) as speech:
        for name in names:
            samples = await samples_of(speech, prompts.prompt(Language.EN, name))
            assert recognised(samples, sentences) == said[name]
