"""A county's recordings: what a studio delivers, taken in by the command, and heard in a text's place."""

from __future__ import annotations

import csv
import io
import json
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from foundation.language import Language
from ivr import prompts
from ivr.command import main
from ivr.line import Utterance
from ivr.script import Clip, Kind, clips
from ivr.speech.assembly import Assembly
from ivr.speech.recordings import LIST, Age, Recordings, text_hash
from ivr.speech.speech import Speech
from speech import sound
from speech.espeak import Espeak
from speech.spoken import readout

ZH, EN = Language.ZH_CN, Language.EN
STUDIO = 44_100
TONE = 600.0


def clip(name: str, language: Language = EN) -> Clip:
    return next(one for one in clips(language) if one.name == name)


async def spoken(text: str, *, size: float = 0.3) -> sound.Samples:
    """As a studio delivers it: at its rate, another voice than the line's, half a second of a quiet room at
    both ends. size: of the loudest sample."""
    samples, hertz = await Espeak(EN, "en-us").render(text)
    length = round(len(samples) * STUDIO / hertz)
    wide = np.interp(np.arange(length) * hertz / STUDIO, np.arange(len(samples)), samples)
    room = np.random.default_rng(1).normal(0, 0.0002, length + STUDIO)
    room[STUDIO // 2 : STUDIO // 2 + length] += wide / np.abs(wide).max() * size
    return np.asarray(room, dtype=np.float32)


def tone(seconds: float, hertz: float = TONE) -> sound.Samples:
    """What can be told apart from any voice: beeps with pauses, as speech has, and silence at both ends."""
    time = np.arange(round((seconds + 0.4) * STUDIO)) / STUDIO - 0.2
    sounding = (time >= 0) & (time < seconds) & (time % 0.4 < 0.3)
    return np.asarray(0.2 * np.sin(2 * np.pi * hertz * time) * sounding, dtype=np.float32)


def deliver(
    folder: Path, name: str, samples: sound.Samples, hertz: int = STUDIO, language: Language = EN
) -> Path:
    file = folder / language.value / f"{name}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, samples, hertz, subtype="PCM_24")
    return file


def command(*arguments: object, told_in: str = "C.UTF-8") -> Result:
    return CliRunner().invoke(main, ["prompts", *map(str, arguments)], env={"LC_ALL": told_in})


async def heard(speech: Speech, *utterances: Utterance) -> sound.Samples:
    async with aclosing(speech.sounds(utterances)) as sounds:
        return sound.from_pcm(b"".join([pcm async for pcm in sounds]))


def loudest(samples: sound.Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * sound.RATE / len(samples))


async def test_recordings_are_taken_in_at_one_level_and_rate(tmp_path: Path) -> None:
    source, folder = tmp_path / "studio", tmp_path / "recordings"
    for name, size in (("end.goodbye", 0.9), ("main.greeting", 0.06), ("word.twenty", 0.2)):
        deliver(source, name, await spoken(clip(name).text, size=size))
    stereo = np.repeat((await spoken(clip("menu.empty").text))[:, None], 2, axis=1)
    deliver(source, "menu.empty", stereo)
    (source / "en" / "main.greeting.wav").rename(source / "en" / "main.greeting.WAV")
    done = command("import", source, "--recordings", folder)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "4 taken, 0 refused."), done.output
    for file in sorted((folder / "en").iterdir()):
        with soundfile.SoundFile(file) as opened:
            assert (opened.samplerate, opened.channels, opened.subtype) == (8000, 1, "PCM_16")
            samples = opened.read(dtype="float32")
        assert 20 * np.log10(sound.speech_level(samples)) == pytest.approx(sound.SPEECH_DBFS, abs=1.0), file
        assert np.abs(samples[: sound.RATE // 5]).max() > 0.01, f"{file} begins with silence"
    assert len(list((folder / "en").iterdir())) == 4
    recordings = Recordings(folder)
    assert recordings.age("end.goodbye", EN, clip("end.goodbye").text) is Age.CURRENT
    assert recordings.age("end.goodbye", ZH, clip("end.goodbye", ZH).text) is Age.MISSING


async def test_each_fault_of_a_recording_is_told_with_its_file_and_what_to_do(tmp_path: Path) -> None:
    good = await spoken(clip("summary.keys").text)
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.02, len(good)).astype(np.float32)
    faults = {
        "summary.keys": (np.clip(good * 6, -1, 1), STUDIO, "crackles"),
        "summary.intro": (good * 0.004, STUDIO, "too quiet"),
        "summary.told": (good + noise, STUDIO, "too noisy"),
        "summary.which": (good[: STUDIO * 6 // 10], STUDIO, "too short"),
        "menu.empty": (np.concatenate([good, good, good]), STUDIO, "far more than its text"),
        "menu.more": (np.zeros(STUDIO, dtype=np.float32), STUDIO, "holds no sound"),
        "end.goodbye": (good[::8], 5512, "at least 8000 Hz"),
        "no.such.text": (good, STUDIO, "no text named no.such.text"),
    }
    for name, (samples, hertz, _) in faults.items():
        deliver(tmp_path / "studio", name, samples, hertz)
    (tmp_path / "studio" / "en" / "main.greeting.wav").write_bytes(b"ID3 an MP3 with the wrong name")
    done = command("import", tmp_path / "studio", "--recordings", tmp_path / "recordings")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "0 taken, 9 refused."
    told = done.output.splitlines()
    for name, (_, _, sentence) in (faults | {"main.greeting": (None, 0, "not a WAV file")}).items():
        mine = [line for line in told if line.startswith(f"{tmp_path}/studio/en/{name}.wav: ")]
        assert len(mine) >= 1, name
        assert any(sentence in line for line in mine), mine
    assert not list((tmp_path / "recordings").rglob("*.wav"))
    in_chinese = command("import", tmp_path / "studio", "--recordings", tmp_path / "r", told_in="zh_CN.UTF-8")
    assert "main.greeting.wav: 读不出来" in in_chinese.output


async def test_what_is_no_longer_than_its_text_by_far_is_taken_where_somebody_says_so(tmp_path: Path) -> None:
    deliver(tmp_path, "menu.empty", np.concatenate([await spoken("This is another text than that one.")] * 3))
    assert command("import", tmp_path, "--recordings", tmp_path / "r").exit_code == 1
    done = command("import", tmp_path, "--recordings", tmp_path / "r", "--any-length")
    assert done.exit_code == 0
    assert (tmp_path / "r" / "en" / "menu.empty.wav").is_file()


async def test_one_language_can_be_delivered_in_one_folder(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "end.goodbye.wav", await spoken(clip("end.goodbye").text), STUDIO)
    nothing = command("import", tmp_path, "--recordings", tmp_path / "r")
    assert (nothing.exit_code, "--language" in nothing.output) == (2, True)
    assert command("import", tmp_path, "--language", "en", "--recordings", tmp_path / "r").exit_code == 0


async def test_a_recording_of_a_text_that_has_changed_is_told_and_not_heard(tmp_path: Path) -> None:
    """The list says of what text it was made; here it says another, as after a change of the catalogue."""
    deliver(tmp_path / "studio", "end.goodbye", tone(2.0))
    folder = tmp_path / "recordings"
    assert command("import", tmp_path / "studio", "--recordings", folder).exit_code == 0
    goodbye = prompts.prompt(EN, "end.goodbye")
    async with Speech(tmp_path / "cache", folder) as speech:
        assert loudest(await heard(speech, goodbye)) == pytest.approx(TONE, abs=5)
        assert command("check", "--recordings", folder).exit_code == 0

        made = json.loads((folder / LIST).read_text())
        made["en"]["end.goodbye"] = text_hash("Press one for policies.")
        (folder / LIST).write_text(json.dumps(made, indent=4))
        assert loudest(await heard(speech, goodbye)) != pytest.approx(TONE, abs=5)
        done = command("check", "--recordings", folder)
        assert done.exit_code == 1
        assert "en/end.goodbye: the text has changed" in done.output
        assert "1 out of date" in done.output

        assert command("confirm", "end.goodbye", "--recordings", folder).exit_code == 0
        assert loudest(await heard(speech, goodbye)) == pytest.approx(TONE, abs=5)
    assert command("check", "--recordings", folder).exit_code == 0
    nothing = command("confirm", "main.greeting", "--recordings", folder)
    assert (nothing.exit_code, "not recorded" in nothing.output) == (2, True)


async def test_what_was_put_there_by_hand_what_is_damaged_and_what_has_no_text_is_told(
    tmp_path: Path,
) -> None:
    deliver(tmp_path, "end.goodbye", tone(1.0), language=ZH)
    deliver(tmp_path, "once.upon", tone(1.0), language=ZH)
    (tmp_path / "zh_CN" / "main.person.wav").write_bytes(b"RIFF")
    done = command("check", "--language", "zh_CN", "--recordings", tmp_path)
    assert done.exit_code == 1
    assert "zh_CN/end.goodbye: put there by hand" in done.output
    assert "once.upon.wav: there is no text of that name" in done.output
    assert "main.person.wav: cannot be played" in done.output
    assert f"{len(clips(ZH))} in all" in done.output


async def test_a_reference_is_put_together_where_all_of_it_is_recorded_and_else_said_whole(
    tmp_path: Path,
) -> None:
    """Every stretch and digit is a tone of its own pitch; so the order can be heard."""
    said = prompts.prompt(ZH, "sent.reference", reference=readout(ZH).reference("101234567890"))
    pitch = {}
    for number, name in enumerate(dict.fromkeys(_names(said))):
        pitch[name] = 400.0 + 100 * number
        deliver(tmp_path, name, tone(0.3, pitch[name]), language=ZH)
    async with Speech(tmp_path / "cache", tmp_path) as speech:
        sounds = await heard(speech, said)
        assert _pitches(sounds) == [pitch[name] for name in _names(said)]
        (tmp_path / "zh_CN" / "word.yao1.wav").unlink()
        whole = await heard(speech, said)
        assert _pitches(whole) != _pitches(sounds)
        async with Speech(tmp_path / "cache") as engine_alone:
            assert np.array_equal(whole, await heard(engine_alone, said)), "one sentence, two voices"
        (tmp_path / "zh_CN" / "word.yao1.wav").write_bytes(b"RIFF damaged")
        assert np.array_equal(await heard(speech, said), whole)


def test_a_text_is_played_as_callers_hear_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIMIN_IVR_DATA", str(tmp_path / "data"))
    deliver(tmp_path / "r", "end.goodbye", tone(1.0))
    for name, is_tone in (("end.goodbye", True), ("menu.empty", False)):
        file = tmp_path / f"{name}.wav"
        arguments = ("--language", "en", "--recordings", tmp_path / "r", "--output", file)
        assert command("play", name, *arguments).exit_code == 0
        samples, hertz = sound.read(file.read_bytes())
        assert hertz == sound.RATE
        assert (loudest(samples) == pytest.approx(TONE, abs=5)) is is_tone


@pytest.mark.parametrize("told_in", ["C.UTF-8", "zh_CN.UTF-8"])
def test_what_is_wrong_with_a_command_is_told_in_the_readers_language(tmp_path: Path, told_in: str) -> None:
    for arguments, english, chinese in (
        (("play", "no.such.text"), "There is no text named no.such.text", "没有叫no.such.text的内容"),
        (("check",), "No folder of recordings is set", "没有设置录音的文件夹"),
        (("import", tmp_path, "--recordings", tmp_path), "There are no recordings in", "里没有录音"),
    ):
        done = command(*arguments, told_in=told_in)
        assert done.exit_code == 2
        assert (chinese if told_in.startswith("zh") else english) in done.output


def test_a_player_that_finds_no_device_leads_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("HUIMIN_IVR_DATA", str(tmp_path))
    played = tmp_path / "played.wav"
    program = tmp_path / "aplay"
    program.write_text(f"#!/bin/sh\nexec cat > {played}\n")
    program.chmod(0o755)
    assert command("play", "menu.empty", "--language", "en").exit_code == 0
    assert sound.seconds_of(sound.to_pcm(sound.read(played.read_bytes())[0])) > 0.5
    for player in ("aplay", "play", "paplay"):
        (tmp_path / player).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / player).chmod(0o755)
    done = command("play", "menu.empty", "--language", "en")
    assert (done.exit_code, "--output FILE" in done.output) == (2, True)


def test_the_list_names_every_text_with_its_parts(tmp_path: Path) -> None:
    deliver(tmp_path, "end.goodbye", tone(1.0))
    done = command("list", "--language", "en", "--recordings", tmp_path)
    assert done.exit_code == 0
    for one in clips(EN):
        if one.kind is not Kind.WORD:
            assert one.name in done.output
    assert "end.goodbye  (fixed; recorded)" in done.output
    assert "menu.choice  (in stretches, between them label, key; said by the engine)" in done.output


def test_the_script_is_written_for_both_languages(tmp_path: Path) -> None:
    sheet, page = tmp_path / "script.csv", tmp_path / "script.html"
    assert command("script", "--output", sheet).exit_code == 0
    rows = list(csv.reader(io.StringIO(sheet.read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 1 + len(clips(ZH)) + len(clips(EN))
    assert command("script", "--format", "html", "--language", "zh_CN", "--output", page).exit_code == 0
    assert clip("main.greeting", ZH).text in page.read_text("utf-8")
    assert command("script", "--output", tmp_path / "no" / "folder").exit_code == 2


def _names(said: Utterance) -> list[str]:
    return [piece.name for piece in Assembly(said.language).pieces(said)]


def _pitches(samples: sound.Samples) -> list[float]:
    """Of each stretch of sound between two moments of silence."""
    found = []
    loud = np.abs(samples) > 0.01
    edges = np.flatnonzero(np.diff(np.concatenate([[0], _joined(loud).astype(int), [0]])))
    for start, end in edges.reshape(-1, 2):
        if end - start > 400:
            found.append(round(loudest(samples[start:end]) / 100) * 100.0)
    return found


def _joined(loud: np.ndarray) -> np.ndarray:
    """Gaps of less than 10 ms are within a wave, not between two."""
    return np.convolve(loud, np.ones(160), "same") > 0
