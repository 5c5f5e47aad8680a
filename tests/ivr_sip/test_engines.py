"""What every speech engine keeps: espeak-ng, Piper with both kinds of voices, and the example of the page."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import time
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from piper import PiperVoice
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from piper.phonemize_espeak import EspeakPhonemizer

from foundation.config import ConfigError, load
from foundation.language import Language
from ivr import prompts
from ivr.settings import IvrSettings
from ivr.speech.speech import Speech
from speech import sound
from speech.engine import Engine
from speech.engines import engine
from speech.errors import EngineFailed, EngineMissing
from speech.espeak import Espeak
from speech.pinyin import pinyin
from speech.piper import Piper
from speech.piper_voice import syllable_ids
from speech.voices import Voice, Voices
from tests.ivr_sip import piper_voices
from tests.ivr_sip.conftest import said

ZH, EN = Language.ZH_CN, Language.EN
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "adding-a-speech-engine.md").read_text("utf-8")
TEXT = {
    ZH: ("请按五。", "查询政策，请按一，办理事项，请按二。"),
    EN: ("Press five.", "To look up a policy, press one."),
}

PROSODY = {number for sign in "ˈˌ " for number in DEFAULT_PHONEME_ID_MAP[sign]}


@dataclass(frozen=True)
class Candidate:
    """An engine to be examined: its class, its language and a voice of it."""

    made: type[Engine]
    language: Language
    voice: str

    def __call__(self, voice: str | None = None, pace: float = 1.0) -> Engine:
        return self.made(self.language, self.voice if voice is None else voice, pace)


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("voices")
    return {
        "en": piper_voices.voice(folder, "en_GB-tones-low", "en_GB", espeak="en-gb-x-rp"),
        "zh": piper_voices.voice(folder, "zh_CN-tones-low", "zh_CN", espeak="cmn"),
        "zh pinyin": piper_voices.voice(folder, "zh_CN-pinyin-low", "zh_CN", espeak="cmn", pinyin=True),
    }


@asynccontextmanager
async def speech_server() -> AsyncIterator[str]:
    """What the page's example asks: a server that speaks English. Gives its address."""
    inside = Espeak(EN)

    async def speak(request: web.Request) -> web.Response:
        asked = await request.json()
        samples, hertz = await Espeak(EN, pace=asked["pace"]).render(asked["text"])
        data = io.BytesIO()
        with wave.open(data, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(hertz)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        return web.Response(body=data.getvalue() if samples.size else b"")

    await inside.check()
    app = web.Application()
    app.router.add_post("/speak", speak)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/speak"
    finally:
        await runner.cleanup()


def example(folder: Path) -> type[Engine]:
    """The class of the page, installed as the page says: found by its entry point."""
    (module,) = re.findall(r"^```python\n# county_speech\.py\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (group, line) = re.findall(
        r'^\[project\.entry-points\."(\S+)"\]\n(county) = "(\S+)"$', PAGE, re.MULTILINE
    )[0][::2]
    (folder / "county_speech.py").write_text(module, "utf-8")
    installed = folder / "county_speech-1.0.dist-info"
    installed.mkdir(exist_ok=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: county-speech\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[{group}]\ncounty = {line}\n")
    return type(engine(EN, Voice(engine="county")))


@asynccontextmanager
async def checked(made: Engine) -> AsyncIterator[Engine]:
    try:
        await made.check()
        yield made
    finally:
        await made.close()
        await made.close()


CANDIDATES = ("espeak-ng zh", "espeak-ng en", "piper zh", "piper zh pinyin", "piper en", "the page's example")


@pytest_asyncio.fixture(params=CANDIDATES, scope="module", loop_scope="module")
async def candidate(
    request: pytest.FixtureRequest, voices: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Candidate]:
    name, _, kind = str(request.param).partition(" ")
    language = EN if kind == "en" else ZH
    if name == "espeak-ng":
        yield Candidate(Espeak, language, "")
    elif name == "piper":
        yield Candidate(Piper, language, str(voices[kind]))
    else:
        folder = tmp_path_factory.mktemp("installed")
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(folder)
            async with speech_server() as address:
                yield Candidate(example(folder), EN, address)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speaker(candidate: Candidate) -> AsyncIterator[Engine]:
    """Started once: what is asked of it before is to leave nothing behind."""
    async with checked(candidate()) as started:
        yield started


of_one_loop = pytest.mark.asyncio(loop_scope="module")


@of_one_loop
async def test_a_text_becomes_sound_and_a_longer_one_more_of_it(speaker: Engine) -> None:
    seconds = []
    for text in TEXT[speaker.language]:
        samples, hertz = await speaker.render(text)
        assert samples.dtype == np.float32
        assert samples.ndim == 1
        assert 8000 <= hertz <= 48_000
        assert 0.01 < np.abs(samples).max() <= 1.0
        seconds.append(len(samples) / hertz)
    assert 0.3 < seconds[0] < seconds[1] < 20


@of_one_loop
async def test_another_pace_is_heard_and_is_kept_apart(candidate: Candidate, speaker: Engine) -> None:
    text = TEXT[speaker.language][1]
    usual, _ = await speaker.render(text)
    async with checked(candidate(pace=0.7)) as slow:
        slower, _ = await slow.render(text)
    assert len(slower) > len(usual) * 1.15
    assert speaker.identity
    assert slow.identity not in {"", speaker.identity}


@of_one_loop
async def test_where_there_is_nothing_to_say_it_stays_silent(speaker: Engine) -> None:
    samples, hertz = await speaker.render("…")
    assert not sound.trimmed(sound.to_telephone(samples, hertz) if samples.size else samples).size


@of_one_loop
async def test_texts_at_the_same_time_each_get_their_own_sound(speaker: Engine) -> None:
    texts = [text * times for text in TEXT[speaker.language] for times in (1, 2)]
    alone = [await speaker.render(text) for text in texts]
    together = await asyncio.gather(*map(speaker.render, texts))
    given_up = asyncio.create_task(speaker.render(texts[-1]))
    await asyncio.sleep(0.01)
    given_up.cancel()
    after, _ = await speaker.render(texts[0])
    for (one, _), (other, _) in zip(alone, together, strict=True):
        assert len(one) == pytest.approx(len(other), rel=0.05)
    assert len(after) == pytest.approx(len(alone[0][0]), rel=0.05)


@of_one_loop
async def test_calls_go_on_while_it_speaks(speaker: Engine) -> None:
    """What keeps the loop's thread busy counts, not what other programs take of the processor."""
    begin = time.thread_time()
    await asyncio.gather(*(speaker.render(TEXT[speaker.language][1] * 4) for _ in range(4)))
    assert time.thread_time() - begin < 0.1


@of_one_loop
async def test_a_voice_that_is_not_there_is_told_before_the_first_call(candidate: Candidate) -> None:
    speaker = candidate(voice="no-such-voice")
    with pytest.raises(EngineMissing, match=r"no.such.voice|voice"):
        await speaker.check()
    await speaker.close()


def test_an_engine_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"ivr\.voices\.en\.engine: .*'sphinx'.*espeak-ng, piper"):
        engine(EN, Voice(engine="sphinx"))


def test_voices_are_set_in_the_file_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = re.findall(r"^```toml\n(\[ivr\.voices\.zh_cn\].*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    file = tmp_path / "county.toml"
    file.write_text(text, "utf-8")
    monkeypatch.setenv("HUIMIN_IVR_VOICES__EN__PACE", "1.2")
    made = load(IvrSettings, file).voices.engines()
    assert isinstance(made[ZH], Piper)
    assert made[ZH].voice == "/srv/huimin/voices/zh_CN-huayan-medium.onnx"
    assert (type(made[EN]), made[EN].pace) == (Espeak, 1.2)
    monkeypatch.setenv("HUIMIN_IVR_VOICES__EN__PACE", "9")
    with pytest.raises(ConfigError, match=r"ivr\.voices\.en\.pace"):
        load(IvrSettings, file)


# Piper


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda file: file.with_name(f"{file.name}.json").unlink(), r"there is no zh_CN-x\.onnx\.json"),
        (lambda file: file.with_name(f"{file.name}.json").write_text("{}"), "does not describe a voice"),
        (lambda file: file.write_bytes(b"not a model"), "no voice of Piper, or damaged"),
        (lambda file: file.unlink(), "No such file"),
    ],
)
async def test_a_voice_file_that_is_no_good_is_named_with_the_reason(
    tmp_path: Path, damage: object, reason: str
) -> None:
    file = piper_voices.voice(tmp_path, "zh_CN-x", "zh_CN", espeak="cmn")
    assert callable(damage)
    damage(file)
    with pytest.raises(EngineMissing, match=rf"ivr\.voices\.zh_cn\.voice: .*zh_CN-x.*{reason}|{reason}"):
        await Piper(ZH, str(file)).check()


async def test_a_voice_of_another_language_is_refused(voices: dict[str, Path]) -> None:
    with pytest.raises(EngineMissing, match="speaks en_GB, not zh_CN"):
        await Piper(ZH, str(voices["en"])).check()


async def test_another_voice_under_the_same_name_is_another_one(
    tmp_path: Path, voices: dict[str, Path]
) -> None:
    file = tmp_path / voices["en"].name
    for beside in (voices["en"], voices["en"].with_name(f"{voices['en'].name}.json")):
        (tmp_path / beside.name).write_bytes(beside.read_bytes())
    async with checked(Piper(EN, str(file))) as first:
        identity = first.identity
    described = json.loads(file.with_name(f"{file.name}.json").read_text())
    described["inference"]["length_scale"] = 1.5
    file.with_name(f"{file.name}.json").write_text(json.dumps(described))
    async with checked(Piper(EN, str(file))) as second:
        assert second.identity != identity


async def test_piper_says_the_phonemes_of_the_text(voices: dict[str, Path]) -> None:
    expected = PiperVoice.load(voices["en"])
    ((phonemes),) = expected.phonemize("Press five.")
    async with checked(Piper(EN, str(voices["en"]))) as speaker:
        samples, hertz = await speaker.render("Press five.")
    assert hertz == piper_voices.HERTZ
    assert piper_voices.signs(samples) == [
        number for number in expected.phonemes_to_ids(phonemes) if number != piper_voices.PAD
    ]


async def test_a_mandarin_voice_reads_words_and_not_characters(voices: dict[str, Path]) -> None:
    """Piper's own way makes hai of the first sound of 还款; by words it is huan."""
    table = piper_voices.PINYIN
    async with checked(Piper(ZH, str(voices["zh pinyin"]))) as speaker:
        samples, _ = await speaker.render("重复还款，请按五。")
    heard = piper_voices.signs(samples)
    expected = "^ ch ong 2 f u 4 h uan 2 k uan 3 , q ing 3 Ø an 4 w u 3 . $"
    assert heard == [table[sign][0] for sign in expected.split()]
    async with checked(Piper(ZH, str(voices["zh"]))) as speaker:
        by_phonemes, _ = await speaker.render("还款")
        homophones, _ = await speaker.render("环款")
        characters, _ = await speaker.render("孩款")
    word, same, other = (
        [sign for sign in piper_voices.signs(samples) if sign not in PROSODY]
        for samples in (by_phonemes, homophones, characters)
    )
    assert word == same != other


def test_pinyin_needs_no_phoneme_that_a_voice_trained_on_characters_lacks() -> None:
    phonemizer = EspeakPhonemizer()
    by_characters: set[str] = set()
    by_words: set[str] = set()
    for utterance in prompts.always_the_same():
        if utterance.language is ZH:
            for voice, text, found in (
                ("cmn", utterance.text, by_characters),
                ("cmn-latn-pinyin", pinyin(utterance.text), by_words),
            ):
                found.update(sign for sentence in phonemizer.phonemize(voice, text) for sign in sentence)
    assert len(by_words) > 30
    assert by_words - by_characters <= set(",.?!;: ")


def test_every_syllable_of_the_prompts_is_in_a_table_of_pinyin() -> None:
    for utterance in prompts.always_the_same():
        if utterance.language is ZH:
            units = re.findall(r"[a-z]+[1-5]", pinyin(utterance.text))
            for unit in units:
                assert len(syllable_ids(unit, piper_voices.PINYIN)) == 6, unit


async def pcm_of(speech: Speech, text: str, language: Language, **more: bool) -> bytes:
    async with aclosing(speech.sounds([said(text, language, **more)])) as sounds:
        return b"".join([pcm async for pcm in sounds])


async def test_a_voice_that_dies_is_started_again_and_its_sentence_said_by_the_spare_one(
    tmp_path: Path, voices: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    made = Voices(en=Voice(engine="piper", voice=str(voices["en"]))).engines()
    async with Speech(tmp_path, engines=made) as speech:
        tones = await pcm_of(speech, "Press five.", EN, private=True)
        assert 20 * np.log10(sound.speech_level(sound.from_pcm(tones))) == pytest.approx(
            sound.SPEECH_DBFS, abs=1
        )
        (child,) = children("piper_voice")
        assert "five" not in Path(f"/proc/{child}/cmdline").read_text()
        os.kill(child, signal.SIGSTOP)
        saying = asyncio.create_task(pcm_of(speech, "Press five.", EN))
        await asyncio.sleep(0.1)
        os.kill(child, signal.SIGKILL)
        spoken = await saying
        assert sound.seconds_of(spoken) > 0.5
        assert spoken != tones
        assert "voice_failed" in capsys.readouterr().out
        assert await pcm_of(speech, "Press five.", EN) == tones, "the spare voice's sound was kept"
    assert not children("piper_voice")


async def test_a_voice_that_is_gone_for_good_leaves_nobody_without_a_word(tmp_path: Path) -> None:
    file = piper_voices.voice(tmp_path, "en_GB-x", "en_GB", espeak="en-gb-x-rp")
    made = Voices(en=Voice(engine="piper", voice=str(file))).engines()
    async with Speech(tmp_path / "cache", engines=made) as speech:
        file.unlink()
        (child,) = children("piper_voice")
        os.kill(child, signal.SIGKILL)
        for _ in range(2):
            assert sound.seconds_of(await pcm_of(speech, "Press five.", EN)) > 0.5


async def test_an_engine_that_fails_where_there_is_no_other_is_an_error(tmp_path: Path) -> None:
    async with Speech(tmp_path) as speech:
        program = tmp_path / "gone"
        speech_engine = Espeak(EN, program=str(program))
        with pytest.raises((EngineFailed, EngineMissing)):
            await speech_engine.render("Press five.")
        assert await pcm_of(speech, "Press five.", EN)


def children(module: str) -> list[int]:
    """The child processes of this one that run a module."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and module in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_the_child_process_is_a_module_that_can_be_run() -> None:
    assert callable(import_module("speech.piper_voice").main)
