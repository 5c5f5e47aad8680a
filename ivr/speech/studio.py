"""What a studio delivers, examined and brought to the telephone's rate and one level."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from foundation.language import Language
from ivr.script import Clip, clips, what_is_said
from ivr.speech.recordings import LIST, Recordings, as_heard, read, read_list, text_hash
from speech import sound
from speech.errors import RecordingUnusable

FULL = 0.999
"""Of full scale: from here on a sample counts as cut off."""
CUT_OFF = 4
"""So many such samples in a row are heard as a crackle."""
NOTHING = -80.0
"""dBFS: below the noise of any microphone."""
QUIETEST = -45.0
"""dBFS of speech. What is softer would be raised by more than 26 dB, and its noise with it."""
LEAST_DISTANCE = 15.0
"""Decibels between speech and the quietest tenth of a recording; a room that is fit for it leaves 40."""
LONG_ENOUGH = 1.5
"""Seconds from which a recording has pauses in which its noise can be measured."""
PACE = {Language.ZH_CN: (1.2, 8.0), Language.EN: (0.8, 6.0)}
"""Fewest and most characters or words a second, far beyond what anybody speaks at: another text was read."""
LEAD = 2.0
"""Seconds more that a text may take, for a rest in it."""


class Fault(StrEnum):
    """Why a recording is not taken; the values are names of sentences in the catalogue."""

    UNKNOWN = "studio.unknown"
    UNREADABLE = "studio.unreadable"
    RATE = "studio.rate"
    SILENT = "studio.silent"
    CLIPPED = "studio.clipped"
    QUIET = "studio.quiet"
    NOISY = "studio.noisy"
    SHORT = "studio.short"
    LONG = "studio.long"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, and what its sentence is filled with."""

    fault: Fault
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file: whose text it is, and either what is wrong with it, or its length and by how much it was
    raised (decibels)."""

    file: Path
    language: Language
    clip: Clip | None
    findings: tuple[Finding, ...]
    seconds: float = 0.0
    raised: float = 0.0


def examined(
    samples: sound.Samples, hertz: int, clip: Clip, *, any_length: bool = False
) -> Iterator[Finding]:
    """What is wrong with a recording of a text."""
    if hertz < sound.RATE:
        yield Finding(Fault.RATE, {"hertz": hertz})
        return
    whole = sound.to_telephone(samples, hertz)
    dbfs = _dbfs(sound.speech_level(whole))
    if dbfs < NOTHING:
        yield Finding(Fault.SILENT, {})
        return
    if (cut := _cut_off(samples)) is not None:
        yield Finding(Fault.CLIPPED, {"second": f"{cut / hertz:.1f}"})
    if dbfs < QUIETEST:
        yield Finding(Fault.QUIET, {"level": f"{dbfs:.0f}", "least": f"{QUIETEST:.0f}"})
    seconds = len(as_heard(samples, hertz)) / sound.RATE
    if seconds >= LONG_ENOUGH and (distance := dbfs - _dbfs(sound.floor_level(whole))) < LEAST_DISTANCE:
        yield Finding(Fault.NOISY, {"distance": f"{distance:.0f}"})
    said = what_is_said(clip.text)
    count = len(said.replace(" ", "")) if clip.language is Language.ZH_CN else len(said.split())
    slowest, fastest = PACE[clip.language]
    if not any_length and seconds < count / fastest:
        yield Finding(Fault.SHORT, {"seconds": f"{seconds:.1f}", "text": clip.text})
    if not any_length and seconds > count / slowest + LEAD:
        yield Finding(Fault.LONG, {"seconds": f"{seconds:.1f}", "text": clip.text})


def taken_in(
    files: Iterable[tuple[Language, Path]], recordings: Recordings, *, any_length: bool = False
) -> Iterator[Delivered]:
    """Examines each file, which has the name of its text, and keeps what is good; as it goes along.

    Raises OSError where the folder of recordings cannot be written.
    """
    known = {language: {clip.name: clip for clip in clips(language)} for language in Language}
    kept: list[Clip] = []
    try:
        for language, file in files:
            clip = known[language].get(file.stem)
            if clip is None:
                yield Delivered(file, language, None, (Finding(Fault.UNKNOWN, {"name": file.stem}),))
                continue
            try:
                samples, hertz = read(file)
            except RecordingUnusable as error:
                yield Delivered(file, language, clip, (Finding(Fault.UNREADABLE, {"reason": error}),))
                continue
            findings = tuple(examined(samples, hertz, clip, any_length=any_length))
            if findings:
                yield Delivered(file, language, clip, findings)
                continue
            pcm = sound.to_pcm(as_heard(samples, hertz))
            _write(recordings.path(clip.name, language), sound.wav(pcm))
            kept.append(clip)
            raised = sound.SPEECH_DBFS - _dbfs(sound.speech_level(samples))
            yield Delivered(file, language, clip, (), sound.seconds_of(pcm), raised)
    finally:
        confirm(kept, recordings)


def confirm(made: Iterable[Clip], recordings: Recordings) -> None:
    """Remembers that these recordings are of the texts as they are now. Raises OSError."""
    assert recordings.folder is not None
    found = read_list(recordings.folder)
    changed = False
    for clip in made:
        found.setdefault(clip.language.value, {})[clip.name] = text_hash(clip.text)
        changed = True
    if changed:
        _write(recordings.folder / LIST, json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")


def _cut_off(samples: sound.Samples) -> int | None:
    """Where the first samples in a row are at full scale."""
    full = np.convolve(np.abs(samples) >= FULL, np.ones(CUT_OFF), "valid")
    found = np.flatnonzero(full >= CUT_OFF)
    return int(found[0]) if found.size else None


def _dbfs(size: float) -> float:
    """A size, full scale 1.0, in decibels; of nothing, -120."""
    return float(20 * np.log10(max(size, 1e-6)))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: the line may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
