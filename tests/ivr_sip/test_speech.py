"""Utterances to sound, with the real engine."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from foundation.language import Language
from ivr.line import Utterance
from ivr.speech.speech import Speech
from speech import sound
from speech.engine import Engine
from speech.errors import EngineFailed, EngineMissing
from speech.espeak import Espeak
from speech.store import Store
from tests.end_to_end.recognition import recognised
from tests.ivr_sip.conftest import said, tone

ZH, EN = Language.ZH_CN, Language.EN
GREETING = "您好，这里是惠民服务热线。查询政策请按一，办理事项请按二。"


async def pcm_of(speech: Speech, *utterances: Utterance) -> bytes:
    async with aclosing(speech.sounds(utterances)) as sounds:
        return b"".join([pcm async for pcm in sounds])


def espeak(program: str) -> dict[Language, Engine]:
    return {language: Espeak(language, program=program) for language in Language}


def engine(folder: Path, script: str) -> str:
    """A program in place of espeak-ng, which the script may start."""
    program = folder / "engine"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


async def test_speech_is_what_the_telephone_carries(speech: Speech) -> None:
    for utterance in (said(GREETING, ZH), said("To look up a policy, press one.")):
        pcm = await pcm_of(speech, utterance)
        samples = sound.from_pcm(pcm)
        assert len(pcm) % (2 * sound.FRAME) == 0
        assert 20 * np.log10(sound.speech_level(samples)) == pytest.approx(sound.SPEECH_DBFS, abs=1.5)
        assert np.abs(samples).max() < 0.95
        assert np.abs(samples[: sound.RATE // 5]).max() > 0.05, "it begins with silence"


async def test_the_pace_is_one_that_an_old_caller_follows(speech: Speech) -> None:
    pcm = await pcm_of(speech, said(GREETING, ZH))
    assert 150 <= len(GREETING) / sound.seconds_of(pcm) * 60 <= 230  # characters a minute


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("For English, press eight.", "for english press eight"),
        ("To look up a policy, press one.", "to look up a policy press one"),
        ("To apply, press two.", "to apply press two"),
        ("To hear it again, press nine.", "to hear it again press nine"),
    ],
)
async def test_english_is_understood(speech: Speech, text: str, heard: str) -> None:
    assert recognised(sound.from_pcm(await pcm_of(speech, said(text)))) == heard


async def test_the_first_sound_is_ready_at_once_even_of_a_long_text(speech: Speech) -> None:
    text = "".join(f"第{number}条，参保人员应当按照规定缴纳费用。" for number in "一二三四五六七八九十" * 10)
    begin = time.monotonic()
    async with aclosing(speech.sounds([said(text, ZH)])) as sounds:
        first = await anext(sounds)
    assert first
    assert time.monotonic() - begin < 1.0


async def test_what_was_said_once_is_not_rendered_again(tmp_path: Path) -> None:
    program = engine(tmp_path, f'echo x >> {tmp_path}/starts; exec espeak-ng "$@"')
    starts = tmp_path / "starts"
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        first = await pcm_of(speech, said("Hello. Goodbye."))
        rendered = starts.read_text().count("x")
        assert await pcm_of(speech, said("Hello. Goodbye.")) == first
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        checks = starts.read_text().count("x")
        assert await pcm_of(speech, said("Hello. Goodbye.")) == first
        assert starts.read_text().count("x") == checks
    assert rendered == 6  # version and voices for each language, two sentences
    assert not list((tmp_path / "cache").rglob(".*")), "a temporary file was left"


async def test_calls_that_want_the_same_at_the_same_time_share_one_rendering(tmp_path: Path) -> None:
    program = engine(tmp_path, f'echo x >> {tmp_path}/starts; sleep 0.2; exec espeak-ng "$@"')
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        heard = await asyncio.gather(*(pcm_of(speech, said("Hello.")) for _ in range(5)))
    assert len(set(heard)) == 1
    assert (tmp_path / "starts").read_text().count("x") == 5  # the checks, and one


async def test_private_words_are_not_kept_and_are_in_no_argument(tmp_path: Path) -> None:
    program = engine(tmp_path, f'echo "$@" >> {tmp_path}/arguments; exec espeak-ng "$@"')
    secret = said("Zebulon Quartermain", private=True)
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        assert await pcm_of(speech, secret)
    assert not list((tmp_path / "cache").rglob("*.wav"))
    assert "Zebulon" not in (tmp_path / "arguments").read_text()
    assert "Zebulon" not in repr(secret)


async def test_a_recording_replaces_a_fixed_text_and_nothing_else(speech: Speech) -> None:
    recorded = sound.from_pcm(await pcm_of(speech, tone("tone.short")))
    assert len(recorded) / sound.RATE == pytest.approx(0.6, abs=0.1)
    assert np.argmax(np.abs(np.fft.rfft(recorded))) * sound.RATE / len(recorded) == pytest.approx(700, abs=5)
    assert 20 * np.log10(sound.speech_level(recorded)) == pytest.approx(sound.SPEECH_DBFS, abs=1)
    for utterance in (
        Utterance("tone.short", "This is spoken.", EN),
        Utterance("tone.short", "这是合成的。", ZH, fixed=True),
        Utterance("../en/tone.short", "This is spoken.", EN, fixed=True),
    ):
        spoken = sound.from_pcm(await pcm_of(speech, utterance))
        assert len(spoken) / sound.RATE > 0.75


async def test_a_recording_that_cannot_be_played_gives_way_to_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "en").mkdir()
    file = tmp_path / "en" / "menu.wav"
    file.write_bytes(b"ID3 this is an MP3 with the wrong name")
    menu = Utterance("menu", "For English, press eight.", EN, fixed=True)
    async with Speech(tmp_path / "cache", tmp_path) as speech:
        assert sound.seconds_of(await pcm_of(speech, menu)) > 1.0
        assert "recording_unusable" in capsys.readouterr().out
        file.write_bytes(sound.wav(sound.to_pcm(sound.tone(500, 0.4))))
        assert sound.seconds_of(await pcm_of(speech, menu)) < 0.6, "a repaired recording is heard at once"


async def test_both_voices_speak_in_a_mixed_text(speech: Speech) -> None:
    mixed = sound.seconds_of(await pcm_of(speech, said("请下载 Huimin App 后办理。", ZH)))
    chinese = sound.seconds_of(await pcm_of(speech, said("请下载后办理。", ZH)))
    assert mixed > chinese + 0.5


async def test_a_text_with_nothing_to_say_is_silence(speech: Speech) -> None:
    assert await pcm_of(speech, said("……", ZH)) == b""


async def test_a_missing_engine_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="espeak-ng"):
        async with Speech(tmp_path, engines=espeak("no-such-engine")):
            pass


async def test_an_engine_without_mandarin_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="espeak-ng-data"):
        async with Speech(tmp_path, engines=espeak(engine(tmp_path, "echo en-gb"))):
            pass


async def test_an_engine_that_fails_is_an_error_without_the_text(tmp_path: Path) -> None:
    program = engine(tmp_path, 'case "$1" in --v*) exec espeak-ng "$@";; esac; echo broken >&2; exit 3')
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        with pytest.raises(EngineFailed, match="broken") as caught:
            await pcm_of(speech, said("Zebulon"))
    assert "Zebulon" not in str(caught.value)


async def test_giving_up_ends_the_engine(tmp_path: Path) -> None:
    program = engine(
        tmp_path, f'case "$1" in --v*) exec espeak-ng "$@";; esac; echo $$ > {tmp_path}/pid; exec sleep 60'
    )
    async with Speech(tmp_path / "cache", engines=espeak(program)) as speech:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await pcm_of(speech, said("Hello.", private=True))
        pid = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_store_lets_the_longest_unheard_go(tmp_path: Path) -> None:
    store = Store(tmp_path, largest=10 * 1644)
    for number in range(10):
        store.put(store.key(str(number)), bytes(1600))
        os.utime(tmp_path / store.key(str(number))[:2] / f"{store.key(str(number))}.wav", (number, number))
    assert store.get(store.key("0")) is not None  # heard now
    store.put(store.key("10"), bytes(1600))
    kept = [number for number in range(11) if store.get(store.key(str(number))) is not None]
    assert kept == [0, 4, 5, 6, 7, 8, 9, 10]


def test_a_damaged_file_in_the_store_counts_as_missing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("abcdef", bytes(1600))
    path = tmp_path / "ab" / "abcdef.wav"
    path.write_bytes(path.read_bytes()[:500])
    assert store.get("abcdef") is None
    path.write_bytes(b"nonsense")
    assert store.get("abcdef") is None


def test_a_store_that_cannot_be_written_does_not_keep_anyone_from_speaking(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "folder")
    store.put("abcdef", bytes(1600))
    assert store.get("abcdef") is None
