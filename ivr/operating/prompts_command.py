"""``huimin-ivr prompts``: what the line says, and a county's own recordings of it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import click

from foundation.config import ConfigError
from foundation.language import Language, Translate, language_of_environment, translator
from ivr.line import Utterance
from ivr.operating.command_line import give_up, settings_of
from ivr.operating.script_sheet import csv_sheet, html_sheet
from ivr.script import Clip, SpokenText, clips, texts
from ivr.settings import IvrSettings
from ivr.speech.recordings import Age, Recordings, read
from ivr.speech.speech import Speech
from ivr.speech.studio import Delivered, confirm, taken_in
from speech import sound
from speech.errors import RecordingUnusable, SpeechError

PLAYERS = (("aplay", "-q", "-"), ("play", "-q", "-t", "wav", "-"), ("paplay", "/dev/stdin"))
"""Programs that play a WAV file from their standard input, the first that is there."""

_LANGUAGE = click.option(
    "--language",
    "languages",
    type=click.Choice([language.value for language in Language]),
    callback=lambda _context, _option, given: (Language(given),) if given else tuple(Language),
    help="Only this one.",
)
_FOLDER = click.option(
    "--recordings",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of recordings; the one of the settings by default.",
)


def _words() -> Translate:
    locale = Path(__file__).resolve().parents[1] / "locale"
    return translator("prompts", locale, language_of_environment())


@click.group(name="prompts")
def prompts_command() -> None:
    """What is said, and recordings of it; see docs/phone.md."""


@prompts_command.command(name="list")
@_LANGUAGE
@_FOLDER
@click.pass_context
def show(context: click.Context, languages: tuple[Language, ...], folder: Path | None) -> None:
    """Lists every text that is said, by name, with its parts and whether they are recorded."""
    words = _words()
    recordings = Recordings(settings_of(context, recordings=folder).recordings)
    for language in languages:
        for text in texts(language):
            click.echo(_line(text, recordings, words))
            if text.places:
                for clip in text.clips:
                    click.echo(f"    {clip.name}: {clip.text}")
    click.echo(words("prompts.words_listed"))


@prompts_command.command()
@_LANGUAGE
@click.option("--format", "kind", type=click.Choice(["csv", "html"]), default="csv", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of the screen."
)
def script(languages: tuple[Language, ...], kind: str, output: Path | None) -> None:
    """Writes the script for a voice actor: what to read, and the name of each recording."""
    words = _words()
    sheet = (csv_sheet if kind == "csv" else html_sheet)(languages, words)
    if output is None:
        click.echo(sheet.removeprefix("\ufeff"), nl=False)
        return
    try:
        output.write_text(sheet, "utf-8", newline="")
    except OSError as error:
        give_up(words("prompts.cannot_write", file=output, reason=error.strerror))
    click.echo(words("prompts.script_written", file=output, count=sum(len(clips(one)) for one in languages)))


@prompts_command.command(name="import")
@click.argument("source", type=click.Path(path_type=Path, file_okay=False, exists=True))
@_LANGUAGE
@_FOLDER
@click.option("--any-length", is_flag=True, help="Also what seems too short or too long for its text.")
@click.pass_context
def take_in(
    context: click.Context,
    source: Path,
    languages: tuple[Language, ...],
    folder: Path | None,
    *,
    any_length: bool,
) -> None:
    """Takes in recordings, SOURCE/zh_CN/NAME.wav and SOURCE/en/NAME.wav.

    With --language also SOURCE/NAME.wav. Each is examined and brought to 8000 Hz and one level. Exit code 1
    where one was not taken.
    """
    words = _words()
    recordings = _folder(context, folder, words)
    files = [*_delivered(source, languages)]
    if not files:
        give_up(words("prompts.nothing_delivered", folder=source))
    refused = 0
    try:
        for one in taken_in(files, recordings, any_length=any_length):
            refused += bool(one.findings)
            for sentence in _told(one, words):
                click.echo(sentence, err=bool(one.findings))
    except OSError as error:
        give_up(words("prompts.cannot_write", file=recordings.folder, reason=error.strerror))
    click.echo(words("prompts.imported", taken=len(files) - refused, refused=refused))
    sys.exit(1 if refused else 0)


@prompts_command.command()
@_LANGUAGE
@_FOLDER
@click.pass_context
def check(context: click.Context, languages: tuple[Language, ...], folder: Path | None) -> None:
    """Tells what is missing, out of date, or cannot be played.

    Exit code 1 where a recording that is there is not heard.
    """
    words = _words()
    recordings = _folder(context, folder, words)
    wrong = 0
    for language in languages:
        by_age: dict[Age, list[Clip]] = {age: [] for age in Age}
        for clip in clips(language):
            by_age[recordings.age(clip.name, language, clip.text)].append(clip)
        for clip in by_age[Age.MISSING]:
            click.echo(words("prompts.missing", name=f"{language.value}/{clip.name}", text=clip.text))
        for clip in by_age[Age.UNKNOWN]:
            click.echo(words("prompts.by_hand", name=f"{language.value}/{clip.name}", text=clip.text))
        problems = [
            words("prompts.outdated", name=f"{language.value}/{clip.name}", text=clip.text)
            for clip in by_age[Age.OUTDATED]
        ]
        for clip in (*by_age[Age.CURRENT], *by_age[Age.UNKNOWN]):
            try:
                read(recordings.path(clip.name, language))
            except RecordingUnusable as error:
                problems.append(
                    words("prompts.unusable", file=recordings.path(clip.name, language), reason=error)
                )
        known = {clip.name for clip in clips(language)}
        problems += [
            words("prompts.nameless", file=recordings.path(name, language))
            for name in recordings.names(language)
            if name not in known
        ]
        for sentence in problems:
            click.echo(sentence, err=True)
        wrong += len(problems)
        click.echo(
            words(
                "prompts.total",
                language=language.value,
                all=len(known),
                current=len(by_age[Age.CURRENT]) + len(by_age[Age.UNKNOWN]),
                outdated=len(by_age[Age.OUTDATED]),
                missing=len(by_age[Age.MISSING]),
            )
        )
    sys.exit(1 if wrong else 0)


@prompts_command.command(name="confirm")
@click.argument("names", nargs=-1, required=True)
@_LANGUAGE
@_FOLDER
@click.pass_context
def still_fit(
    context: click.Context, names: tuple[str, ...], languages: tuple[Language, ...], folder: Path | None
) -> None:
    """Says that the recordings NAMES still fit their texts, which have changed in their writing only."""
    words = _words()
    recordings = _folder(context, folder, words)
    made = []
    for name in names:
        found = [clip for language in languages if (clip := _clip(name, language))]
        there = [clip for clip in found if recordings.path(clip.name, clip.language).is_file()]
        if not there:
            give_up(words("prompts.no_recording" if found else "prompts.no_text", name=name))
        made += there
    try:
        confirm(made, recordings)
    except OSError as error:
        give_up(words("prompts.cannot_write", file=recordings.folder, reason=error.strerror))
    click.echo(words("prompts.confirmed", count=len(made)))


@prompts_command.command()
@click.argument("name")
@_LANGUAGE
@_FOLDER
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A WAV file instead of a sound."
)
@click.pass_context
def play(
    context: click.Context,
    name: str,
    languages: tuple[Language, ...],
    folder: Path | None,
    output: Path | None,
) -> None:
    """Plays a text as callers hear it: its recording, or the voice of the engine."""
    words = _words()
    found = [clip for language in languages if (clip := _clip(name, language))]
    if not found:
        give_up(words("prompts.no_text", name=name))
    settings = settings_of(context, recordings=folder)
    try:
        pcm = asyncio.run(_heard(settings, [_utterance(clip) for clip in found]))
    except (SpeechError, ConfigError) as error:
        give_up(str(error))
    if output is not None:
        try:
            output.write_bytes(sound.wav(pcm))
        except OSError as error:
            give_up(words("prompts.cannot_write", file=output, reason=error.strerror))
        return
    for player in PLAYERS:
        if shutil.which(player[0]):
            done = subprocess.run(player, input=sound.wav(pcm), capture_output=True, check=False)
            if done.returncode == 0:
                return
    give_up(words("prompts.no_player"))


async def _heard(settings: IvrSettings, utterances: list[Utterance]) -> bytes:
    engines = settings.voices.engines()
    async with (
        Speech(settings.speech_folder, settings.recordings, engines=engines) as speech,
        aclosing(speech.sounds(utterances)) as sounds,
    ):
        return b"".join([pcm async for pcm in sounds])


def _utterance(clip: Clip) -> Utterance:
    return Utterance(clip.name, clip.text, clip.language, fixed=True)


def _clip(name: str, language: Language) -> Clip | None:
    return next((clip for clip in clips(language) if clip.name == name), None)


def _line(text: SpokenText, recordings: Recordings, words: Translate) -> str:
    there = sum(
        recordings.age(clip.name, text.language, clip.text) in {Age.CURRENT, Age.UNKNOWN}
        for clip in text.clips
    )
    state = words("prompts.recorded" if there == len(text.clips) and there else "prompts.spoken")
    kind = words("prompts.parts", places=", ".join(text.places)) if text.places else words("prompts.fixed")
    return f"{text.language.value}  {text.name}  ({kind}; {state})  {' '.join(text.written.split())}"


def _told(one: Delivered, words: Translate) -> Iterator[str]:
    if not one.findings:
        yield words("studio.taken", file=one.file, seconds=f"{one.seconds:.1f}", raised=f"{one.raised:+.0f}")
    for finding in one.findings:
        yield f"{one.file}: {words(finding.fault.value, **finding.values)}"


def _delivered(source: Path, languages: tuple[Language, ...]) -> Iterator[tuple[Language, Path]]:
    """Every WAV file, whatever the case of its ending."""
    for language in languages:
        folders = [source / language.value]
        if len(languages) == 1:
            folders.append(source)
        for folder in folders:
            if folder.is_dir():
                found = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".wav")
                yield from ((language, file) for file in found)


def _folder(context: click.Context, folder: Path | None, words: Translate) -> Recordings:
    settings = settings_of(context, recordings=folder)
    if settings.recordings is None:
        give_up(words("prompts.no_folder"))
    return Recordings(settings.recordings)
